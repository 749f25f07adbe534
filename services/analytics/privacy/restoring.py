"""Forgets again, after a backup was put back, those who stand in it and had been erased since."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.common.stream.erasure import bury, hold_readers
from libs.contracts.cases import subjects_of
from services.analytics.facts.models import FactRow
from services.analytics.privacy.service import forget, keep_contacts


async def erase_again(session: AsyncSession, feedback_ids: Sequence[UUID], erased_at: datetime) -> int:
    """How many facts led to a person. Who reads intake's log again hears of the erasure itself there."""
    await hold_readers(session)
    led = among(FactRow.feedback_id, feedback_ids) & FactRow.person_ref.is_not(None)
    found = await session.execute(select(FactRow.feedback_id, FactRow.person_ref).where(led))
    refs = {feedback_id: ref for feedback_id, ref in found if ref is not None}
    await session.execute(update(FactRow).where(led).values(person_ref=None))
    await keep_contacts(session, refs)
    await forget(session, feedback_ids)
    await bury(session, [subject for one in feedback_ids for subject in subjects_of(one)], erased_at)
    return len(refs)
