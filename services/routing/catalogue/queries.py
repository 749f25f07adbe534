"""Reads the codes of the catalogue."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.routing.catalogue.models import CatalogueCode


async def known_codes(session: AsyncSession) -> dict[str, set[str]]:
    """The codes that can be chosen, by kind; a kind of which nothing was told yet is absent."""
    codes: dict[str, set[str]] = {}
    for row in await session.scalars(select(CatalogueCode)):
        codes.setdefault(row.kind, set())
        if not row.retired:
            codes[row.kind].add(row.code)
    return codes
