"""One transaction for many submissions; what is wrong with one of them is no matter of the others."""

from collections.abc import Sequence
from contextlib import suppress

import asyncpg
import structlog
from prometheus_client import Histogram

from libs.common.db import Database
from libs.common.failures import is_infrastructure, is_locked, sqlstate
from libs.common.idempotency import StillRunning
from libs.common.problems import InternalError, ServiceUnavailable
from libs.common.telemetry import describe
from services.intake.feedback.service import Outcome, are_simple, submit_many, submit_new, with_new_reference
from services.intake.feedback.submission import Submission

UNIQUE_VIOLATION = "23505"

FLUSHED = Histogram(
    "ecoute_intake_flush_size",
    "Feedback written in one transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)

log = structlog.get_logger("flush")


async def flush(
    database: Database, submissions: Sequence[Submission], *, has_waited: bool = False
) -> Sequence[Outcome]:
    """The outcome of each. Where data makes the transaction fail, its halves go on without each other.

    Who has waited in vain for a claim that another transaction has waits for it no more: the others would wait along.
    """
    FLUSHED.observe(len(submissions))
    try:
        return await _submit(database, submissions, has_waited=has_waited)
    except Exception as error:
        if len(submissions) > 1 and not _is_outage(error):
            middle, waited = len(submissions) // 2, has_waited or is_locked(error)
            first = await flush(database, submissions[:middle], has_waited=waited)
            return [*first, *await flush(database, submissions[middle:], has_waited=waited)]
        if sqlstate(error) == UNIQUE_VIOLATION and "uq_feedback_reference" in str(error):
            return await flush(database, [with_new_reference(submissions[0])])
        return [_problem(error)] * len(submissions)


async def _submit(database: Database, submissions: Sequence[Submission], *, has_waited: bool) -> Sequence[Outcome]:
    if are_simple(submissions) and not has_waited:
        with suppress(asyncpg.UniqueViolationError):
            async with database.driver() as driver:
                return await submit_new(driver, submissions)
    async with database.connection() as connection:
        return await submit_many(connection, submissions, has_waited=has_waited)


def _is_outage(error: Exception) -> bool:
    return is_infrastructure(error) and not is_locked(error)


def _problem(error: Exception) -> Outcome:
    if is_locked(error):
        return StillRunning()
    log.error("flush_failed", **describe(error))
    return ServiceUnavailable() if is_infrastructure(error) else InternalError()
