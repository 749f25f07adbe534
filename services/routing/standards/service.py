"""Publishes service standards, and ends them: each is a version, and told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.field_problems import field_problem
from libs.common.languages import Bilingual
from libs.common.problems import InvalidRequest
from libs.common.stream.events import Recorded, record
from libs.common.versions import Expected
from libs.contracts.organisation import PublishedClock, ServiceStandardPublished, organisation_id_of
from services.routing.calendars import queries as calendars
from services.routing.organisation.marking import begin_change
from services.routing.standards import queries
from services.routing.standards.errors import StandardNotFound, StandardsUndecided
from services.routing.standards.models import ServiceStandard
from services.routing.standards.precedence import undecided
from services.routing.standards.schemas import StandardContent, StandardDocument, StandardOut

_UNKNOWN_CALENDAR = Bilingual(fr="Ce calendrier n'existe pas.", en="There is no such calendar.")


async def put(
    session: AsyncSession, code: str, body: StandardContent, expected: Expected, by: Principal, now: datetime
) -> StandardOut:
    """Put a standard in force. Cases that are open keep the promises they were opened with."""
    await begin_change(session)
    known = await queries.newest(session, code)
    expected.require(known.version if known else None)
    if await calendars.newest(session, body.calendar) is None:
        raise InvalidRequest(errors=[field_problem("unknown_calendar", _UNKNOWN_CALENDAR, pointer="/calendar")])
    document = StandardDocument.model_validate({**dict(body), "code": code})
    others = [one.document for one in await queries.in_force(session) if one.document.code != code]
    if any(code in both for both in undecided([*others, document])):
        raise StandardsUndecided
    return queries.out(await _publish(session, known, document, by.subject, now))


async def retire(session: AsyncSession, code: str, expected: Expected, by: Principal, now: datetime) -> StandardOut:
    """It promises nothing any more; what it has promised stays promised."""
    await begin_change(session)
    known = await queries.newest(session, code)
    if known is None or known.retired:
        raise StandardNotFound
    expected.require(known.version)
    return queries.out(
        await _next(session, known, StandardDocument.model_validate(known.document), by.subject, now, ends=True)
    )


async def publish(session: AsyncSession, documents: Sequence[StandardDocument], by: str, now: datetime) -> None:
    """Make the standards in force those of the document."""
    rows = await session.scalars(select(ServiceStandard).order_by(ServiceStandard.version))
    newest = {row.code: row for row in rows}
    for document in documents:
        await _publish(session, newest.get(document.code), document, by, now)
    for code in sorted(newest.keys() - {document.code for document in documents}):
        if not newest[code].retired:
            await _next(
                session, newest[code], StandardDocument.model_validate(newest[code].document), by, now, ends=True
            )


async def _publish(
    session: AsyncSession, known: ServiceStandard | None, document: StandardDocument, by: str, now: datetime
) -> ServiceStandard:
    """A new version, unless the one in force says the same and was told."""
    is_told = known is not None and not known.retired and known.published_by is not None
    if known and is_told and StandardDocument.model_validate(known.document) == document:
        return known
    return await _next(session, known, document, by, now, ends=False)


async def _next(
    session: AsyncSession,
    known: ServiceStandard | None,
    document: StandardDocument,
    by: str,
    now: datetime,
    *,
    ends: bool,
) -> ServiceStandard:
    await session.execute(update(ServiceStandard).where(ServiceStandard.code == document.code).values(retired=True))
    row = ServiceStandard(
        code=document.code,
        version=known.version + 1 if known else 1,
        document=document.model_dump(mode="json", exclude_defaults=True),
        rank=document.rank,
        retired=ends,
        ends=ends,
        published_at=now,
        published_by=by,
    )
    session.add(row)
    await session.flush()
    event = ServiceStandardPublished(
        code=row.code,
        standard_version=row.version,
        name=document.name,
        calendar=document.calendar,
        clocks=tuple(
            PublishedClock(clock=one.clock, starts=one.starts, **one.within.model_dump()) for one in document.clocks
        ),
        retired=ends,
        published_at=now,
    )
    await record(session, Recorded(event, organisation_id_of("service_standard", row.code), row.version, now))
    return row
