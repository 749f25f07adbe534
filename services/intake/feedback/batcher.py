"""Concurrent requests share a transaction: what waits is flushed as soon as a connection is free, without a timer.

Nothing is acknowledged before the commit. What would wait too long is answered 503, while nothing of it is begun.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic
from typing import Annotated, NamedTuple

from fastapi import Depends, FastAPI, Request
from prometheus_client import Counter

from libs.common.crowd import Crowd
from libs.common.db import Database
from libs.common.problems import ServiceUnavailable
from services.intake.feedback.flush import flush
from services.intake.feedback.service import Outcome
from services.intake.feedback.submission import ROUTE, Submission

LARGEST_FLUSH = 128
LONGEST_QUEUE = 300
"""About as many as are written within a second: it is this that ends the wait where too many come."""
LONGEST_WAIT_SECONDS = 3.0
"""Before a flush begins with it: a disk that pauses for a second or two makes nobody ask again. Where the first of the
queue has waited longer, nobody else is let in."""
LOOK_SECONDS = 0.25
FLUSHERS = 2
"""One prepares while the other waits for the disk; more of them would have less to write each time."""
BATCHES_AT_ONCE = 2
MOST_BATCHES = 8
"""Those at work and those that wait: each holds up to a thousand texts in memory."""

REFUSED = Counter("ecoute_intake_overload_total", "Feedback, or batches of it, refused because the queue was full")


class _Waiting(NamedTuple):
    submission: Submission
    future: asyncio.Future[Outcome]
    since: float


class Batcher:
    """Takes one submission, gives its outcome once that is durable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[_Waiting] = deque()
        self._in_flight: dict[tuple[str, str], asyncio.Future[Outcome]] = {}
        self._something = asyncio.Event()
        self._batches = 0
        self._at_work = asyncio.Semaphore(BATCHES_AT_ONCE)

    async def submit(self, submission: Submission) -> Outcome:
        """The outcome. One with the same claim that is on its way is awaited first, and then found."""
        keys = [(claim.scope, claim.key) for claim in submission.claims]
        while earlier := [self._in_flight[key] for key in keys if key in self._in_flight]:
            await asyncio.wait(earlier)
        now = monotonic()
        if len(self._waiting) >= LONGEST_QUEUE or self._is_late(now):
            REFUSED.inc()
            raise ServiceUnavailable
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._in_flight.update(dict.fromkeys(keys, future))
        future.add_done_callback(lambda _: [self._in_flight.pop(key) for key in keys])
        self._waiting.append(_Waiting(submission, future, now))
        self._something.set()
        return await asyncio.shield(future)

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[None]:
        """The turn of a batch, which writes by itself: connections stay free for who sends one by one."""
        if self._batches >= MOST_BATCHES:
            REFUSED.inc()
            raise ServiceUnavailable
        self._batches += 1
        try:
            async with self._at_work:
                yield
        finally:
            self._batches -= 1

    async def flush_for_ever(self) -> None:
        """One of the flushers."""
        while True:
            await self._something.wait()
            some = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_FLUSH))]
            if not self._waiting:
                self._something.clear()
            if some:
                outcomes = await flush(self._database, [one.submission for one in some])
                for one, outcome in zip(some, outcomes, strict=True):
                    one.future.set_result(outcome)

    async def refuse_for_ever(self) -> None:
        """Tell those who have waited too long, also while nobody else comes."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            while self._is_late(monotonic()):
                REFUSED.inc()
                self._waiting.popleft().future.set_result(ServiceUnavailable())

    def _is_late(self, now: float) -> bool:
        return bool(self._waiting) and now - self._waiting[0].since > LONGEST_WAIT_SECONDS


async def start_batcher(app: FastAPI, stack: AsyncExitStack) -> None:
    """Start of the application: `app.state.batcher` and its flushers, and how many may come at once."""
    app.state.batcher = Batcher(app.state.database)
    app.state.crowds[ROUTE] = Crowd(LONGEST_QUEUE, REFUSED)
    for _ in range(FLUSHERS):
        stack.callback(asyncio.create_task(app.state.batcher.flush_for_ever()).cancel)
    stack.callback(asyncio.create_task(app.state.batcher.refuse_for_ever()).cancel)


async def _batcher(request: Request) -> Batcher:
    batcher: Batcher = request.app.state.batcher
    return batcher


BatcherOf = Annotated[Batcher, Depends(_batcher)]
