"""Rings when the log of this database has grown: the sequencer's NOTIFY, one connection a process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import TypeVar

import asyncpg
import structlog
from fastapi import FastAPI

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.sequencer import CHANNEL

FALLBACK_SECONDS = 1.0
LOOKS_AT_ONCE = 4  # however many wait, a ring leaves connections to those who do not

T = TypeVar("T")


class Doorbell:
    """Lets any number of waiting requests sleep until there is something new. A lost ring costs one second."""

    def __init__(self, database: Database, lifecycle: Lifecycle) -> None:
        self._database, self._lifecycle = database, lifecycle
        self._rung = asyncio.Event()
        self._looks = asyncio.Semaphore(LOOKS_AT_ONCE)

    async def until(self, look: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Look again at each ring until something (truthy) is found, the time is over, or the process leaves."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            rung = self._rung  # taken before the look: a ring in between is not missed
            async with self._looks:
                found = await look()
            remaining = deadline - loop.time()
            if found or remaining <= 0 or self._lifecycle.draining.is_set():
                return found
            await self._wait(rung, min(remaining, FALLBACK_SECONDS))

    async def _wait(self, rung: asyncio.Event, seconds: float) -> None:
        waits = [asyncio.create_task(event.wait()) for event in (rung, self._lifecycle.draining)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    def ring(self, *_: object) -> None:
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def listen(self) -> None:
        """Hold the connection, for ever: when it breaks, take another."""
        log = structlog.get_logger("doorbell")
        while not self._lifecycle.draining.is_set():
            try:
                await self._listen_until_broken()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("cannot_listen", error=type(error).__name__)
                await self._lifecycle.wait(1)

    async def _listen_until_broken(self) -> None:
        connection = await asyncpg.connect(self._database.url, timeout=5)
        try:
            broken = asyncio.Event()
            connection.add_termination_listener(lambda *_: broken.set())
            await connection.add_listener(CHANNEL, self.ring)
            self.ring()
            await broken.wait()
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=1)


async def hang_doorbell(app: FastAPI, stack: AsyncExitStack) -> None:
    """Start of an application: `app.state.doorbell`."""
    app.state.doorbell = Doorbell(app.state.database, app.state.lifecycle)
    listening = asyncio.create_task(app.state.doorbell.listen())
    stack.callback(listening.cancel)
