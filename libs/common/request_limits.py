"""What is refused before anything reads it: a body too large or too deep, control characters in the address."""

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.auth.principal import known
from libs.common.auth.tokens import Unauthenticated
from libs.common.failures import DATABASE_ERRORS
from libs.common.headers import headers_of
from libs.common.problems import ContentTooLarge, ControlCharacterInAddress, JsonTooDeep, Problem, ServiceUnavailable

LARGEST_BODY_BYTES = 1_000_000
"""Of a request, unless larger ones are taken there."""
DEEPEST_JSON = 32

_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class RequestLimits:
    """Middleware within `Telemetry`: what it refuses has the one form of errors, and a line in the log.

    A body is refused at once where it says its size, else as soon as it has grown too large. Where larger ones are
    taken, they are only of who shows a token or a key.
    """

    def __init__(self, app: ASGIApp, larger_bytes: Mapping[str, int]) -> None:
        self.app, self.larger_bytes = app, larger_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _CONTROLS.search(unquote_to_bytes(scope["raw_path"])) or _CONTROLS.search(
            unquote_to_bytes(scope["query_string"])
        ):
            await ControlCharacterInAddress().response()(scope, receive, send)
            return
        largest = self.larger_bytes.get(scope["path"], LARGEST_BODY_BYTES)
        if largest > LARGEST_BODY_BYTES and (refusal := await _refusal(scope)):
            await refusal.response()(scope, receive, send)
            return
        said = headers_of(scope).get("content-length", "")
        if said.isdecimal() and int(said) > largest:
            await ContentTooLarge.than(largest).response()(scope, receive, send)
            return
        body: list[bytes] = []
        come = 0

        async def looked_at() -> Message:
            nonlocal come
            message = await receive()
            body.append(message.get("body", b""))
            come += len(body[-1])
            if come > largest:
                raise ContentTooLarge.than(largest)
            if not message.get("more_body") and is_too_deep(b"".join(body) if len(body) > 1 else body[0]):
                raise JsonTooDeep
            return message

        await self.app(scope, looked_at, send)


async def _refusal(scope: Scope) -> Problem | None:
    """Why a body larger than others is not read: it costs much before anybody asks whose it is."""
    try:
        return None if await known(Request(scope)) else Unauthenticated()
    except Problem as refused:
        return refused
    except DATABASE_ERRORS:
        return ServiceUnavailable()


def _without_strings(body: bytes) -> bytes:
    """JSON without what stands between quotes; one that is not closed goes to the end."""
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in body else body
    return b"".join(unescaped.split(b'"')[::2])


def is_too_deep(body: bytes) -> bool:
    """Objects and lists within each other, more than any body of ours has. Brackets within strings do not count."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST_JSON:
        return False
    depth = 0
    for bracket in _without_strings(body).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST_JSON:
            return True
    return False
