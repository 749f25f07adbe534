"""The organisation in force, as cases are decided by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.errors import StreamStopped
from services.routing.calendars.business_time import BusinessCalendar
from services.routing.calendars.models import Calendar
from services.routing.calendars.schemas import CalendarDocument
from services.routing.rules.models import RuleSet
from services.routing.rules.schemas import Rule
from services.routing.standards.models import ServiceStandard
from services.routing.standards.schemas import Standard, StandardDocument


@dataclass(frozen=True)
class Organisation:
    """Rules, standards and calendar of one moment."""

    rules: Sequence[Rule]
    standards: Sequence[Standard]
    calendar: BusinessCalendar

    @property
    def catch_all(self) -> Rule:
        return self.rules[-1]


class NothingPublished(StreamStopped):
    """No organisation has been published: feedback waits in the log until `ecoute prepare` does."""


async def organisation_in_force(session: AsyncSession) -> Organisation:
    """The newest of everything."""
    rules = await session.scalar(select(RuleSet.document).order_by(RuleSet.version.desc()).limit(1))
    if rules is None:
        raise NothingPublished
    standards = await session.execute(
        select(ServiceStandard.version, ServiceStandard.document)
        .where(ServiceStandard.retired.is_(False))
        .order_by(ServiceStandard.rank)
    )
    return Organisation(
        rules=[Rule.model_validate(one) for one in rules],
        standards=[
            Standard(version=row.version, document=StandardDocument.model_validate(row.document)) for row in standards
        ],
        calendar=await calendar_in_force(session),
    )


async def calendar_in_force(session: AsyncSession) -> BusinessCalendar:
    document = await session.scalar(select(Calendar.document).order_by(Calendar.version.desc()).limit(1))
    if document is None:
        raise NothingPublished
    return _calendar(orjson.dumps(document))


@lru_cache(maxsize=4)
def _calendar(document: bytes) -> BusinessCalendar:
    """A calendar remembers the years that it has computed: one object for one document."""
    return CalendarDocument.model_validate_json(document).calendar()
