"""What the page of a case shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from libs.common.auth.identity import Principal
from libs.common.db import Database
from libs.common.languages import Bilingual
from services.routing.cases import queries
from services.routing.cases.schemas import CaseOut, TimelineLine, Verb
from services.routing.organisation.queries import organisation_in_force
from services.routing.pages.cases.forms import USUAL
from services.routing.pages.cases.ledger import Ledger, ledgers

READ_WORDS = ("agent", "supervisor", "reviewer")
"""Who may be shown what intake has: the words as they were said, the contact, the conversation."""

_A_WEEK = timedelta(days=7)
_CLOSING = time(16, 30)


@dataclass(frozen=True)
class Shown:
    """The case, its timeline, its promises, and what whoever looks can do with it."""

    case: CaseOut
    lines: Sequence[TimelineLine]
    ledgers: Sequence[Ledger]
    standards: Mapping[str, Bilingual]
    linked: Mapping[UUID, str]
    verbs: Sequence[Verb]
    """Those that the state allows, to whoever works on it; the usual ones first."""

    @property
    def running(self) -> list[Ledger]:
        return [one for one in self.ledgers if one.is_running]


async def shown(database: Database, case_id: UUID, by: Principal) -> Shown:
    """`CaseNotFound` where it is not for them."""
    async with database.snapshot() as session:
        case = await queries.case(session, case_id, by)
        timeline = await queries.timeline(session, case_id, by)
        works = await queries.is_workable(session, case_id, by)
        linked = await queries.references(session, case.linked)
        organisation = await organisation_in_force(session)
    first = [verb for verb in USUAL if verb in case.verbs]
    return Shown(
        case,
        timeline.items[::-1],
        ledgers(case.clocks, case.suspensions, timeline.items),
        {one.document.code: one.document.name for one in organisation.standards},
        linked,
        [*first, *(verb for verb in case.verbs if verb not in first)] if works else [],
    )


def in_a_week(now: datetime, zone: ZoneInfo) -> str:
    """What a question waits until, unless somebody says otherwise: as a field for moments has it."""
    return datetime.combine((now.astimezone(zone) + _A_WEEK).date(), _CLOSING).isoformat(timespec="minutes")
