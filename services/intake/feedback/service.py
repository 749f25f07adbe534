"""Writes feedback: one path for the single POST, the batch and the import."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, delete, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import among, driver_of
from libs.common.idempotency import idempotency_key
from libs.common.problems import Problem
from libs.contracts.references import new_reference
from services.intake.feedback.claims import Claim
from services.intake.feedback.models import Feedback
from services.intake.feedback.submission import Submission
from services.intake.feedback.writing import claim_rows, write
from services.intake.persons.service import person_refs

_HARDLY_WAIT, _WAIT_AS_USUAL = text("SET LOCAL lock_timeout = '20ms'"), text("SET LOCAL lock_timeout TO DEFAULT")


@dataclass(frozen=True)
class Accepted:
    """The feedback that stands for a submission: its own, or that of the first time."""

    id: UUID
    reference: str
    submitted_at: datetime
    tracking_code: str | None = field(default=None, repr=False, compare=False)
    """Of its own, where it was just made."""
    kept: bool = True
    """Whether what was sent now is what stands."""
    erased: bool = False


Outcome = Accepted | Problem
"""What became of a submission, or why nothing did."""

_CLAIM = text(
    """
    INSERT INTO idempotency_key (scope, key, fingerprint, answer, expires_at)
    SELECT scope, key, fingerprint, answer, expires_at
      FROM unnest(cast(:scopes AS text[]), cast(:keys AS text[]), cast(:fingerprints AS bytea[]),
                  cast(:answers AS jsonb[]), cast(:expiries AS timestamptz[]))
           AS c (scope, key, fingerprint, answer, expires_at)
     ORDER BY scope, key
    ON CONFLICT DO NOTHING RETURNING scope, key
    """
)


async def submit_new(driver: asyncpg.Connection, submissions: Sequence[Submission]) -> list[Outcome]:
    """What `submit_many` does, by one statement, for submissions that come for the first time, as nearly all do.

    `asyncpg.UniqueViolationError` where one does not: then nothing is written, and `submit_many` finds what it was.
    """
    await write(driver, submissions, claiming=True)
    return [_outcome(one, None, {}) for one in submissions]


def are_simple(submissions: Sequence[Submission]) -> bool:
    """Whether `submit_new` can write them: nothing has to be looked up for any of them."""
    return not any(one.links or one.refused for one in submissions)


async def submit_many(
    connection: AsyncConnection, submissions: Sequence[Submission], *, has_waited: bool = False
) -> list[Outcome]:
    """Write the submissions and their events in the caller's transaction; an outcome each, in their order.

    A claim that another transaction holds is hardly waited for where somebody `has_waited` for it in vain. No two of
    the submissions may share a claim. Claims are taken in sorted order, so that two flushes never wait for each other.
    """
    if has_waited:
        await connection.execute(_HARDLY_WAIT)
    taken = await _claim(connection, submissions)
    if has_waited:
        await connection.execute(_WAIT_AS_USUAL)
    stand_ins: dict[UUID, UUID | Problem] = {}
    differing: set[UUID] = set()
    given_up: list[Claim] = []
    for submission in submissions:
        lost = [claim for claim in submission.claims if _key(claim) in taken]
        mine = [claim for claim in submission.claims if _key(claim) not in taken]
        stand_in = _stand_in([(claim, *taken[_key(claim)]) for claim in lost]) if lost else submission.refused
        if stand_in is None:
            continue
        stand_ins[submission.id] = stand_in
        if any(taken[_key(claim)][0] != claim.fingerprint for claim in lost):
            differing.add(submission.id)
        # A slip, or a reference, that came with what is not kept stays free for what it was given to.
        bound = [claim for claim in mine if claim.expires_at and isinstance(stand_in, UUID)]
        given_up += [claim for claim in mine if claim not in bound]
        if bound:
            await connection.execute(update(idempotency_key).where(_are(bound)).values(answer=str(stand_in)))
    if given_up:
        await connection.execute(delete(idempotency_key).where(_are(given_up)))
    await _write(connection, [one for one in submissions if one.id not in stand_ins])
    earlier = await _accepted(connection, [one for one in stand_ins.values() if isinstance(one, UUID)])
    outcomes = [_outcome(one, stand_ins.get(one.id), earlier) for one in submissions]
    return [
        replace(outcome, kept=False) if one.id in differing and isinstance(outcome, Accepted) else outcome
        for one, outcome in zip(submissions, outcomes, strict=True)
    ]


def with_new_reference(submission: Submission) -> Submission:
    """The same with another public reference: for the rare one that was given out before."""
    return replace(submission, feedback={**submission.feedback, "reference": new_reference()})


def _key(claim: Claim) -> tuple[str, str]:
    return claim.scope, claim.key


async def _claim(
    connection: AsyncConnection, submissions: Sequence[Submission]
) -> dict[tuple[str, str], tuple[bytes, UUID]]:
    """Take every claim that is free; of the others, the fingerprint and the feedback that has it."""
    claims = claim_rows(submissions)
    if not claims:
        return {}
    won = await connection.execute(
        _CLAIM,
        {
            "scopes": [claim["scope"] for claim in claims],
            "keys": [claim["key"] for claim in claims],
            "fingerprints": [claim["fingerprint"] for claim in claims],
            "answers": [f'"{claim["answer"]}"' for claim in claims],
            "expiries": [claim["expires_at"] for claim in claims],
        },
    )
    lost = {(claim["scope"], claim["key"]) for claim in claims} - {(row.scope, row.key) for row in won}
    if not lost:
        return {}
    rows = await connection.execute(
        select(idempotency_key).where(tuple_(idempotency_key.c.scope, idempotency_key.c.key).in_(lost))
    )
    return {(row.scope, row.key): (row.fingerprint, UUID(row.answer)) for row in rows}


def _stand_in(lost: Sequence[tuple[Claim, bytes, UUID]]) -> UUID | Problem:
    """What stands for a submission of which claims were taken before."""
    for claim, mark, _ in lost:
        if claim.otherwise is not None and mark != claim.fingerprint:
            return claim.otherwise()
    return lost[0][2]


def _are(claims: Sequence[Claim]) -> ColumnElement[bool]:
    return tuple_(idempotency_key.c.scope, idempotency_key.c.key).in_([_key(claim) for claim in claims])


async def _accepted(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, Accepted]:
    if not ids:
        return {}
    columns = (Feedback.id, Feedback.reference, Feedback.submitted_at, Feedback.erased_at.is_not(None).label("erased"))
    rows = await connection.execute(select(*columns).where(among(Feedback.id, ids)))
    return {
        row.id: Accepted(row.id, row.reference, row.submitted_at, kept=not row.erased, erased=row.erased)
        for row in rows
    }


def _outcome(submission: Submission, stand_in: UUID | Problem | None, earlier: Mapping[UUID, Accepted]) -> Outcome:
    if isinstance(stand_in, Problem):
        return stand_in
    if stand_in is not None:
        return earlier[stand_in]
    said = submission.feedback
    return Accepted(said["id"], said["reference"], said["submitted_at"], submission.tracking_code)


async def _write(connection: AsyncConnection, submissions: Sequence[Submission]) -> None:
    if not submissions:
        return
    refs = await person_refs(connection, {one.id: one.links for one in submissions if one.links})
    written = [
        replace(one, feedback={**one.feedback, "person_ref": refs[one.id]}) if one.id in refs else one
        for one in submissions
    ]
    await write(await driver_of(connection), written, claiming=False)
