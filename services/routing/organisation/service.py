"""Publishes an organisation: a new version of whatever differs from the one in force."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.routing.calendars.models import Calendar
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.rules.models import RuleSet
from services.routing.standards.models import ServiceStandard
from services.routing.standards.schemas import StandardDocument
from services.routing.teams import service as teams


async def publish(session: AsyncSession, document: OrganisationDocument, now: datetime) -> None:
    """Put the document in force. Cases that are open keep the promises they were opened with."""
    await teams.publish(session, document.teams)
    await _publish_newest(session, Calendar, _json(document.calendar), now)
    await _publish_newest(session, RuleSet, [_json(rule) for rule in document.rules], now)
    await _publish_standards(session, document.standards, now)


async def _publish_newest(
    session: AsyncSession, table: type[Calendar] | type[RuleSet], document: Any, now: datetime
) -> None:
    newest: Calendar | RuleSet | None = await session.scalar(select(table).order_by(table.version.desc()).limit(1))
    if newest is None or newest.document != document:
        session.add(table(version=(newest.version if newest else 0) + 1, document=document, published_at=now))


async def _publish_standards(session: AsyncSession, documents: list[StandardDocument], now: datetime) -> None:
    await session.execute(update(ServiceStandard).values(retired=True))
    rows = (await session.scalars(select(ServiceStandard).order_by(ServiceStandard.version))).all()
    newest = {row.code: row for row in rows}
    for rank, document in enumerate(documents):
        known = newest.get(document.code)
        if known is not None and known.document == _json(document):
            known.rank, known.retired = rank, False
            continue
        session.add(
            ServiceStandard(
                code=document.code,
                version=(known.version if known else 0) + 1,
                document=_json(document),
                rank=rank,
                retired=False,
                published_at=now,
            )
        )


def _json(document: Any) -> Any:
    return document.model_dump(mode="json", by_alias=True)
