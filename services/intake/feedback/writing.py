"""Feedback as rows: everything that a flush writes goes by one statement, whatever the number of feedbacks."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import asyncpg

from libs.common.clock import utc_now
from libs.common.idempotency import idempotency_key
from libs.common.inserts import Insert, Inserts
from libs.common.stream.events import PENDING_COLUMNS, pending_row
from libs.common.stream.tables import event_pending
from services.intake.feedback import events
from services.intake.feedback.models import Feedback
from services.intake.feedback.submission import Submission
from services.intake.notices import planning
from services.intake.notices.models import Notice
from services.intake.persons.models import ContactIndex, Person

_LATER = {"erased_at", "withdrawn_at", "no_mail_since"}

_ROWS = Inserts(
    Insert(idempotency_key, ("scope", "key", "fingerprint", "answer", "expires_at")),
    Insert(Person, tuple(column.key for column in Person.__table__.columns)),
    Insert(Feedback, tuple(column.key for column in Feedback.__table__.columns if column.key not in _LATER)),
    Insert(ContactIndex, ("digest", "feedback_id", "whose")),
    Insert(Notice, planning.RECEIPT_COLUMNS, there="kept"),
    Insert(event_pending, PENDING_COLUMNS),
)


async def write(driver: asyncpg.Connection, submissions: Sequence[Submission], *, claiming: bool) -> None:
    """Write the submissions and their events; with their claims, unless these are taken already.

    `asyncpg.UniqueViolationError` where somebody else has one of the claims: then nothing is written.
    """
    now = utc_now()
    await _ROWS.write(
        driver,
        claim_rows(submissions) if claiming else (),
        [one.person for one in submissions],
        [one.feedback for one in submissions],
        [
            {"digest": digest, "feedback_id": one.id, "whose": whose}
            for one in submissions
            for digest, whose in one.contacts
        ],
        [row for one in submissions for row in planning.receipts(one.feedback)],
        [pending_row(events.submitted(one.feedback, one.person, one.traceparent), now) for one in submissions],
    )


def claim_rows(submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """In sorted order, so that two flushes never wait for each other."""
    claims = [(claim.scope, claim.key, claim, one.id) for one in submissions for claim in one.claims]
    return [
        {
            "scope": claim.scope,
            "key": claim.key,
            "fingerprint": claim.fingerprint,
            "answer": str(feedback_id),
            "expires_at": claim.expires_at,
        }
        for _, _, claim, feedback_id in sorted(claims, key=_place)
    ]


_place = itemgetter(0, 1)
