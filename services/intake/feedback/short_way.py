"""The short way through `POST /v1/feedback`: the same calls in the same order, without FastAPI's machinery between.

A plain request goes this way: a JSON body that is valid, headers that have their form. Any other goes FastAPI's own,
which finds the words for what is wrong with it. Both ways answer alike (`tests/services/intake/test_short_way.py`).
"""

import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRouter
from pydantic import ValidationError
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

from libs.common.auth.principal import AGENT_PATTERN, known
from libs.common.headers import headers_of
from libs.common.idempotency import KEY_LENGTHS, KEY_PATTERN
from libs.common.rate_limit import limited
from services.intake.feedback import reception
from services.intake.feedback.schemas import FeedbackIn, Receipt
from services.intake.feedback.sender import sender_of

PATH = "/v1/feedback"

_KEY = re.compile(KEY_PATTERN)
_AGENT = re.compile(AGENT_PATTERN)
_LONG_WAY = "ecoute.long_way"


class Plain(NamedTuple):
    """What a plain request says."""

    body: FeedbackIn
    idempotency_key: str | None
    agent: str | None


class ShortWay(BaseRoute):
    """A route before all others. The documented one of the same path is where the long way leads."""

    path = path_format = PATH

    def __init__(self, router: APIRouter) -> None:
        self._router = router

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST" or _LONG_WAY in scope:
            return Match.NONE, {}
        return Match.FULL, {"route": self}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        messages = await _whole(receive)
        plain = _plain(headers_of(scope), messages)
        if plain is None:
            scope[_LONG_WAY] = True
            await self._router.app(scope, _again(messages, receive), send)
            return
        receipt = await _take_in(Request(scope), plain)
        headers = {"Location": reception.place_of(receipt)}
        await Response(receipt.model_dump_json(), 201, headers, "application/json")(scope, receive, send)


async def open_short_way(app: FastAPI, _: AsyncExitStack) -> None:
    """Start of the application."""
    app.router.routes.insert(0, ShortWay(app.router))


async def _take_in(request: Request, plain: Plain) -> Receipt:
    state, by = request.app.state, await known(request)
    await limited(request, by)
    sender = await sender_of(request, by.acting(plain.agent) if by else None)
    return await reception.take_in(state.desk, state.batcher, plain.body, sender, plain.idempotency_key, state.clock())


def _plain(headers: dict[str, str], messages: Sequence[Message]) -> Plain | None:
    if headers.get("content-type") != "application/json" or messages[-1]["type"] != "http.request":
        return None
    key, agent = headers.get("idempotency-key"), headers.get("acting-agent")
    if key is not None and not (KEY_LENGTHS[0] <= len(key) <= KEY_LENGTHS[1] and _KEY.fullmatch(key)):
        return None
    if agent is not None and not _AGENT.fullmatch(agent):
        return None
    try:
        return Plain(FeedbackIn.model_validate_json(b"".join(one["body"] for one in messages)), key, agent)
    except ValidationError:
        return None


async def _whole(receive: Receive) -> list[Message]:
    """The messages of the request's body; the last may be that the client is gone."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    """Receives what was received once more, and then what follows."""
    left = iter(messages)

    async def next_one() -> Message:
        return next(left, None) or await receive()

    return next_one
