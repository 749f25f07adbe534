"""Reads the catalogue."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.languages import Bilingual
from libs.common.paging import MAX_LIMIT, NEXT_PAGE, decode_code_cursor
from libs.common.refreshing import Refreshing
from services.intake.catalogue.errors import EntryNotFound
from services.intake.catalogue.models import FILLED_IN, CatalogueEntry
from services.intake.catalogue.schemas import EntryKind

FRESH_SECONDS = 30.0
AGAIN_SECONDS = 0.1
"""How soon the catalogue is read again for a code that it did not have: somebody may just have put it there."""


class Wanted(BaseModel):
    """Which entries, and in what form."""

    on: date | None = Field(None, description="those that can be chosen on this day; today where missing")
    everything: bool = Field(False, description="also those that cannot be chosen: retired, not yet, no longer")
    tree: bool = Field(False, description="the whole tree, entries within their parents' `children`")
    limit: int = Field(MAX_LIMIT, ge=1, le=MAX_LIMIT, description="of a list; a tree comes whole")
    cursor: str | None = Field(None, max_length=200, description=NEXT_PAGE)


@dataclass(frozen=True)
class Page:
    """Entries in the order of their codes, and what tells this answer from another."""

    items: list[dict[str, Any]]
    version: str
    next_after: str | None = None


async def page(session: AsyncSession, kind: EntryKind, wanted: Wanted, today: date) -> Page:
    """A page of the list, or the tree."""
    chosen = true() if wanted.everything else choosable_on(wanted.on or today)
    statement = select(CatalogueEntry).where(CatalogueEntry.kind == kind, chosen).order_by(CatalogueEntry.code)
    if not wanted.tree:
        statement = statement.where(CatalogueEntry.code > decode_code_cursor(wanted.cursor)).limit(wanted.limit)
    rows = (await session.scalars(statement)).all()
    items = [seen(row) for row in rows]
    version = hashlib.sha256(repr([wanted.tree, *((row.code, row.version) for row in rows)]).encode()).hexdigest()[:32]
    full = not wanted.tree and len(rows) == wanted.limit
    return Page(_as_tree(items) if wanted.tree else items, version, rows[-1].code if full else None)


async def entry(session: AsyncSession, kind: EntryKind, code: str) -> CatalogueEntry:
    found = await session.get(CatalogueEntry, (kind, code))
    if found is None:
        raise EntryNotFound
    return found


def choosable_on(day: date) -> ColumnElement[bool]:
    """Neither retired, nor before its first day, nor after its last."""
    return and_(
        CatalogueEntry.retired.is_(False),
        or_(CatalogueEntry.valid_from.is_(None), CatalogueEntry.valid_from <= day),
        or_(CatalogueEntry.valid_until.is_(None), CatalogueEntry.valid_until >= day),
    )


def seen(row: CatalogueEntry) -> dict[str, Any]:
    """The entry's columns: what its kind does not have falls away over the wire."""
    return {column.key: getattr(row, column.key) for column in CatalogueEntry.__table__.columns}


def _as_tree(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each within its parent; at the top what has none, or one that cannot be chosen."""
    by_code = {item["code"]: {**item, "children": []} for item in items}
    roots: list[dict[str, Any]] = []
    for item in by_code.values():
        above = by_code.get(item["parent"])
        (above["children"] if above else roots).append(item)
    return roots


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
