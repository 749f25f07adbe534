"""The short way through `POST /v1/feedback`: the same calls in the same order, without FastAPI's machinery between.

A plain request goes this way: a JSON body that is valid, headers that have their form. Any other goes FastAPI's own,
which finds the words for what is wrong with it. Both ways answer alike (`tests/services/intake/test_short_way.py`).
"""

import re
from typing import NamedTuple

from fastapi import Request
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.common import problems
from libs.common.auth.principal import AGENT_PATTERN, known
from libs.common.crowd import Crowd
from libs.common.headers import add_headers, headers_of
from libs.common.idempotency import KEY_LENGTHS, KEY_PATTERN
from libs.common.rate_limit import limited
from libs.common.request_limits import LARGEST_BODY_BYTES, excess_of
from libs.common.telemetry import say_route
from services.intake.feedback import reception
from services.intake.feedback.schemas import FeedbackIn, Receipt
from services.intake.feedback.sender import sender_of
from services.intake.feedback.submission import ROUTE

_KEY = re.compile(KEY_PATTERN)
_AGENT = re.compile(AGENT_PATTERN)


class Plain(NamedTuple):
    """What a plain request says."""

    body: FeedbackIn
    idempotency_key: str | None
    agent: str | None


class ShortWay:
    """Middleware within `Telemetry` and `Cors`. The application, for all that does not go this way, lies behind it."""

    path = "/v1/feedback"

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._may_be_plain(scope):
            await self._app(scope, receive, send)
            return
        messages = await _whole(receive)
        plain = _plain(headers_of(scope), messages)
        if plain is None:
            await self._app(scope, _again(messages, receive), send)
            return
        say_route(scope, self)
        crowd: Crowd = scope["app"].state.crowds[ROUTE]
        try:
            with crowd.at_work():
                receipt = await _take_in(Request(scope), plain)
        except Exception as error:
            await problems.answer(error)(scope, receive, send)
        else:
            await _answer(receipt, send)

    def _may_be_plain(self, scope: Scope) -> bool:
        """Small enough to be read here, as its head says."""
        if scope["path"] != self.path or scope["method"] != "POST" or scope["query_string"]:
            return False
        headers = headers_of(scope)
        length = headers.get("content-length", "")
        return (
            headers.get("content-type") == "application/json"
            and length.isdecimal()
            and int(length) <= LARGEST_BODY_BYTES
        )


async def _take_in(request: Request, plain: Plain) -> Receipt:
    state, by = request.app.state, await known(request)
    await limited(request, by)
    sender = await sender_of(request, by.acting(plain.agent) if by else None)
    return await reception.take_in(state.desk, state.batcher, plain.body, sender, plain.idempotency_key, state.clock())


async def _answer(receipt: Receipt, send: Send) -> None:
    body = receipt.model_dump_json().encode()
    headers = {
        "content-length": str(len(body)),
        "content-type": "application/json",
        "location": reception.place_of(receipt),
    }
    start: Message = {"type": "http.response.start", "status": 201}
    add_headers(start, headers)
    await send(start)
    await send({"type": "http.response.body", "body": body})


def _plain(headers: dict[str, str], messages: list[Message]) -> Plain | None:
    if messages[-1]["type"] != "http.request":
        return None
    key, agent = headers.get("idempotency-key"), headers.get("acting-agent")
    if key is not None and not (KEY_LENGTHS[0] <= len(key) <= KEY_LENGTHS[1] and _KEY.fullmatch(key)):
        return None
    if agent is not None and not _AGENT.fullmatch(agent):
        return None
    body = b"".join(one["body"] for one in messages)
    if excess_of(body):
        return None
    try:
        return Plain(FeedbackIn.model_validate_json(body), key, agent)
    except ValidationError:
        return None


async def _whole(receive: Receive) -> list[Message]:
    """The messages of the request's body; the last may be that the client is gone."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Receives what was received once more, and then what follows."""
    left = iter(messages)

    async def next_one() -> Message:
        return next(left, None) or await receive()

    return next_one
