"""Clients that load the system, each doing its round again and again; an operation is tried until it is answered."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from threading import Event
from typing import Any
from uuid import uuid4

import httpx

from tests.faults.beside import Beside
from tests.faults.record import Record
from tests.system import System

COMPLAINT = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Toujours rien."}
TRY_AGAIN = (409, 503)
PAUSE_SECONDS = 0.05

Patience = Callable[[int], float]
"""How many seconds an answer is waited for, by the number of the attempt, from 0."""


class Client:
    """One of them: what it sends, and what it was answered, is in the record."""

    def __init__(self, system: System, record: Record, http: httpx.AsyncClient) -> None:
        self.system, self.record, self.http = system, record, http
        self.agent = system.staff("agent", "passports")

    async def send(
        self, operation: str, url: str, body: Any, headers: dict[str, str], key: str, seconds: float | None = None
    ) -> httpx.Response | None:
        """Send once; nothing where the connection was cut, refused, or silent for too long."""
        sent_at, answer, made = time.time(), None, None
        try:
            answer = await self.http.post(
                url,
                json=body,
                headers={**headers, "Idempotency-Key": key},
                timeout=httpx.USE_CLIENT_DEFAULT if seconds is None else seconds,
            )
            made = answer.json().get("id") if answer.is_success else None
            return answer
        except httpx.TransportError:
            return None
        finally:
            self.record.attempt(sent_at, operation, key, None if answer is None else answer.status_code, made)

    async def insist(
        self,
        operation: str,
        url: str,
        body: Any,
        headers: dict[str, str] | None = None,
        expected: int = 201,
        patience: Patience | None = None,
    ) -> dict[str, Any]:
        """Send with a key until it is answered for good; fails where that is not the expected answer."""
        key = str(uuid4())
        for attempt in itertools.count():
            answer = await self.send(operation, url, body, headers or {}, key, patience and patience(attempt))
            if answer is not None and answer.status_code not in TRY_AGAIN:
                assert answer.status_code == expected, (operation, answer.status_code, answer.text)
                return dict(answer.json())
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError

    async def ask(self, operation: str, url: str, **parameters: Any) -> httpx.Response | None:
        """Read something, once, as an agent; nothing where the connection was cut."""
        sent_at, answer = time.time(), None
        try:
            answer = await self.http.get(url, params=parameters, headers=self.agent)
            return answer
        except httpx.TransportError:
            return None
        finally:
            self.record.attempt(sent_at, operation, str(uuid4()), None if answer is None else answer.status_code)

    async def submit(self, patience: Patience | None = None, **besides: Any) -> dict[str, Any]:
        url, said = f"{self.system.intake}/v1/feedback", {**COMPLAINT, **besides}
        return await self.insist("submit", url, said, patience=patience)

    async def case_of(self, feedback_id: str) -> str:
        """The id of the case, once there is one."""
        while True:
            answer = await self.ask(
                "wait for the case", f"{self.system.routing}/v1/cases", feedback_id=feedback_id, wait=5
            )
            if answer is not None and answer.status_code == 200 and answer.json()["items"]:
                return str(answer.json()["items"][0]["id"])
            await asyncio.sleep(PAUSE_SECONDS)


Round = Callable[[Client], Awaitable[object]]


async def submit(client: Client) -> None:
    """Sends a complaint."""
    await client.submit()


async def submit_and_acknowledge(client: Client) -> None:
    """Sends a complaint and, as an agent, acknowledges its case."""
    receipt = await client.submit()
    case = await client.case_of(receipt["id"])
    url = f"{client.system.routing}/v1/cases/{case}/acknowledge"
    await client.insist("acknowledge", url, {}, client.agent, expected=200)


class Load(Beside):
    """From entry to exit; then each client ends its round, within `patience` seconds."""

    def __init__(
        self,
        system: System,
        record: Record,
        one_round: Round = submit,
        *,
        clients: int = 6,
        most_rounds: int = 100_000,
        pause: float = 0.0,
        timeout: float = 10.0,
        patience: float = 60.0,
    ) -> None:
        super().__init__(lambda over: asyncio.run(self._all(over)), patience)
        self._system, self._record, self._round = system, record, one_round
        self._clients, self._rounds_left = clients, most_rounds
        self._pause, self._timeout = pause, timeout

    async def _all(self, over: Event) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=self._clients)
        async with httpx.AsyncClient(timeout=self._timeout, limits=limits, trust_env=False) as http:
            clients = [Client(self._system, self._record, http) for _ in range(self._clients)]
            await asyncio.gather(*(self._go_on(client, over) for client in clients))

    async def _go_on(self, client: Client, over: Event) -> None:
        while not over.is_set() and self._rounds_left > 0:
            self._rounds_left -= 1
            await self._round(client)
            await asyncio.sleep(self._pause)
