"""Forgets what was said, by the person and to them, once they are erased. What was done, and when, stays counted."""

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Received
from libs.common.words import forget
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import PersonErased
from services.routing.cases.models import Case
from services.routing.privacy.holdings import WORDS


async def erase(session: AsyncSession, erased: Sequence[Received[PersonErased]]) -> None:
    """Take the words of these cases away. Feedback without a case has none here."""
    if not erased:
        return
    erased_at = {case_id_of(one.subject): one.event.erased_at for one in erased}
    locked = await session.scalars(select(Case.id).where(Case.id.in_(erased_at)).order_by(Case.id).with_for_update())
    found = list(locked)
    for case_id in found:
        await session.execute(
            update(Case).where(Case.id == case_id, Case.erased_at.is_(None)).values(erased_at=erased_at[case_id])
        )
    await forget(session, WORDS, {"case": found, "feedback": [one.subject for one in erased]})
