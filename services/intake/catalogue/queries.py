"""Reads the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from services.intake.catalogue.models import CatalogueEntry
from services.intake.catalogue.schemas import Entries, Entry, EntryKind

FRESH_SECONDS = 30.0

FILLED_IN = ("channel", "service", "service_point", "phase")
"""What a touchpoint says in the place of feedback that leaves it out."""


async def entries(session: AsyncSession, kind: EntryKind) -> Entries:
    """All that can be chosen now, ordered by code."""
    rows = await session.scalars(
        select(CatalogueEntry)
        .where(CatalogueEntry.kind == kind, CatalogueEntry.retired.is_(False))
        .order_by(CatalogueEntry.code)
    )
    return Entries(items=[Entry.model_validate(row, from_attributes=True) for row in rows])


@dataclass(frozen=True)
class Known:
    """The catalogue of this moment, as a request needs it."""

    codes: frozenset[tuple[str, str]]
    filled_in: Mapping[str, Mapping[str, str]]
    """What each touchpoint fills in: its `FILLED_IN` that are not empty."""


@dataclass
class KnownCodes:
    """What new feedback may carry, read again every 30 s: the request does not wait for a query."""

    _known: Known = Known(frozenset(), {})
    _read_at: float = float("-inf")

    async def now(self, database: Database) -> Known:
        if monotonic() - self._read_at > FRESH_SECONDS:
            async with database.transaction() as session:
                rows = (await session.scalars(select(CatalogueEntry).where(CatalogueEntry.retired.is_(False)))).all()
            self._known = Known(
                codes=frozenset((row.kind, row.code) for row in rows),
                filled_in={row.code: _filled_in(row) for row in rows if row.kind == "touchpoint"},
            )
            self._read_at = monotonic()
        return self._known

    async def unknown(self, database: Database, codes: list[tuple[EntryKind, str]]) -> list[tuple[EntryKind, str]]:
        """Those of the codes that are not in the catalogue, or retired."""
        known = await self.now(database)
        return [one for one in codes if one not in known.codes]


def _filled_in(touchpoint: CatalogueEntry) -> dict[str, str]:
    return {name: value for name in FILLED_IN if (value := getattr(touchpoint, name)) is not None}
