"""The catalogue that a process has at hand, so that new feedback need not ask the database for it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from sqlalchemy import select

from libs.common.db import Database
from libs.common.languages import Bilingual
from libs.common.refreshing import Refreshing
from services.intake.catalogue.models import FILLED_IN, CatalogueEntry
from services.intake.catalogue.queries import choosable_on
from services.intake.catalogue.schemas import EntryKind

FRESH_SECONDS = 30.0
AGAIN_SECONDS = 0.1
"""How soon the catalogue is read again for a code that it did not have: somebody may just have put it there."""


@dataclass(frozen=True)
class Known:
    """The catalogue of this moment, as a request needs it."""

    codes: frozenset[tuple[str, str]]
    filled_in: Mapping[str, Mapping[str, str]]
    """What each touchpoint fills in: its `FILLED_IN` that are not empty."""
    elsewhere: Mapping[str, Bilingual] = field(default_factory=dict)
    """Of each service out of scope, where to turn."""


class KnownCodes:
    """What new feedback may carry today. The request waits for a query where a code is new, and every 30 s."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._known = Known(frozenset(), {})
        self._refreshing = Refreshing()

    async def now(self, database: Database, codes: Iterable[tuple[EntryKind, str]]) -> Known:
        """The catalogue as it is, or was a moment ago; what was put into it for these codes is there."""
        age = self._refreshing.age
        if age > FRESH_SECONDS or (age > AGAIN_SECONDS and not self._known.codes.issuperset(codes)):
            await self._refreshing.anew(partial(self._read, database))
        return self._known

    async def _read(self, database: Database) -> None:
        async with database.transaction() as session:
            rows = (await session.scalars(select(CatalogueEntry).where(choosable_on(self._today())))).all()
        self._known = Known(
            codes=frozenset((row.kind, row.code) for row in rows),
            filled_in={row.code: _filled_in(row) for row in rows if row.kind == "touchpoint"},
            elsewhere={
                row.code: Bilingual.model_validate(row.where_to_turn)
                for row in rows
                if row.kind == "service" and row.out_of_scope
            },
        )

    async def unknown(self, database: Database, codes: list[tuple[EntryKind, str]]) -> list[tuple[EntryKind, str]]:
        """Those of the codes that are not in the catalogue, retired, or not of today."""
        known = await self.now(database, codes)
        return [one for one in codes if one not in known.codes]


def _filled_in(touchpoint: CatalogueEntry) -> dict[str, str]:
    return {name: value for name in FILLED_IN if (value := getattr(touchpoint, name)) is not None}
