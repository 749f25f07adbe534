"""Publishes an organisation: a new version of whatever differs from what is in force."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.routing.calendars import service as calendars
from services.routing.organisation.marking import begin_change
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.rules import service as rules
from services.routing.standards import service as standards
from services.routing.teams import service as teams

BY_PREPARE = "ecoute prepare"


async def publish(session: AsyncSession, document: OrganisationDocument, now: datetime, by: str = BY_PREPARE) -> None:
    """Put the document in force. Cases that are open keep the promises they were opened with."""
    await begin_change(session)
    await teams.publish(session, document.teams, by, now)
    for code, calendar in document.all_calendars.items():
        await calendars.publish(session, code, calendar, by, now)
    await standards.publish(session, document.standards, by, now)
    await rules.publish(session, document.rules, by, now)
