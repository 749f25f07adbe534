"""Many feedbacks in one request: an outcome each, in their order, and none in the way of another."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from libs.common.languages import language_of_request
from libs.common.problems import Problem, ServiceUnavailable, invalid_body
from services.intake.desk import Desk
from services.intake.feedback.arrival import Arrival
from services.intake.feedback.batcher import Batcher
from services.intake.feedback.flush import flush
from services.intake.feedback.reception import arrive, receipt_of
from services.intake.feedback.schemas import BatchIn, BatchItem, BatchOut, BatchOutcome
from services.intake.feedback.sender import Sender
from services.intake.feedback.service import Outcome
from services.intake.feedback.submission import ROUTE, Submission, prepare

BATCH_ROUTE = "POST /v1/feedback/batch"
IN_A_TRANSACTION = 250
A_TURN = 25
"""Items that are prepared before other requests have their turn: it is work of this process."""

_ITEM = TypeAdapter(BatchItem)
T = TypeVar("T")


async def take_in_many(
    desk: Desk, batcher: Batcher, body: BatchIn, sender: Sender, key: str | None, now: datetime
) -> BatchOut:
    """Take in each item as if it had come alone. While some are written, the next are prepared."""
    outcomes: dict[int, Outcome] = {}
    try:
        async with batcher.batch(), asyncio.TaskGroup() as tasks:
            writing: asyncio.Task[dict[int, Outcome]] | None = None
            for first in range(0, len(body.items), IN_A_TRANSACTION):
                items = dict(enumerate(body.items[first : first + IN_A_TRANSACTION], first))
                prepared = await _prepare(desk, items, sender, key, now)
                outcomes |= await writing if writing else {}
                writing = tasks.create_task(_write(desk, prepared))
            outcomes |= await writing if writing else {}
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    if all(isinstance(outcome, ServiceUnavailable) for outcome in outcomes.values()):
        raise ServiceUnavailable
    told = [_told(desk, index, outcome) for index, outcome in sorted(outcomes.items())]
    accepted = sum(one.receipt is not None for one in told)
    not_kept = sum(one.receipt is not None and not one.receipt.kept for one in told)
    return BatchOut(accepted=accepted, refused=len(told) - accepted, not_kept=not_kept, outcomes=told)


async def _prepare(
    desk: Desk, items: Mapping[int, Any], sender: Sender, key: str | None, now: datetime
) -> dict[int, Submission | Problem]:
    read = {index: _read(item) async for index, item in _in_turns(items.items())}
    arrival = await arrive(desk, sender, now, [item for item in read.values() if isinstance(item, BatchItem)])
    return {index: _prepared(arrival, item, index, key) async for index, item in _in_turns(read.items())}


async def _in_turns(some: Iterable[T]) -> AsyncIterator[T]:
    for place, one in enumerate(some):
        if place % A_TURN == 0:
            await asyncio.sleep(0)
        yield one


def _read(item: Any) -> BatchItem | Problem:
    try:
        return _ITEM.validate_python(item)
    except ValidationError as invalid:
        return invalid_body(invalid)


def _prepared(arrival: Arrival, item: BatchItem | Problem, index: int, key: str | None) -> Submission | Problem:
    if isinstance(item, Problem):
        return item
    try:
        if item.idempotency_key is not None or key is None:
            submission = prepare(arrival, item, item.idempotency_key, route=ROUTE)
        else:
            submission = prepare(arrival, item, f"{key}/{index}", route=BATCH_ROUTE)
    except Problem as problem:
        return problem
    return submission.refused if submission.refused and not submission.claims else submission


async def _write(desk: Desk, prepared: Mapping[int, Submission | Problem]) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {index: one for index, one in prepared.items() if isinstance(one, Problem)}
    for some in _apart({index: one for index, one in prepared.items() if isinstance(one, Submission)}):
        outcomes |= zip(some, await flush(desk.database, list(some.values())), strict=True)
    return outcomes


def _apart(submissions: Mapping[int, Submission]) -> Iterator[dict[int, Submission]]:
    """In their order, and no two that share a claim together: the first of them must be written when the next comes."""
    some: dict[int, Submission] = {}
    taken: set[tuple[str, str]] = set()
    for index, submission in submissions.items():
        claims = {(claim.scope, claim.key) for claim in submission.claims}
        if not taken.isdisjoint(claims):
            yield some
            some, taken = {}, set()
        some[index] = submission
        taken |= claims
    if some:
        yield some


def _told(desk: Desk, index: int, outcome: Outcome) -> BatchOutcome:
    if isinstance(outcome, Problem):
        body = outcome.body(language_of_request.get())
        return BatchOutcome(index=index, status=outcome.status, problem=body)
    return BatchOutcome(index=index, status=201, receipt=receipt_of(desk, outcome))
