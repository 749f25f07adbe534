"""A process's life: started, ready, draining, gone."""

import asyncio
from collections.abc import Awaitable, Callable


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
    """Do the work again at once while it finds something to do, else after a pause, until the process leaves."""
    while not lifecycle.draining.is_set():
        if not await work():
            await lifecycle.wait(seconds)
