"""Feedback that was owed no answer: what a case needs is kept, until somebody of staff opens one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Received
from libs.contracts.feedback import FeedbackSubmitted
from services.routing.cases.models import UnopenedFeedback

_NOT_NEEDED = {"ratings", "answers", "consent", "interaction", "about_channels"}
_APART = {"external_reference", "language"}


async def keep_unopened(session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]]) -> None:
    """The codes that rules look at, as they were told; words follow when they are redacted."""
    if submitted:
        await session.execute(
            insert(UnopenedFeedback).on_conflict_do_nothing(),
            [
                {
                    "feedback_id": one.subject,
                    "feedback": one.event.model_dump(mode="json", exclude=_NOT_NEEDED | _APART, exclude_defaults=True),
                    **{name: getattr(one.event, name) for name in sorted(_APART)},
                }
                for one in submitted
            ],
        )


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


async def forget_unopened(session: AsyncSession, subjects: Collection[UUID]) -> None:
    """Nobody opens a case any more for what was withdrawn or erased."""
    if subjects:
        await session.execute(delete(UnopenedFeedback).where(UnopenedFeedback.feedback_id.in_(subjects)))
