"""What the gateway hands on, seen by who gets it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from deploy.gateway.main import create_gateway
from deploy.gateway.settings import GatewaySettings


class Echo(BaseHTTPRequestHandler):
    """Answers with the headers and the body that came."""

    def do_POST(self) -> None:
        said = f"{self.requestline}\n{self.headers}".encode()
        body = said + self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Set-Cookie", "session=of-one-browser; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Leaving(Echo):
    """Closes a kept connection when it is used again, as a process does that leaves just then."""

    protocol_version = "HTTP/1.1"
    has_answered = False

    def do_GET(self) -> None:
        if self.has_answered:
            self.close_connection = True
        else:
            self.has_answered = True
            super().do_POST()

    do_POST = do_GET  # noqa: N815 - the name that http.server looks for


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


async def test_nobody_passes_for_another_address_by_a_header_of_their_own(echo: str) -> None:
    app = create_gateway(GatewaySettings.load({"ECOUTE_INTAKE_LISTEN": echo}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("198.51.100.9", 4321))
        async with httpx.AsyncClient(transport=transport, base_url="http://retours.example") as http:
            answer = await http.post("/v1/feedback?a=%2F", content=b"words", headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.text.startswith("POST /v1/feedback?a=%2F HTTP/1.1")
    assert answer.text.endswith("words")
    assert "x-forwarded-for: 198.51.100.9" in answer.text
    assert "203.0.113.7" not in answer.text
    assert "host: retours.example" in answer.text


async def test_what_a_service_gives_to_one_browser_is_not_sent_in_anothers_name(echo: str) -> None:
    app = create_gateway(GatewaySettings.load({"ECOUTE_INTAKE_LISTEN": echo}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as one:
            assert (await one.post("/v1/feedback")).cookies["session"] == "of-one-browser"
            assert "cookie: session=of-one-browser" in (await one.post("/v1/feedback")).text
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as other:
            assert "of-one-browser" not in (await other.post("/v1/feedback")).text


@pytest.mark.parametrize(
    "target",
    [
        b"/v1/feedback/../../metrics",
        b"/v1/feedback/..%2F..%2Fmetrics",
        b"/v1/feedback/./events",
        b"/v1/feedback/" + b"x" * 70_000,
        b"/v1/feedback?q=\xe9",
    ],
)
async def test_an_address_that_leads_elsewhere_or_is_none_leads_nowhere(echo: str, target: bytes) -> None:
    app = create_gateway(GatewaySettings.load({"ECOUTE_INTAKE_LISTEN": echo}))
    async with app.router.lifespan_context(app):
        said: list[dict[str, Any]] = []
        raw_path, _, query = target.partition(b"?")
        scope = {
            "type": "http",
            "method": "POST",
            "path": unquote(raw_path.decode()),
            "raw_path": raw_path,
            "query_string": query,
            "headers": [(b"host", b"retours.example")],
            "client": ("198.51.100.9", 4321),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            said.append(message)

        await app(scope, receive, send)  # type: ignore[arg-type]
    assert said[0]["status"] == 404


async def test_a_process_that_leaves_as_its_connection_is_used_again_cuts_nobody_off() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Leaving) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        app = create_gateway(GatewaySettings.load({"ECOUTE_INTAKE_LISTEN": f"127.0.0.1:{server.server_address[1]}"}))
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://retours.example") as http:
                answers = [
                    await http.request(method, "/v1/feedback", content=body)
                    for method, body in (("GET", None), ("GET", None), ("GET", None), ("POST", b"words"), ("GET", None))
                ]
        server.shutdown()
    assert [answer.status_code for answer in answers] == [200] * 5
    assert answers[3].text.endswith("words")


async def test_a_service_that_is_away_is_said_to_be_away(echo: str) -> None:
    app = create_gateway(GatewaySettings.load({"ECOUTE_INTAKE_LISTEN": "127.0.0.1:1"}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://retours.example") as http:
            answer = await http.get("/v1/services")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
