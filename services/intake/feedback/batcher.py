"""Concurrent requests share a transaction: what waits is flushed as soon as a connection is free, without a timer.

Nothing is acknowledged before the commit. A full queue is answered 503 at once.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, Request
from prometheus_client import Counter, Histogram
from sqlalchemy.exc import DBAPIError

from libs.common.db import Database
from libs.common.failures import is_infrastructure, sqlstate
from libs.common.idempotency import LOCK_NOT_AVAILABLE, StillRunning
from libs.common.problems import InternalError, ServiceUnavailable
from libs.common.telemetry import describe
from services.intake.feedback.service import Outcome, submit_many, with_new_reference
from services.intake.feedback.submission import Submission

LARGEST_FLUSH = 64
LONGEST_QUEUE = 2_000
FLUSHERS = 3

FLUSHED = Histogram("ecoute_intake_flush_size", "Feedback written in one transaction", buckets=(1, 2, 4, 8, 16, 32, 64))
REFUSED = Counter("ecoute_intake_overload_total", "Feedback refused because the queue was full")

log = structlog.get_logger("batcher")


class Batcher:
    """Takes one submission, gives its outcome once that is durable."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[Submission, asyncio.Future[Outcome]]] = deque()
        self._in_flight: dict[tuple[str, str], asyncio.Future[Outcome]] = {}
        self._something = asyncio.Event()

    async def submit(self, submission: Submission) -> Outcome:
        """The outcome. One with the same claim that is on its way is awaited first, and then found."""
        keys = [(claim.scope, claim.key) for claim in submission.claims]
        while earlier := [self._in_flight[key] for key in keys if key in self._in_flight]:
            await asyncio.wait(earlier)
        if len(self._waiting) >= LONGEST_QUEUE:
            REFUSED.inc()
            raise ServiceUnavailable
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._in_flight.update(dict.fromkeys(keys, future))
        future.add_done_callback(lambda _: [self._in_flight.pop(key) for key in keys])
        self._waiting.append((submission, future))
        self._something.set()
        return await asyncio.shield(future)

    async def flush_for_ever(self) -> None:
        """One of the flushers."""
        while True:
            await self._something.wait()
            some = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST_FLUSH))]
            if not self._waiting:
                self._something.clear()
            if some:
                outcomes = await self._flush([submission for submission, _ in some])
                for (_, future), outcome in zip(some, outcomes, strict=True):
                    future.set_result(outcome)

    async def _flush(self, submissions: Sequence[Submission]) -> Sequence[Outcome]:
        FLUSHED.observe(len(submissions))
        try:
            async with self._database.connection() as connection:
                return await submit_many(connection, submissions)
        except Exception as error:
            if len(submissions) > 1 and not _is_outage(error):
                return [(await self._flush([one]))[0] for one in submissions]
            if isinstance(error, DBAPIError) and "uq_feedback_reference" in str(error.orig):
                return await self._flush([with_new_reference(submissions[0])])
            return [_problem(error)] * len(submissions)


def _is_outage(error: Exception) -> bool:
    return is_infrastructure(error) and sqlstate(error) != LOCK_NOT_AVAILABLE


def _problem(error: Exception) -> Outcome:
    if sqlstate(error) == LOCK_NOT_AVAILABLE:
        return StillRunning()
    log.error("flush_failed", **describe(error))
    return ServiceUnavailable() if is_infrastructure(error) else InternalError()


async def start_batcher(app: FastAPI, stack: AsyncExitStack) -> None:
    """Start of the application: `app.state.batcher`, and its flushers."""
    app.state.batcher = Batcher(app.state.database)
    for _ in range(FLUSHERS):
        stack.callback(asyncio.create_task(app.state.batcher.flush_for_ever()).cancel)


async def _batcher(request: Request) -> Batcher:
    batcher: Batcher = request.app.state.batcher
    return batcher


BatcherOf = Annotated[Batcher, Depends(_batcher)]
