"""The mark of the organisation: taken by whoever changes anything of it, looked at by whoever keeps it in memory."""

from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.routing.organisation.models import OrganisationMark

_ORGANISATION = func.hashtext("ecoute organisation")


async def begin_change(session: AsyncSession) -> None:
    """Hold the organisation until the transaction ends: what is checked against all of it stays so."""
    await session.execute(select(func.pg_advisory_xact_lock(_ORGANISATION)))
    await session.execute(update(OrganisationMark).values(mark=uuid4()))


async def current_mark(session: AsyncSession) -> UUID | None:
    """Another one as soon as anything was published."""
    return await session.scalar(select(OrganisationMark.mark))


async def hold(session: AsyncSession) -> None:
    """Whoever changes anything waits until the transaction ends; who is changing it now, or waits to, is waited for.

    Taken before any case is locked. It is no lock of the row: readers who come one after the other, and may share it,
    would leave no room for who wants to change it.
    """
    await session.execute(select(func.pg_advisory_xact_lock_shared(_ORGANISATION)))
