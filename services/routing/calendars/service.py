"""Publishes calendars."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.stream.events import Recorded, record
from libs.common.versions import Expected
from libs.contracts.organisation import organisation_id_of
from services.routing.calendars import queries
from services.routing.calendars.models import Calendar
from services.routing.calendars.schemas import CalendarContent, CalendarOut
from services.routing.calendars.table import told
from services.routing.organisation.marking import begin_change


async def put(
    session: AsyncSession, code: str, body: CalendarContent, expected: Expected, by: Principal, now: datetime
) -> CalendarOut:
    """Put a calendar in force. Promises that were given stay as they were given."""
    await begin_change(session)
    known = await queries.newest(session, code)
    expected.require(known.version if known else None)
    return queries.out(await publish(session, code, body, by.subject, now))


async def publish(session: AsyncSession, code: str, content: CalendarContent, by: str, now: datetime) -> Calendar:
    """A new version, told as an event, unless the one in force says the same and was told."""
    newest = await queries.newest(session, code)
    if newest and newest.published_by is not None and CalendarContent.model_validate(newest.document) == content:
        return newest
    row = Calendar(
        code=code,
        version=newest.version + 1 if newest else 1,
        document=content.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        published_at=now,
        published_by=by,
    )
    session.add(row)
    await session.flush()
    event = told(code, row.version, content, now)
    await record(session, Recorded(event, organisation_id_of("calendar", code), row.version, now))
    return row
