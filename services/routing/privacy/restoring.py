"""Erases again, after a backup was put back, those who stand in it and had been erased since."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.common.ids import new_id
from libs.common.stream.erasure import bury, hold_readers
from libs.common.stream.events import Received
from libs.contracts.cases import subjects_of
from libs.contracts.feedback import PersonErased
from services.routing.cases.models import Case
from services.routing.cases.terms import terms_of
from services.routing.privacy.service import erase
from services.routing.settings import RoutingSettings


async def erase_again(session: AsyncSession, feedback_ids: Sequence[UUID], erased_at: datetime) -> int:
    """How many cases were not erased here. The rest leaves a tombstone, so that what is read again has no words."""
    await hold_readers(session)
    mine = select(func.count()).where(among(Case.feedback_id, feedback_ids), Case.erased_at.is_(None))
    found = await session.scalar(mine) or 0
    event = PersonErased(erased_at=erased_at)
    told = [Received(new_id(), 0, one, 0, erased_at, erased_at, event) for one in feedback_ids]
    await erase(session, told, terms_of(RoutingSettings.load()))
    await bury(session, [subject for one in feedback_ids for subject in subjects_of(one)], erased_at)
    return found
