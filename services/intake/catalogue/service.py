"""Changes the catalogue: by the whole document, or an entry at a time. Each change of an entry is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.field_problems import FieldProblem, field_problem
from libs.common.languages import Bilingual
from libs.common.problems import unknown_code
from libs.common.stream.events import Recorded, record
from libs.common.versions import Expected
from libs.contracts.catalogue import (
    CatalogueEvent,
    ServiceChanged,
    ServicePointChanged,
    TopicChanged,
    TouchpointChanged,
    entry_id_of,
)
from services.intake.catalogue.errors import EntryInUse, EntryNotFound, EntryRefused
from services.intake.catalogue.models import FILLED_IN, CatalogueEntry
from services.intake.catalogue.schemas import CatalogueDocument, EntryIn, EntryKind

Shelves = dict[tuple[str, str], CatalogueEntry]
"""Every entry there ever was, by kind and code."""

EVENTS: Mapping[str, type[CatalogueEvent]] = {
    "service": ServiceChanged,
    "service_point": ServicePointChanged,
    "topic": TopicChanged,
    "touchpoint": TouchpointChanged,
}
_PLAIN: Mapping[str, Any] = {
    **dict.fromkeys(("parent", "valid_from", "valid_until", "where_to_turn")),
    **dict.fromkeys(FILLED_IN),
    "out_of_scope": False,
}
"""What an entry has that says nothing else."""


async def publish(session: AsyncSession, document: CatalogueDocument) -> None:
    """Make the catalogue what the document says: entries that it does not name are retired. What stays is not told."""
    now = utc_now()
    shelves = await _locked(session)
    named = set()
    for kind, entries in document.by_kind().items():
        for wanted in entries:
            named.add((kind, wanted.code))
            await _change(session, shelves, kind, wanted.code, _values(wanted), now)
    for key, entry in shelves.items():
        if key not in named:
            await _retire(session, entry, now)


async def put(
    session: AsyncSession,
    kind: EntryKind,
    code: str,
    body: EntryIn,
    expected: Expected,
    now: datetime,
    *,
    only_new: bool,
) -> CatalogueEntry:
    """Make the entry what the body says. One that was retired is back."""
    shelves = await _locked(session)
    expected.require_of(entry.version if (entry := shelves.get((kind, code))) else None, only_new=only_new)
    if wrong := _nonsense(shelves, kind, code, body):
        raise EntryRefused(errors=wrong)
    return await _change(session, shelves, kind, code, _values(body), now)


async def retire(
    session: AsyncSession, kind: EntryKind, code: str, expected: Expected, now: datetime
) -> CatalogueEntry:
    """New feedback may no longer name it. What named it before stays as it was; what was said before may still come."""
    shelves = await _locked(session)
    entry = shelves.get((kind, code))
    if entry is None:
        raise EntryNotFound
    expected.require(entry.version)
    if any(_leans_on(other, kind, code) for other in shelves.values() if not other.retired):
        raise EntryInUse
    await _retire(session, entry, now)
    return entry


async def _locked(session: AsyncSession) -> Shelves:
    """One change at a time: whether an entry fits depends on all others."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("ecoute catalogue"))))
    return {(entry.kind, entry.code): entry for entry in await session.scalars(select(CatalogueEntry))}


def _values(body: BaseModel) -> dict[str, Any]:
    return {**_PLAIN, **body.model_dump(exclude={"code"}), "retired": False, "retired_at": None}


async def _change(
    session: AsyncSession, shelves: Shelves, kind: EntryKind, code: str, values: Mapping[str, Any], now: datetime
) -> CatalogueEntry:
    entry = shelves.get((kind, code))
    if entry is None:
        entry = shelves[kind, code] = CatalogueEntry(kind=kind, code=code, version=0, **values)
        session.add(entry)
    elif entry.version and all(getattr(entry, name) == value for name, value in values.items()):
        return entry
    else:
        since = entry.out_of_scope_since if entry.out_of_scope else now
        entry.out_of_scope_since = since if values["out_of_scope"] else None
    for name, value in values.items():
        setattr(entry, name, value)
    await _tell(session, entry, now)
    return entry


async def _retire(session: AsyncSession, entry: CatalogueEntry, now: datetime) -> None:
    if not entry.retired:
        entry.retired, entry.retired_at = True, now
        await _tell(session, entry, now)


async def _tell(session: AsyncSession, entry: CatalogueEntry, now: datetime) -> None:
    entry.version += 1
    event = EVENTS[entry.kind].model_validate(entry, from_attributes=True)
    await record(session, Recorded(event, entry_id_of(entry.kind, entry.code), entry.version, now))


def _leans_on(other: CatalogueEntry, kind: str, code: str) -> bool:
    below = other.kind == kind and other.parent == code
    return below or (other.kind == "touchpoint" and getattr(other, kind, None) == code)


def _nonsense(shelves: Shelves, kind: EntryKind, code: str, body: EntryIn) -> list[FieldProblem]:
    """What keeps the entry from fitting among those that are not retired."""

    def is_there(of_kind: str, named: str) -> bool:
        found = shelves.get((of_kind, named))
        return found is not None and not found.retired

    wrong = [
        unknown_code(name)
        for name, of_kind in (("parent", kind), ("service", "service"), ("service_point", "service_point"))
        if (named := getattr(body, name, None)) is not None and not is_there(of_kind, named)
    ]
    at: str | None = body.parent
    while at is not None and at != code:
        above = shelves.get((kind, at))
        at = above.parent if above else None
    if at == code:
        text = Bilingual(fr="L'entrée serait au-dessus d'elle-même.", en="The entry would be above itself.")
        wrong.append(field_problem("above_itself", text, pointer="/parent"))
    return wrong
