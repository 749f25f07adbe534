"""Keeps counts: those of the same source, day and place take the place of the former."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import language_of_request
from libs.common.problems import Problem, UnknownCode, invalid_body
from libs.common.stream.events import Recorded, record
from libs.contracts.codes import Source
from libs.contracts.interactions import InteractionsReported
from services.intake.catalogue.models import CatalogueEntry
from services.intake.interactions.errors import CountedTwice, DayInTheFuture
from services.intake.interactions.models import InteractionCount
from services.intake.interactions.schemas import InteractionCountIn, InteractionOutcome, InteractionsOut

_COUNTS = UUID("5f3b8f4e-6f0c-5e0a-9c6e-2d1b7a90c3d4")
_WHAT = ("on", "interaction", "channel", "service", "service_point", "topic")
_HOW_MANY = ("count", "waiting_seconds", "waited")
_CODES = ("service", "service_point", "topic")
_ITEM = TypeAdapter(InteractionCountIn)


@dataclass(frozen=True)
class Reporter:
    """Who counted, and when it was told. Each counts for itself: nobody replaces another's counts."""

    source: Source
    code: str | None
    at: datetime
    zone: ZoneInfo


async def report(session: AsyncSession, items: Sequence[Any], by: Reporter) -> InteractionsOut:
    """Keep each item that can be kept, and tell those that say something new. The rest is answered with its problem."""
    read = [_read(item) for item in items]
    known = await _known(session, [one for one in read if isinstance(one, InteractionCountIn)])
    rows: dict[UUID, dict[str, Any]] = {}
    decided: list[UUID | Problem] = []
    for one in read:
        decision = one if isinstance(one, Problem) else _decide(one, by, known, rows)
        if isinstance(decision, UUID) and isinstance(one, InteractionCountIn):
            rows[decision] = _row(decision, one, by)
        decided.append(decision)
    versions = await _keep(session, rows)
    outcomes = [_outcome(index, one, versions) for index, one in enumerate(decided)]
    return InteractionsOut(accepted=len(rows), refused=len(decided) - len(rows), outcomes=outcomes)


def _read(item: Any) -> InteractionCountIn | Problem:
    try:
        return _ITEM.validate_python(item)
    except ValidationError as invalid:
        return invalid_body(invalid)


async def _known(session: AsyncSession, items: Sequence[InteractionCountIn]) -> set[tuple[str, str]]:
    """Those of the codes that the catalogue has or had: what is counted may lie behind us."""
    named = {(kind, code) for one in items for kind in _CODES if (code := getattr(one, kind)) is not None}
    found = await session.execute(
        select(CatalogueEntry.kind, CatalogueEntry.code).where(
            tuple_(CatalogueEntry.kind, CatalogueEntry.code).in_(named)
        )
    )
    return {(row.kind, row.code) for row in found}


def _decide(
    one: InteractionCountIn, by: Reporter, known: set[tuple[str, str]], rows: Mapping[UUID, Any]
) -> UUID | Problem:
    if one.on > by.at.astimezone(by.zone).date():
        return DayInTheFuture()
    named = [(kind, code) for kind in _CODES if (code := getattr(one, kind)) is not None]
    unknown = [kind for kind, code in named if (kind, code) not in known]
    if unknown:
        return UnknownCode.at(unknown)
    what = [by.source, by.code, *(getattr(one, name) for name in _WHAT)]
    count_id = uuid5(_COUNTS, orjson.dumps(what).decode())
    return CountedTwice() if count_id in rows else count_id


def _row(count_id: UUID, one: InteractionCountIn, by: Reporter) -> dict[str, Any]:
    return {
        **one.model_dump(),
        "id": count_id,
        "version": 1,
        "source": by.source,
        "source_code": by.code,
        "reported_at": by.at,
    }


async def _keep(session: AsyncSession, rows: Mapping[UUID, dict[str, Any]]) -> dict[UUID, int]:
    """Write what is new or otherwise than before, in one order whoever writes, and tell it; every version."""
    if not rows:
        return {}
    statement = insert(InteractionCount).values([rows[count_id] for count_id in sorted(rows)])
    new, kept = statement.excluded, InteractionCount
    changed = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"version": kept.version + 1, **{name: new[name] for name in (*_HOW_MANY, "reported_at")}},
            where=tuple_(*(getattr(kept, name) for name in _HOW_MANY)).is_distinct_from(
                tuple_(*(new[name] for name in _HOW_MANY))
            ),
        ).returning(kept.id, kept.version)
    )
    told = {row.id: row.version for row in changed}
    await record(
        session,
        *(
            Recorded(InteractionsReported.model_validate(rows[one]), one, version, rows[one]["reported_at"])
            for one, version in sorted(told.items())
        ),
    )
    found = await session.execute(select(kept.id, kept.version).where(kept.id.in_(rows)))
    return {row.id: row.version for row in found}


def _outcome(index: int, decided: UUID | Problem, versions: Mapping[UUID, int]) -> InteractionOutcome:
    if isinstance(decided, Problem):
        problem = decided.body(language_of_request.get())
        return InteractionOutcome(index=index, status=decided.status, problem=problem)
    version = versions[decided]
    return InteractionOutcome(index=index, status=201 if version == 1 else 200, id=decided, version=version)
