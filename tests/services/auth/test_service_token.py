"""The token with which a worker reads a log, fetched from an identity provider for the client's own name and secret."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from libs.common.auth.service_token import ServiceToken, service_token
from libs.common.lifecycle import Lifecycle
from libs.common.stream.errors import StreamStopped
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.positions import Place
from services.analytics.settings import AnalyticsSettings
from tests.system import free_ports

SECRET = "s3cret:/&é"
START = Place(0, None, 1)


class Provider:
    """Gives tokens `1`, `2` …, and has a log that takes the newest alone."""

    def __init__(self) -> None:
        self.given, self.status = 0, 200
        self.answer: dict[str, Any] = {"expires_in": 3600, "token_type": "Bearer"}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                provider.asked.append((self.headers["Authorization"], form))
                provider.given += 1
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(json.dumps({"access_token": str(provider.given), **provider.answer}).encode())

            def do_GET(self) -> None:
                self.send_response(200 if self.headers["Authorization"] == f"Bearer {provider.given}" else 401)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def token(self, url: str | None = None, scope: str | None = None) -> ServiceToken:
        given = {
            "ECOUTE_ANALYTICS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "ECOUTE_ANALYTICS_SECRET": "of no importance, but long enough",
            "ECOUTE_JWKS_URL": f"{self.address}/keys",
            "ECOUTE_SERVICE_TOKEN_URL": url or f"{self.address}/token",
            "ECOUTE_SERVICE_CLIENT_ID": "ecoute:workers",
            "ECOUTE_SERVICE_CLIENT_SECRET": SECRET,
            "ECOUTE_SERVICE_TOKEN_SCOPE": scope or "",
        }
        return service_token("analytics", AnalyticsSettings.load(given))


@pytest.fixture
def provider() -> Iterator[Provider]:
    started = Provider()
    yield started
    started.server.shutdown()
    started.server.server_close()


async def reads(provider: Provider, token: ServiceToken) -> int:
    async with httpx.AsyncClient(auth=token) as http:
        return (await http.get(f"{provider.address}/log")).status_code


async def test_it_is_asked_for_once_in_the_way_of_the_standard(provider: Provider) -> None:
    token = provider.token(scope="api://ecoute/.default")
    assert [await reads(provider, token) for _ in range(3)] == [200] * 3
    ((header, form),) = provider.asked
    named = base64.b64decode(header.removeprefix("Basic ")).decode()
    assert named == "ecoute%3Aworkers:s3cret%3A%2F%26%C3%A9"
    assert form == {"grant_type": ["client_credentials"], "scope": ["api://ecoute/.default"]}


async def test_one_that_the_log_takes_no_more_is_replaced_at_once_and_not_for_ever(provider: Provider) -> None:
    token = provider.token()
    assert await reads(provider, token) == 200
    provider.given += 10
    assert await reads(provider, token) == 200
    assert provider.given == 12
    provider.answer["access_token"] = "of another audience"
    provider.given += 10
    assert await reads(provider, token) == 401
    assert len(provider.asked) == 3


async def test_one_is_replaced_before_it_ends(provider: Provider) -> None:
    provider.answer["expires_in"] = 0
    token = provider.token()
    assert [await reads(provider, token) for _ in range(3)] == [200] * 3
    assert len(provider.asked) == 3


@pytest.mark.parametrize(
    ("status", "answer", "stops"),
    [(401, {"error": "invalid_client"}, True), (200, {"access_token": None}, True), (503, {}, False)],
)
async def test_a_reader_stops_where_it_is_refused_and_tries_again_where_the_provider_is_away(
    provider: Provider, status: int, answer: dict[str, Any], stops: bool
) -> None:
    provider.status = status
    provider.answer |= answer
    expected, said = (StreamStopped, str(answer.get("error"))) if stops else (OSError, "503")
    with pytest.raises(expected, match=said):
        await FeedClient(f"{provider.address}/log", provider.token(), "tester").events_after(START, 0, Lifecycle())


async def test_a_provider_that_nobody_reaches_is_asked_again(provider: Provider) -> None:
    [nobody] = free_ports(1)
    token = provider.token(f"http://127.0.0.1:{nobody}/token")
    with pytest.raises(OSError, match="cannot be asked"):
        await FeedClient(f"{provider.address}/log", token, "tester").events_after(START, 0, Lifecycle())
