"""Calls from browsers (CORS): from the pages of the organisation and of its partners, never from any page."""

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from libs.common.failures import DATABASE_ERRORS
from libs.common.headers import headers_of

METHODS = "GET, POST, PUT, PATCH, DELETE"
ALLOWED = (
    "Accept-Language, Acting-Agent, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    "Traceparent, Tracking-Code, X-Request-Id"
)
EXPOSED = "Content-Language, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
KEPT_SECONDS = 600
VARYING = {"vary": "Origin"}
"""Of every answer, whoever asks: to another page it might have been another."""


class Cors:
    """Middleware within `Telemetry`, which adds to every answer, its own too, what is left for it in the state.

    Who calls shows a token, never a cookie: credentials are not allowed.
    """

    def __init__(self, app: ASGIApp, own: frozenset[str]) -> None:
        self.app, self._own = app, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = headers_of(scope)
        origin = headers.get("origin")
        allowed = origin is not None and (origin in self._own or origin in await _of_partners(scope))
        if scope["method"] == "OPTIONS" and origin and "access-control-request-method" in headers:
            await _preflight(origin if allowed else None)(scope, receive, send)
            return
        out = VARYING
        if origin and allowed:
            out = VARYING | {"access-control-allow-origin": origin, "access-control-expose-headers": EXPOSED}
        scope.setdefault("state", {})["cors"] = out
        await self.app(scope, receive, send)


def _preflight(origin: str | None) -> Response:
    """What may be sent. To a page that may not call, nothing is said: its browser stops it."""
    if origin is None:
        return Response(status_code=204, headers={"Vary": "Origin"})
    return Response(
        status_code=204,
        headers={
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": ALLOWED,
            "Access-Control-Max-Age": str(KEPT_SECONDS),
        },
    )


async def _of_partners(scope: Scope) -> frozenset[str]:
    """Those that the service knows; none while its database cannot be asked, and then nothing else can be either."""
    keyring = scope["app"].state.keyring
    if keyring is None:
        return frozenset()
    try:
        origins: frozenset[str] = await keyring.origins()
    except DATABASE_ERRORS:
        return frozenset()
    return origins
