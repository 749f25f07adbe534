"""Reads the catalogue."""

from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from services.intake.catalogue.models import CatalogueEntry
from services.intake.catalogue.schemas import Entries, Entry, EntryKind

FRESH_SECONDS = 30.0


async def entries(session: AsyncSession, kind: EntryKind) -> Entries:
    """All that can be chosen now, ordered by code."""
    rows = await session.scalars(
        select(CatalogueEntry)
        .where(CatalogueEntry.kind == kind, CatalogueEntry.retired.is_(False))
        .order_by(CatalogueEntry.code)
    )
    return Entries(items=[Entry.model_validate(row, from_attributes=True) for row in rows])


@dataclass
class KnownCodes:
    """The codes that new feedback may carry, read again every 30 s: the request does not wait for a query."""

    _codes: frozenset[tuple[str, str]] = frozenset()
    _read_at: float = field(default=float("-inf"))

    async def unknown(self, database: Database, codes: list[tuple[EntryKind, str]]) -> list[tuple[EntryKind, str]]:
        """Those of the codes that are not in the catalogue, or retired."""
        if monotonic() - self._read_at > FRESH_SECONDS:
            async with database.transaction() as session:
                rows = await session.execute(
                    select(CatalogueEntry.kind, CatalogueEntry.code).where(CatalogueEntry.retired.is_(False))
                )
                self._codes = frozenset((row.kind, row.code) for row in rows)
                self._read_at = monotonic()
        return [one for one in codes if one not in self._codes]
