"""What intake does with routing's events."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.applying import Handle, Handlers
from libs.common.stream.events import Event, Received
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAsked,
    CaseAssigned,
    CaseClassified,
    CaseClosed,
    CaseEscalated,
    CaseExtended,
    CaseLinked,
    CaseOpened,
    CasePromised,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    CaseUnasked,
    ClockApproaching,
    ClockBreached,
    ClockCorrected,
    RuleDecided,
)
from libs.contracts.organisation import (
    CalendarPublished,
    ServiceStandardPublished,
    TeamChanged,
)
from services.intake.cases.service import CaseFolder
from services.intake.persons.keys import MasterKey
from services.intake.reading.service import on_classified
from services.intake.teams.service import keep_teams

_CASE_EVENTS: tuple[type[Event], ...] = (
    CaseOpened,
    CasePromised,
    CaseAssigned,
    CaseClassified,
    CaseAcknowledged,
    CaseReplied,
    CaseAsked,
    CaseSuspended,
    CaseResumed,
    CaseExtended,
    CaseTransferred,
    CaseEscalated,
    CaseLinked,
    CaseClosed,
    CaseReopened,
    ClockBreached,
    ClockCorrected,
    RuleDecided,
)
_IGNORED: frozenset[type[Event]] = frozenset(
    {CaseUnasked, ClockApproaching, CalendarPublished, ServiceStandardPublished}
)


def handlers(master_key: MasterKey, zone: ZoneInfo) -> Handlers:
    fold = CaseFolder(master_key, zone)

    async def keep_cases(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
        await fold(session, events)
        await on_classified(session, [one for one in events if isinstance(one.event, CaseClassified)])

    handled: dict[type[Event], Handle] = dict.fromkeys(_CASE_EVENTS, keep_cases)
    return Handlers({**handled, TeamChanged: keep_teams}, _IGNORED)
