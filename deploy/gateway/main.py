"""The gateway of one machine: hands each request on as it is, and its answer back as it comes.

Elsewhere a proxy of the organisation's own does this, by the same paths: see the folders beside this one.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import structlog
from fastapi import FastAPI, Request, Response
from starlette.responses import StreamingResponse

from deploy.gateway.paths import NOWHERE, PREFIXES, service_of
from deploy.gateway.settings import GatewaySettings
from libs.common import health, problems
from libs.common.headers import asks_for_a_page
from libs.common.lifecycle import Lifecycle
from libs.common.problems import NotFound, ServiceUnavailable
from libs.common.settings import Address
from libs.common.telemetry import Telemetry, configure_logging, traceparent

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
OF_ONE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding"}
    | {"upgrade"}
)
"""Headers that concern the next hop alone (RFC 9110, 7.6.1)."""
SAID_ANEW = frozenset({"host", "x-forwarded-for", "x-request-id", "traceparent", "date"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""What can be asked twice without a difference (RFC 9110, 9.2.1)."""
LONGEST_ANSWER_SECONDS = 60.0


def create_gateway(settings: GatewaySettings) -> FastAPI:
    """The application. It has no database, and keeps nothing."""
    configure_logging(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with _client(kept=100) as app.state.http, _client(kept=0) as app.state.http_for_once:
            yield

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.lifecycle = Lifecycle()
    app.state.crowds = {}
    app.state.stream_checks = []
    app.state.checks = [health.not_draining(app.state.lifecycle)]
    app.add_middleware(Telemetry, lifecycle=app.state.lifecycle)
    problems.install(app)
    app.include_router(health.router)
    targets: Mapping[str, Address] = {service: getattr(settings, service) for service in PREFIXES}
    app.add_api_route("/{path:path}", partial(_hand_on, targets), methods=METHODS)
    return app


def _client(kept: int) -> httpx.AsyncClient:
    """One that keeps so many connections for what comes next."""
    limits = httpx.Limits(max_connections=500, max_keepalive_connections=kept, keepalive_expiry=10)
    timeout = httpx.Timeout(10, read=LONGEST_ANSWER_SECONDS)
    return httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False, cookies=_nobodys_cookies())


def _nobodys_cookies() -> CookieJar:
    """A jar that takes none: what a service gives to one browser is never shown in another's name."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


async def _hand_on(targets: Mapping[str, Address], request: Request) -> Response:
    """A process that leaves closes the connections that are kept to it, maybe just as one is used again.

    So what may not be asked twice has a connection of its own, and what may is asked again on such a one.
    """
    service, path = service_of(request.scope["path"]), request.scope["raw_path"]
    if service is None:
        if not asks_for_a_page(request.scope):
            raise NotFound
        service, path = "intake", NOWHERE.encode()
    query = request.scope["query_string"]
    try:
        target = b"?".join([path, *([query] if query else [])])
        address = httpx.URL(f"http://{targets[service]}").copy_with(raw_path=target)
    except (httpx.InvalidURL, UnicodeError) as no_address:
        raise NotFound from no_address
    http: httpx.AsyncClient = request.app.state.http
    asked = http.build_request(
        request.method,
        address,
        headers=[*_of_the_message(request.headers.raw), *_said_anew(request)],
        content=request.stream() if _has_body(request) else None,
    )
    try:
        if request.method in SAFE and not _has_body(request):
            with suppress(httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
                return _Passed(await http.send(asked, stream=True))
        for_once: httpx.AsyncClient = request.app.state.http_for_once
        return _Passed(await for_once.send(asked, stream=True))
    except httpx.TransportError as unreachable:
        raise ServiceUnavailable from unreachable


class _Passed(StreamingResponse):
    """The answer of a service, byte for byte."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer.aiter_raw(), answer.status_code)
        self.raw_headers = _of_the_message(answer.headers.raw)
        self._answer = answer

    async def __call__(self, *connection: object) -> None:
        try:
            await super().__call__(*connection)  # type: ignore[arg-type]
        finally:
            await self._answer.aclose()


def _of_the_message(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in headers if name.lower().decode() not in OF_ONE_CONNECTION | SAID_ANEW]


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _said_anew(request: Request) -> list[tuple[bytes, bytes]]:
    said = {
        "host": request.headers.get("host", ""),
        "x-forwarded-for": request.client.host if request.client else "",
        "x-request-id": structlog.contextvars.get_contextvars()["request_id"],
        "traceparent": traceparent.get() or "",
    }
    return [(name.encode(), value.encode()) for name, value in said.items()]


app = create_gateway(GatewaySettings.load())
