"""Feedback that was owed no answer: what a case needs is kept, until somebody opens one: staff, or who writes again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import insert_rows
from libs.common.db import among
from libs.common.stream.events import Received
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import FeedbackMessageAdded, FeedbackSubmitted
from services.routing.cases.models import UnopenedFeedback
from services.routing.cases.terms import Terms
from services.routing.cases.work import put_down, raise_task, take_up, write_line

_NOT_NEEDED = {"ratings", "answers", "consent", "interaction", "about_channels"}
_APART = {"external_reference", "language"}


async def keep_unopened(session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]]) -> None:
    """The codes that rules look at, as they were told; words follow when they are redacted."""
    rows = [
        {
            "feedback_id": one.subject,
            "feedback": one.event.model_dump(mode="json", exclude=_NOT_NEEDED | _APART, exclude_defaults=True),
            **{name: getattr(one.event, name) for name in sorted(_APART)},
        }
        for one in submitted
    ]
    await insert_rows(session, UnopenedFeedback, rows, there="kept")


async def take_unopened(session: AsyncSession, feedback_id: UUID) -> UnopenedFeedback | None:
    """Under its lock."""
    found: UnopenedFeedback | None = await session.scalar(
        select(UnopenedFeedback).where(UnopenedFeedback.feedback_id == feedback_id).with_for_update()
    )
    return found


def as_submitted(kept: UnopenedFeedback, recorded_at: datetime) -> FeedbackSubmitted:
    """What was told of it, as if it had been written down at that moment."""
    apart = {name: getattr(kept, name) for name in _APART}
    return FeedbackSubmitted.model_validate({**kept.feedback, **apart, "recorded_at": recorded_at})


def keep_message(row: UnopenedFeedback, received: Received[FeedbackMessageAdded]) -> None:
    """What was written to it, until the case that it opens has it. Under the row's lock."""
    if received.version > max((one["version"] for one in row.messages), default=0):
        row.messages = [*row.messages, {"version": received.version, **received.event.model_dump(mode="json")}]


def wrote_first_at(row: UnopenedFeedback) -> datetime:
    return min(datetime.fromisoformat(one["sent_at"]) for one in row.messages)


async def bring_messages(
    session: AsyncSession, opened: Collection[UnopenedFeedback], terms: Terms, now: datetime
) -> None:
    """What was written before there was a case is on its timeline, and somebody must read it."""
    waiting = {case_id_of(row.feedback_id): row.messages for row in opened if row.messages}
    works = await take_up(session, waiting, terms, now)
    for case_id, work in works.items():
        for one in waiting[case_id]:
            message = FeedbackMessageAdded.model_validate({name: one[name] for name in one if name != "version"})
            sent_at = min(message.sent_at, now)
            about = {"message_id": str(message.message_id)}
            write_line(work, "message", message.author, sent_at, about, text=message.text)
            raise_task(work, "read_message", sent_at)
            work.case.feedback_version = one["version"]
    await put_down(session, list(works.values()))


async def lock_unopened(session: AsyncSession, subjects: Collection[UUID]) -> Sequence[UnopenedFeedback]:
    """What is kept of them until a case opens, in the order of their ids."""
    found = await session.scalars(
        select(UnopenedFeedback)
        .where(among(UnopenedFeedback.feedback_id, subjects))
        .order_by(UnopenedFeedback.feedback_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()


async def bring_by_telephone(session: AsyncSession, subjects: Collection[UUID]) -> None:
    """No mail arrives: of the case that is opened for it staff bring what is said."""
    if not subjects:
        return
    for row in await lock_unopened(session, subjects):
        row.feedback = row.feedback | {"reply_by": "phone"}


async def forget_unopened(session: AsyncSession, subjects: Collection[UUID]) -> None:
    """Nobody opens a case any more for what was withdrawn or erased. Waits for who is opening one at the moment."""
    if subjects:
        await session.execute(delete(UnopenedFeedback).where(among(UnopenedFeedback.feedback_id, subjects)))
