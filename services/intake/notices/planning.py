"""Which notices come of what happens: a row each, whose id follows from the event, so that none is made twice."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from libs.common.bulk import insert_rows
from libs.common.db import among
from libs.common.stream.events import Received
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseEvent,
    CaseExtended,
    CaseOpened,
    CasePromised,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    ClockBreached,
)
from libs.contracts.codes import ASKED, PROMISES
from services.intake.feedback.models import Feedback
from services.intake.notices.models import Notice
from services.intake.tracking.situations import is_late

NoticeKind = Literal[
    "received",
    "taken",
    "assigned",
    "transferred",
    "acknowledged",
    "asked",
    "reminder",
    "suspended",
    "waiting_for_you",
    "resumed",
    "extended",
    "late",
    "interim",
    "answered",
    "reopened",
    "closed",
    "withdrawn",
    "new_code",
]

_ALWAYS_TOLD: Final[dict[type[CaseEvent], NoticeKind]] = {
    CaseTransferred: "transferred",
    CaseAsked: "asked",
    CaseResumed: "resumed",
    CaseExtended: "extended",
    CaseReopened: "reopened",
}

GIVE_UP_AFTER: Final = timedelta(days=3)
_NOTICES: Final = UUID("0a52bd43-8d2c-5a5b-9a58-6b0d1e6f4c11")
_OPENING: Final = 3
"""The version of the assignment that comes with the opening, if one does: opened, decided, assigned."""
_SOON: Final = timedelta(seconds=3)
"""A receipt waits a moment, so that it can say who has it: mostly the case is open by then."""
_LATER: Final = timedelta(seconds=30)
_A_DAY: Final = timedelta(days=1)
_REMIND_BEFORE: Final = timedelta(days=2)


def notices(
    feedback_id: UUID,
    recipients: Iterable[str],
    kind: NoticeKind,
    cause: UUID,
    created_at: datetime,
    *,
    at: datetime | None = None,
    about: UUID | None = None,
) -> list[dict[str, Any]]:
    """A row for each recipient. `cause` is what makes it once: an event, or the feedback itself."""
    due = max(at or created_at, created_at)
    return [
        {
            "id": uuid5(_NOTICES, f"{cause} {kind} {recipient}"),
            "feedback_id": feedback_id,
            "kind": kind,
            "recipient": recipient,
            "about": about,
            "created_at": created_at,
            "next_try_at": due,
            "expires_at": due + GIVE_UP_AFTER,
        }
        for recipient in recipients
    ]


RECEIPT_COLUMNS = ("id", "feedback_id", "kind", "recipient", "about", "created_at", "next_try_at", "expires_at")


def receipts(feedback: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of feedback that was just taken in."""
    taken_at = feedback["recorded_at"]
    return notices(feedback["id"], feedback["told_by_mail"], "received", feedback["id"], taken_at, at=taken_at + _SOON)


async def plan(session: AsyncSession, events: Sequence[Received[CaseEvent]], zone: ZoneInfo) -> None:
    """The notices of a slice of case events, for those who are told by mail. `zone`: where a day ends."""
    rows = await session.execute(
        select(Feedback.id, Feedback.told_by_mail).where(
            among(Feedback.id, {one.event.feedback_id for one in events}),
            Feedback.told_by_mail != [],
            Feedback.historical.is_(False),
        )
    )
    recipients = {row.id: row.told_by_mail for row in rows}
    await write(
        session,
        [row for one in events for row in planned(one, recipients.get(one.event.feedback_id, ()), zone)],
    )


async def write(session: AsyncSession | AsyncConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep them, those that are not there yet."""
    await insert_rows(session, Notice, rows, there="kept")


def planned(received: Received[CaseEvent], recipients: Iterable[str], zone: ZoneInfo) -> list[dict[str, Any]]:
    """What one event gives cause to tell."""
    event, at = received.event, received.recorded_at
    made: list[dict[str, Any]] = []

    def tell(kind: NoticeKind, when: datetime | None = None, cause: UUID | None = None) -> None:
        made.extend(notices(event.feedback_id, recipients, kind, cause or received.id, at, at=when, about=received.id))

    if type(event) in _ALWAYS_TOLD:
        tell(_ALWAYS_TOLD[type(event)])
    match event:
        case CaseOpened():
            tell("taken", at + _LATER, event.feedback_id)
        case CaseAssigned(assigned_by="staff"):
            tell("assigned")
        case CaseAssigned() if received.version > _OPENING:  # the rules looked at it again
            tell("assigned", at + _LATER)
        case CasePromised():
            tell("assigned", at + _LATER)
        case CaseAcknowledged(automatic=False):
            tell("acknowledged")
        case CaseAsked() if event.until - at > 2 * _REMIND_BEFORE:
            tell("reminder", event.until - _REMIND_BEFORE)
        case CaseSuspended() if (event.waiting_for, event.reason) != ("person", ASKED):  # a question is told by itself
            tell("suspended" if event.waiting_for == "third_party" else "waiting_for_you")
        case ClockBreached() if event.clock in PROMISES:
            tell("late", _the_day_after(event.due_at, zone))
        case CaseResumed() if (due := _overdue(event)) is not None:  # the apology may have come due while it waited
            tell("late", _the_day_after(due, zone))
        case CaseReplied():
            tell("interim" if event.interim else "answered")
        case CaseClosed(because="time_passed" | "staff"):
            tell("closed")
    return made


def _the_day_after(due: datetime, zone: ZoneInfo) -> datetime:
    """At the same hour; what is due at midnight, with which the promised day ends, is late from then on."""
    return due if is_late(due, due, zone) else due + _A_DAY


def _overdue(event: CaseResumed) -> datetime | None:
    """Since when an answer is owed that was not given in time."""
    promises = (one.due_at for one in event.clocks if one.clock in PROMISES and one.running)
    return min((due for due in promises if due and due < event.effective_at), default=None)
