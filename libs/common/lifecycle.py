"""A process's life: started, ready, draining, gone."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.common.courtesy import Courtesy

SHORTEST_PAUSE_SECONDS = 0.001


class Lifecycle:
    """Tells everything that waits that the process is about to leave."""

    def __init__(self) -> None:
        self.draining = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Sleep, but not into the end of the process. True when draining has begun."""
        try:
            await asyncio.wait_for(self.draining.wait(), seconds)
        except TimeoutError:
            return False
        return True


async def every(lifecycle: Lifecycle, seconds: float, work: Callable[[], Awaitable[bool]]) -> None:
    """Do the work again at once while it finds something to do, else after a pause, until the process leaves.

    Between two times others are given what they are owed, where cores are short.
    """
    courtesy = Courtesy()
    while not lifecycle.draining.is_set():
        pause = 0.0 if await work() else seconds
        if (pause := max(pause, courtesy.owed())) > SHORTEST_PAUSE_SECONDS:
            await lifecycle.wait(pause)
