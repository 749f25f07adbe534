"""Learns the codes of the catalogue."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Event, Received
from libs.contracts.catalogue import ServiceChanged, ServicePointChanged, TopicChanged
from services.routing.catalogue.models import CatalogueCode

_KINDS: dict[type[Event], str] = {
    ServiceChanged: "service",
    ServicePointChanged: "service_point",
    TopicChanged: "topic",
}


async def learn_codes(session: AsyncSession, changed: Sequence[Received[Any]]) -> None:
    """Each code as its newest version has it."""
    rows = {
        (_KINDS[type(one.event)], one.event.code): {
            "version": one.version,
            "retired": one.event.retired,
            "name": one.event.name.model_dump(),
        }
        for one in changed
    }
    statement = insert(CatalogueCode)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "code"],
            set_={name: statement.excluded[name] for name in ("version", "retired", "name")},
            where=CatalogueCode.version < statement.excluded.version,
        ),
        [{"kind": kind, "code": code, **row} for (kind, code), row in sorted(rows.items())],
    )
