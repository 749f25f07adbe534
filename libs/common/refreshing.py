"""What a process has at hand of the database, read anew now and then: by one, however many ask for it at once."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic


class Shared:
    """Work that many ask for at once and one task does. All are told in the same turn of the event loop.

    A lock would let them go on one by one, a turn each: behind 250 others that takes seconds.
    """

    def __init__(self) -> None:
        self._going_on: asyncio.Task[None] | None = None

    async def join(self, work: Callable[[], Awaitable[None]]) -> None:
        """Wait until the work is done that goes on, or else is begun now. What it raises is raised by all."""
        if self._going_on is None:
            self._going_on = asyncio.create_task(_run(work))
            self._going_on.add_done_callback(self._is_over)
        await asyncio.shield(self._going_on)

    async def until_over(self) -> None:
        """Wait for what goes on, whatever comes of it."""
        if self._going_on is not None:
            await asyncio.wait((self._going_on,))

    def _is_over(self, task: asyncio.Task[None]) -> None:
        self._going_on = None
        if not task.cancelled():
            task.exception()  # somebody has it, unless all who asked have left


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()


class Refreshing:
    """When it was read last, and the turn of who reads it."""

    def __init__(self) -> None:
        self._read_at = float("-inf")
        self._shared = Shared()

    @property
    def age(self) -> float:
        """Seconds since it was as the database has it."""
        return monotonic() - self._read_at

    async def anew(self, read: Callable[[], Awaitable[None]]) -> None:
        """Read it, together with all others who ask before the reading begins."""
        await self._shared.until_over()  # it may have begun before what is to be found was there

        async def and_note() -> None:
            began_at = monotonic()
            await read()
            self._read_at = began_at

        await self._shared.join(and_note)
