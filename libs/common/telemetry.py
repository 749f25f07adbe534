"""What can be seen from outside: structured logs, request and trace ids, metrics. Never personal data."""

import asyncio
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import orjson
import structlog
from opentelemetry.trace import get_current_span
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.clock import utc_now
from libs.common.headers import add_headers, headers_of
from libs.common.ids import new_id
from libs.common.languages import choose_language, language_of_request
from libs.common.lifecycle import Lifecycle
from libs.common.problems import InternalError

REQUESTS = Histogram(
    "ecoute_http_request_seconds",
    "Time to answer, by route and status",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
ERRORS = Counter("ecoute_http_errors_total", "Requests that ended in an error of ours", ["route"])

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

NOT_KEPT = {"cache-control": "no-store"}
"""Of every answer that says nothing else of it: what a tracking code opens is nobody else's."""

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The W3C trace context of what is going on, as it goes into the events that come of it."""


def configure_logging(level: str) -> None:
    """One JSON object a line on standard output, ours and the libraries' alike."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # no line says them
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "alembic", "aiokafka"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class _Line(str):
    """What is a line of the log already."""


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return record.msg if isinstance(record.msg, _Line) else super().format(record)


_REQUESTS_LOG = logging.getLogger("http")
_requests: list[str] = []
"""Lines of the log that this turn of the event loop has come to; the next one begins with writing them."""


def log_request(said: dict[str, Any]) -> None:
    """A line of level info, as structlog would write it; there is one for each request, and this is faster."""
    if _REQUESTS_LOG.isEnabledFor(logging.INFO):
        if not _requests:
            asyncio.get_running_loop().call_soon(_write_requests)
        line = {**said, "event": "request", "level": "info", "timestamp": utc_now()}
        _requests.append(orjson.dumps(line, option=orjson.OPT_UTC_Z).decode())


def _write_requests() -> None:
    text = _Line("\n".join(_requests))
    _requests.clear()
    _REQUESTS_LOG.handle(logging.LogRecord("http", logging.INFO, "", 0, text, None, None))


def describe(error: BaseException) -> dict[str, Any]:
    """An error for the log: its kind and the places it came through. Its message may hold somebody's words."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": type(error).__qualname__,
        "at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames],
    }


def child_of(parent: str | None) -> str:
    """The span that a collector is told of; else a new one in the trace of `parent`, or in a new trace (W3C)."""
    told = get_current_span().get_span_context()
    if told.is_valid:
        return f"00-{told.trace_id:032x}-{told.span_id:016x}-{told.trace_flags:02x}"
    random = secrets.token_hex(24)
    trace = parent.split("-")[1] if parent and _TRACEPARENT.fullmatch(parent) else random[16:]
    return f"00-{trace}-{random[:16]}-01"


def request_id_of(headers: Mapping[str, str]) -> str:
    """The name of a request: that which whoever sends it gave it, else one of our own."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(new_id())


def note_answer(method: str, route: str, status: int, seconds: float, names: Mapping[str, str]) -> None:
    """An answer that was given: for metrics and log. `names` are those of the request."""
    REQUESTS.labels(method, route, status).observe(seconds)
    log_request({"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), **names})


def say_route(scope: Scope, route: Any) -> None:
    """Which route answers, for one that FastAPI does not know of: to metrics, log and trace. `route` has a `path`."""
    scope["route"] = route
    span = get_current_span()
    if span.is_recording():
        span.update_name(f"{scope['method']} {route.path}")
        span.set_attribute("http.route", route.path)


class Telemetry:
    """Outermost middleware: names each request, measures it, and answers what nobody else did."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        self.app = app
        self.lifecycle = lifecycle
        self.log = structlog.get_logger("http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = headers_of(scope)
        request_id = request_id_of(headers)
        span = child_of(headers.get("traceparent"))
        traceparent.set(span)
        language_of_request.set(choose_language(headers.get("accept-language")))
        names = {"request_id": request_id, "trace_id": span.split("-")[1]}
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(**names)
        started, status = time.perf_counter(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                state = scope.get("state", {})
                out = {"x-request-id": request_id, **state.get("rate_limit", {}), **state.get("cors", {})}
                if not any(name == b"cache-control" for name, _ in message.get("headers", ())):
                    out |= NOT_KEPT
                if self.lifecycle.draining.is_set():
                    out["connection"] = "close"
                add_headers(message, out)
            await send(message)

        try:
            await self.app(scope, receive, tell)
        except Exception as error:
            ERRORS.labels(self._route(scope)).inc()
            self.log.error("unexpected_error", **describe(error))
            if status:
                raise ConnectionAbortedError("the answer could not be finished") from None
            await InternalError().response()(scope, receive, tell)
        finally:
            note_answer(scope["method"], self._route(scope), status, time.perf_counter() - started, names)

    @staticmethod
    def _route(scope: Scope) -> str:
        return getattr(scope.get("route"), "path", "unknown")
