"""What is refused unread: a body too large, too deep or too full, control characters in the address."""

import re
from collections.abc import Mapping
from json import detect_encoding
from urllib.parse import unquote_to_bytes

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common.auth.principal import known
from libs.common.auth.tokens import Unauthenticated
from libs.common.failures import DATABASE_ERRORS
from libs.common.headers import headers_of
from libs.common.problems import (
    NOT_UTF8,
    BadRequest,
    ContentTooLarge,
    ControlCharacterInAddress,
    JsonTooDeep,
    JsonTooMuch,
    Problem,
    ServiceUnavailable,
)

LARGEST_BODY_BYTES = 1_000_000
"""Of a request, unless larger ones are taken there."""
DEEPEST_JSON = 32
MOST_MARKS = 300_000
"""Brackets and commas outside strings: each value follows one. The most that a batch needs is 257,000, of a thousand
items with all fields and lists full; in a body of `LARGEST_BODY_BYTES` the shortest codes stand four bytes apart.
"""
_MOST_QUOTES = 4 * MOST_MARKS
"""Two for a value, and two for its name."""

_CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
_NOT_MARKS = bytes(set(range(256)) - set(b"[]{},"))


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
            if not message.get("more_body") and (wrong := excess_of(b"".join(body) if len(body) > 1 else body[0])):
                raise wrong
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


def excess_of(body: bytes) -> Problem | None:
    """Why a body costs more to read than any of ours: what it has outside strings is too deep, or too much.

    Read, a byte of brackets takes thirty of memory. Most bodies have so few that nothing need be looked at; of one in
    another encoding than UTF-8, which Python would read, nobody could say where its strings end.
    """
    if body.count(b"[") + body.count(b"{") <= DEEPEST_JSON and body.count(b",") <= MOST_MARKS:
        return None
    if not detect_encoding(body).startswith("utf-8"):
        return BadRequest(detail=NOT_UTF8)
    marks = _marks(body)
    if marks is None or len(marks) > MOST_MARKS:
        return JsonTooMuch()
    return JsonTooDeep() if _is_too_deep(marks) else None


def _marks(body: bytes) -> bytes | None:
    """Brackets and commas outside strings, of which one not closed goes to the end; None where strings are too many."""
    unescaped = body.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in body else body
    if unescaped.count(b'"') > _MOST_QUOTES:
        return None
    return b"".join(unescaped.split(b'"')[::2]).translate(None, _NOT_MARKS)


def _is_too_deep(marks: bytes) -> bool:
    depth = 0
    for bracket in marks.replace(b",", b""):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST_JSON:
            return True
    return False
