"""Asks a feed for what comes next while what came is being applied: who is far behind takes larger slices.

What lies ready is handed over in one piece, as long as pieces are applied within some seconds. Larger slices touch
the same rows less often, and a slice that takes too long would lose its transaction.
"""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Protocol

from libs.common.lifecycle import Lifecycle
from libs.common.stream.events import Envelope
from libs.common.stream.feed import MAX_EVENTS
from libs.common.stream.positions import Place, place_of

MOST_EVENTS = 2 * MAX_EVENTS
SLICE_SECONDS = 3.0


class Feed(Protocol):
    async def events_after(
        self, place: Place, wait_seconds: float, lifecycle: Lifecycle, *, has_read: bool = True
    ) -> list[Envelope]:
        """What comes after a place, up to which `has_read` says that all was read: it need not be kept for us."""
        ...


class Ahead:
    """A feed, of which the next answers are fetched before they are asked for, once one was full."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._ready: list[Envelope] = []
        self._size = MAX_EVENTS
        self._handed: tuple[Place, int, float] | None = None
        """The end of what was handed over last, how many it were, and when."""
        self._fetching: asyncio.Task[None] | None = None

    async def events_after(
        self, place: Place, wait_seconds: float, lifecycle: Lifecycle, *, has_read: bool = True
    ) -> list[Envelope]:
        """As of the feed; more than one of its answers where they lie ready."""
        if self._handed is None or self._handed[0] != place:
            await self.close()
        else:
            self._suit_size(self._handed[1], monotonic() - self._handed[2])
        if self._fetching is not None and not self._ready:
            await asyncio.wait((self._fetching,))
            self._fetching = None
        events, self._ready = self._ready[: self._size], self._ready[self._size :]
        if not events:
            events = await self._feed.events_after(place, wait_seconds, lifecycle, has_read=has_read)
        if events:
            last = events[-1]
            self._handed = (place_of(last), len(events), monotonic())
            if len(events) >= MAX_EVENTS and (self._fetching is None or self._fetching.done()):
                self._fetching = asyncio.create_task(self._fetch((self._ready or events)[-1], lifecycle))
        return events

    async def close(self) -> None:
        """Forget what lies ready: it does not follow what was read."""
        if self._fetching is not None:
            self._fetching.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait((self._fetching,))
        self._ready, self._handed, self._fetching, self._size = [], None, None, MAX_EVENTS

    def _suit_size(self, applied: int, seconds: float) -> None:
        self._size = min(MOST_EVENTS, max(MAX_EVENTS, int(applied * SLICE_SECONDS / max(seconds, 0.001))))

    async def _fetch(self, last: Envelope, lifecycle: Lifecycle) -> None:
        """Until enough lies ready or there is no more. What goes wrong comes up when it is asked for in its turn."""
        with suppress(Exception):
            while len(self._ready) < self._size:
                came = await self._feed.events_after(place_of(last), 0, lifecycle, has_read=False)
                self._ready += came
                if len(came) < MAX_EVENTS:
                    break
                last = came[-1]
