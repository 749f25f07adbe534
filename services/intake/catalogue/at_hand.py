"""The catalogue that a process has at hand, so that new feedback need not ask the database for it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from libs.common.db import Database
from libs.common.languages import Bilingual
from libs.common.refreshing import Refreshing
from services.intake.catalogue.models import FILLED_IN, CatalogueEntry
from services.intake.catalogue.queries import choosable_on
from services.intake.catalogue.schemas import EntryKind

FRESH_SECONDS = 30.0
AGAIN_SECONDS = 0.1
"""So long apart the catalogue is read for codes that it did not have: somebody may just have put them there."""


class Elsewhere(NamedTuple):
    """A service out of scope: who gives it, and since when; None where it never was in scope."""

    where_to_turn: Bilingual
    since: datetime | None


@dataclass(frozen=True)
class Known:
    """The catalogue of this moment, as a request needs it."""

    codes: frozenset[tuple[str, str]]
    filled_in: Mapping[str, Mapping[str, str]]
    """What each touchpoint fills in: its `FILLED_IN` that are not empty."""
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    """The services out of scope, by their codes."""
    gone_at: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    """Of each code that can no longer be chosen, since when."""

    def takes(self, kind: str, code: str, said_at: datetime | None) -> bool:
        """It can be chosen; or it could be when it was said, as who sends it later tells."""
        if (kind, code) in self.codes:
            return True
        gone_at = self.gone_at.get((kind, code))
        return gone_at is not None and said_at is not None and said_at < gone_at

    def where_to_turn(self, service: str, said_at: datetime | None) -> Bilingual | None:
        """For a service that is out of scope, and was when it was said."""
        elsewhere = self.elsewhere.get(service)
        if elsewhere is None or (elsewhere.since is not None and said_at is not None and said_at < elsewhere.since):
            return None
        return elsewhere.where_to_turn


class KnownCodes:
    """What new feedback may carry today. The request waits for a query where a code is new, and every 30 s."""

    def __init__(self, today: Callable[[], date], zone: ZoneInfo) -> None:
        self._today, self._zone = today, zone
        self._known = Known(frozenset(), {})
        self._refreshing = Refreshing()

    async def now(self, database: Database, codes: Iterable[tuple[EntryKind, str]]) -> Known:
        """The catalogue as it is, or was a moment ago; what was put into it for these codes is there."""
        age = self._refreshing.age
        if age > FRESH_SECONDS or not self._known.codes.issuperset(codes):
            await asyncio.sleep(max(0.0, AGAIN_SECONDS - age))
            await self._refreshing.anew(partial(self._read, database))
        return self._known

    async def _read(self, database: Database) -> None:
        today = self._today()
        async with database.transaction() as session:
            found = (await session.execute(select(CatalogueEntry, choosable_on(today)))).all()
        entries = [entry for entry, _ in found]
        choosable = [entry for entry, can_be_chosen in found if can_be_chosen]
        gone = [(entry, _gone_at(entry, today, self._zone)) for entry, can_be_chosen in found if not can_be_chosen]
        self._known = Known(
            codes=frozenset((entry.kind, entry.code) for entry in choosable),
            filled_in={entry.code: _filled_in(entry) for entry in entries if entry.kind == "touchpoint"},
            elsewhere={
                entry.code: Elsewhere(Bilingual.model_validate(entry.where_to_turn), entry.out_of_scope_since)
                for entry in choosable
                if entry.kind == "service" and entry.out_of_scope
            },
            gone_at={(entry.kind, entry.code): moment for entry, moment in gone if moment is not None},
        )

    async def unknown(self, database: Database, codes: list[tuple[EntryKind, str]]) -> list[tuple[EntryKind, str]]:
        """Those of the codes that are not in the catalogue, retired, or not of today."""
        known = await self.now(database, codes)
        return [one for one in codes if one not in known.codes]


def _filled_in(touchpoint: CatalogueEntry) -> dict[str, str]:
    return {name: value for name in FILLED_IN if (value := getattr(touchpoint, name)) is not None}


def _gone_at(entry: CatalogueEntry, today: date, zone: ZoneInfo) -> datetime | None:
    """Since when it can no longer be chosen, where that is known."""
    moments = [entry.retired_at] if entry.retired and entry.retired_at else []
    if entry.valid_until is not None and entry.valid_until < today:
        moments.append(datetime.combine(entry.valid_until + timedelta(days=1), time(), zone))
    return min(moments, default=None)
