"""Reads the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.paging import decode_code_cursor
from libs.common.versions import digest
from services.intake.catalogue.errors import EntryNotFound
from services.intake.catalogue.models import CatalogueEntry
from services.intake.catalogue.schemas import EntryKind, Wanted


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
    version = digest([wanted.tree, *((row.code, row.version) for row in rows)])
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
