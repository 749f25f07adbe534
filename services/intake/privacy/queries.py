"""Reads the register of erasures."""

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.paging import decode_cursor
from services.intake.privacy.models import Erasure
from services.intake.privacy.schemas import ErasureOut, Erasures, ErasuresPage


async def erasures(session: AsyncSession, page: ErasuresPage) -> Erasures:
    """The newest first."""
    place = tuple_(Erasure.requested_at, Erasure.id)
    query = select(Erasure).order_by(Erasure.requested_at.desc(), Erasure.id.desc()).limit(page.limit)
    if page.cursor:
        query = query.where(place < tuple_(*decode_cursor(page.cursor)))
    return Erasures(
        items=[ErasureOut.model_validate(one, from_attributes=True) for one in await session.scalars(query)]
    )
