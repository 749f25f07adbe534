"""The mark of the organisation: taken by whoever changes anything of it, looked at by whoever keeps it in memory."""

from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.routing.organisation.models import OrganisationMark


async def begin_change(session: AsyncSession) -> None:
    """Hold the organisation until the transaction ends: what is checked against all of it stays so."""
    await session.execute(update(OrganisationMark).values(mark=uuid4()))


async def current_mark(session: AsyncSession) -> UUID | None:
    """Another one as soon as anything was published."""
    return await session.scalar(select(OrganisationMark.mark))


async def hold(session: AsyncSession) -> None:
    """Whoever changes anything waits until the transaction ends; who is changing it now is waited for."""
    await session.execute(select(OrganisationMark.mark).with_for_update(read=True))
