"""Erases again, after a backup was put back, those who stand in it and had been erased since."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.common.stream.erasure import bury, hold_readers
from libs.contracts.cases import subjects_of
from services.intake.feedback.models import Feedback
from services.intake.privacy.service import erase

REQUESTED_BY = "ledger"
"""In the register: nobody asked anew."""


async def erase_again(session: AsyncSession, feedback_ids: Sequence[UUID], erased_at: datetime) -> int:
    """How many were not erased here. What is not in the backup leaves a tombstone, so that it has no words either."""
    await hold_readers(session)
    query = select(Feedback).where(among(Feedback.id, feedback_ids), Feedback.erased_at.is_(None))
    found = (await session.scalars(query.order_by(Feedback.id).with_for_update())).all()
    if found:
        await erase(session, found, "legal_duty", REQUESTED_BY, None, erased_at)
    await bury(session, [subject for one in feedback_ids for subject in subjects_of(one)], erased_at)
    return len(found)
