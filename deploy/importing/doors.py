"""The three APIs as others reach them: addresses, tokens, and patience."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from uuid import UUID

import httpx

from libs.common.settings import stop

PATIENCE_SECONDS = 120.0
"""So long is asked again where a service cannot be reached, or says that it cannot answer just now."""

NOT_NOW = (429, 502, 503, 504)
STILL_RUNNING = "urn:ecoute:problem:still-running"

_TIMED_NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A UUID version 7 as it is usually written."""


@dataclass(frozen=True)
class Addresses:
    """Where the services answer; behind a gateway all three at one place."""

    intake: str
    routing: str
    analytics: str

    @classmethod
    def at(cls, gateway: str) -> "Addresses":
        return cls(gateway, gateway, gateway)


@dataclass(frozen=True)
class Answer:
    """What came back, and how long the last attempt took."""

    response: httpx.Response
    asked_at: datetime
    """When the request arrived, at the latest, by the clock of the service."""

    @property
    def status(self) -> int:
        return self.response.status_code

    def json(self) -> Any:
        return self.response.json()

    def problem(self) -> Any:
        """The problem document; something like it where a gateway answered in our place."""
        try:
            return self.response.json()
        except ValueError:
            return {"type": f"status-{self.status}", "title": " ".join(self.response.text.split())[:200]}

    def made_before(self, feedback_id: str) -> bool:
        """Whether feedback was there before this was asked: its id (UUID version 7) tells when it was made."""
        return _made_at(UUID(feedback_id)) < self.asked_at


@dataclass
class Door:
    """One who sends, with what they show of themselves."""

    client: httpx.AsyncClient
    base: str = ""

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Ask until there is an answer: with the same key, nothing is done twice."""
        sent = {**(headers or {}), **({"Idempotency-Key": key} if key else {})}
        until = monotonic() + PATIENCE_SECONDS
        while True:
            began = monotonic()
            try:
                response = await self.client.request(method, self.base + path, json=body, headers=sent, params=params)
            except httpx.TransportError as broken:
                if monotonic() > until:
                    stop(f"{self.base} cannot be reached ({type(broken).__name__}): is the system running? make run")
                await asyncio.sleep(0.5)
                continue
            answer = Answer(response, _arrived_at(response, monotonic() - began))
            problem = answer.problem() if answer.status >= 400 else None
            if not is_for_now(answer.status, problem):
                return answer
            if monotonic() > until:
                stop(f"{self.base} has no time for {method} {path} ({problem_line(problem or {})}): try again later")
            await asyncio.sleep(float(response.headers.get("Retry-After", 1)))

    async def get(self, path: str, **params: Any) -> Any:
        """The answer to a question; stops with one line where there is none."""
        return _json(await self.ask("GET", path, params=params), path)

    async def send(self, method: str, path: str, body: Any, *, key: str | None = None, match: str | None = None) -> Any:
        """What was made; stops with one line where it is refused."""
        return _json(await self.ask(method, path, body, key=key, headers={"If-Match": match} if match else None), path)


def is_for_now(status: int, problem: Mapping[str, Any] | None) -> bool:
    """Whether the same may be answered otherwise in a moment."""
    return status in NOT_NOW or (problem is not None and problem.get("type") == STILL_RUNNING)


@asynccontextmanager
async def door(base: str, token: str | None = None, headers: Mapping[str, str] | None = None) -> AsyncIterator[Door]:
    """A door at an address, for whoever holds the token or key."""
    shown = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
    limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
    async with httpx.AsyncClient(headers=shown, timeout=60, limits=limits) as client:
        yield Door(client, base)


async def see_that_it_runs(addresses: Addresses) -> None:
    """Stops with one line where the system does not answer."""
    async with httpx.AsyncClient(timeout=5) as client:
        try:
            answer = await client.get(f"{addresses.intake}/v1/topics")
        except httpx.TransportError:
            stop(f"nothing answers at {addresses.intake}: start the system first, in another terminal, with make run")
        if answer.status_code not in (200, *NOT_NOW):  # busy is running too: who asks next has patience
            stop(f"what answers at {addresses.intake} is not Écoute (status {answer.status_code})")


def problem_line(problem: Mapping[str, Any]) -> str:
    """A problem document in one line."""
    errors = [f"{one.get('pointer') or ''} {one['detail']}".strip() for one in problem.get("errors") or ()]
    said = problem.get("detail") or problem.get("title") or "refused"
    name = str(problem.get("type", "")).rpartition(":")[2]
    return f"{name}: {'; '.join(errors) or said}"


def _json(answer: Answer, path: str) -> Any:
    if answer.status >= 400:
        stop(f"{answer.response.request.method} {path} was refused: {problem_line(answer.problem())}")
    return answer.json()


def _arrived_at(response: httpx.Response, seconds: float) -> datetime:
    """By the clock of whoever answered: to the millisecond where the request was named at its arrival, as Écoute does.

    Who stands before it may name it otherwise: then `Date` tells, which says whole seconds, so that one and a half are
    allowed for.
    """
    named = response.headers.get("X-Request-Id", "")
    if _TIMED_NAME.fullmatch(named):
        return _made_at(UUID(named))
    said = response.headers.get("Date")
    answered_at = parsedate_to_datetime(said) if said else datetime.now(UTC)
    return answered_at - timedelta(seconds=seconds + 1.5)


def _made_at(made: UUID) -> datetime:
    """What a UUID version 7 tells of its moment, to the millisecond (RFC 9562)."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)
