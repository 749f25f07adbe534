"""Traces arrive at a collector: of a request, in the trace of whoever asked, and of its statements, without a word."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import asyncpg
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.system import ROOT, eventually, free_ports

pytestmark = pytest.mark.slow

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
WORDS = "Nobody but us should read this."


class Collector(ThreadingHTTPServer):
    """OTLP over HTTP (opentelemetry-proto, `/v1/traces`)."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spans: list[Span] = []
        self.services: set[str] = set()


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = ExportTraceServiceRequest()
        sent.ParseFromString(decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        for resource in sent.resource_spans:
            self.server.services |= {
                one.value.string_value for one in resource.resource.attributes if one.key == "service.name"
            }
            self.server.spans += [span for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200 if self.path == "/v1/traces" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def intake(new_database: Callable[[str], str], collector: Collector, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Intake's API as a process of its own: its address and its database."""
    (port, worker), dsn = free_ports(2), new_database("intake")
    settings = {
        "ECOUTE_INTAKE_DATABASE_URL": dsn,
        "ECOUTE_INTAKE_SECRET": "of no importance, but long enough",
        "ECOUTE_INTAKE_MASTER_KEY": "A" * 43 + "=",
        "ECOUTE_INTAKE_ERASURE_LEDGER": str(tmp_path / "erasures"),
        "ECOUTE_INTAKE_LISTEN": f"127.0.0.1:{port}",
        "ECOUTE_INTAKE_WORKER_LISTEN": f"127.0.0.1:{worker}",
        "ECOUTE_DEVELOPMENT_ISSUER": str(tmp_path),
        "ECOUTE_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_address[1]}",
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "serve", "intake"],
        cwd=ROOT,
        env={**{name: value for name, value in os.environ.items() if not name.startswith("ECOUTE_")}, **settings},
        stdout=subprocess.DEVNULL,
    )
    yield f"http://127.0.0.1:{port}", dsn
    process.terminate()
    process.wait(30)


def is_up(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False


async def traceparent_of_the_event(dsn: str) -> str:
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval("SELECT traceparent FROM event_pending"))
    finally:
        await connection.close()


def test_a_request_is_seen_in_the_trace_of_whoever_asked_and_its_event_carries_it(
    intake: tuple[str, str], collector: Collector
) -> None:
    address, dsn = intake
    eventually(lambda: is_up(address), 60)
    headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "Idempotency-Key": str(uuid4())}
    body = {"channel": "web", "kind": "complaint", "text": WORDS}
    assert httpx.post(f"{address}/v1/feedback", json=body, headers=headers).status_code == 201
    request = eventually(lambda: next((one for one in collector.spans if one.name == "POST /v1/feedback"), None), 20)
    assert request.trace_id.hex() == TRACE
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    statements = eventually(lambda: [one for one in collector.spans if one.name.startswith(("INSERT", "WITH"))], 20)
    assert statements
    assert "ecoute-intake" in collector.services
    traceparent = asyncio.run(traceparent_of_the_event(dsn))
    assert traceparent == f"00-{TRACE}-{request.span_id.hex()}-01"
    assert not [one for one in collector.spans if WORDS in str(one)]
    assert not [one for one in collector.spans if "readyz" in one.name]


def test_of_what_failed_the_trace_tells_the_kind_and_nothing_that_was_sent(
    intake: tuple[str, str], collector: Collector
) -> None:
    address, _ = intake
    eventually(lambda: is_up(address), 60)
    key = str(uuid4())
    body = {"channel": "web", "kind": "complaint", "text": WORDS}
    for _ in range(2):  # the second meets the row of the first, which PostgreSQL's error quotes
        answer = httpx.post(f"{address}/v1/feedback?said={key}", json=body, headers={"Idempotency-Key": key})
        assert answer.status_code == 201
    [failed] = eventually(lambda: [one for one in collector.spans if one.events], 20)
    assert {one.key for event in failed.events for one in event.attributes} == {"exception.type", "exception.escaped"}
    eventually(lambda: len([one for one in collector.spans if one.name == "POST /v1/feedback"]) == 2, 20)
    assert not [one for one in collector.spans if key in str(one)]
