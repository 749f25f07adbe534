"""The organisation in force, as cases are decided by it."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual
from libs.common.stream.errors import StreamStopped
from libs.contracts.organisation import DEFAULT_CALENDAR
from services.routing.calendars import queries as calendars
from services.routing.calendars.business_time import BusinessCalendar
from services.routing.calendars.schemas import CalendarContent
from services.routing.organisation.marking import current_mark
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.rules import queries as rules
from services.routing.rules.errors import NoRules
from services.routing.rules.schemas import Rule
from services.routing.standards import queries as standards
from services.routing.standards.precedence import Standard
from services.routing.teams import queries as teams
from services.routing.teams.models import Team
from services.routing.teams.schemas import TeamDocument

_KEPT = 4


@dataclass(frozen=True)
class KnownTeam:
    """A team, as far as a decision looks at it."""

    code: str
    name: Bilingual
    restricted: bool
    services: frozenset[str]
    service_points: frozenset[str]
    members: frozenset[str]


@dataclass(frozen=True)
class Organisation:
    """Teams, rules, standards in their precedence, and calendars of one moment."""

    teams: Mapping[str, KnownTeam]
    """Those that can be given cases."""
    retired: Sequence[KnownTeam]
    rules_version: int
    rules: Sequence[Rule]
    standards: Sequence[Standard]
    calendars: Mapping[str, BusinessCalendar]

    @property
    def catch_all(self) -> Rule:
        return self.rules[-1]

    @cached_property
    def looks_at_language(self) -> bool:
        """Whether a rule does: the language of words is found after the case was opened."""
        return any("language" in rule.when.named for rule in self.rules)

    def calendar_of(self, standard: Standard) -> BusinessCalendar:
        return self.calendars[standard.document.calendar]


class NothingPublished(StreamStopped):
    """Feedback waits in the log until `ecoute prepare routing` publishes what `ECOUTE_ROUTING_ORGANISATION` names."""

    def __init__(self) -> None:
        super().__init__(
            "no organisation is published yet: ecoute prepare routing publishes what ECOUTE_ROUTING_ORGANISATION names"
        )


_organisations: OrderedDict[UUID, Organisation] = OrderedDict()


async def organisation_in_force(session: AsyncSession) -> Organisation:
    """The newest of everything; kept in memory for as long as nothing is published."""
    mark = await current_mark(session)
    if mark is None:
        raise NothingPublished
    if mark not in _organisations:
        _organisations[mark] = await _read(session)
        while len(_organisations) > _KEPT:
            _organisations.popitem(last=False)
    return _organisations[mark]


async def document_in_force(session: AsyncSession) -> OrganisationDocument:
    """Everything in force as one document: publishing it again changes nothing."""
    rule_set = await rules.newest(session)
    if rule_set is None:
        raise NoRules
    by_code = {row.code: CalendarContent.model_validate(row.document) for row in await calendars.in_force(session)}
    return OrganisationDocument(
        teams=[
            TeamDocument.model_validate({**dict(teams.content(team)), "code": team.code})
            for team in await teams.active(session)
        ],
        calendar=by_code.pop(DEFAULT_CALENDAR),
        calendars=by_code,
        standards=[one.document for one in await standards.in_force(session)],
        rules=rules.content(rule_set).rules,
    )


async def _read(session: AsyncSession) -> Organisation:
    rule_set = await rules.newest(session)
    by_code = {row.code: calendars.business_calendar(row) for row in await calendars.in_force(session)}
    if rule_set is None or DEFAULT_CALENDAR not in by_code:
        raise NothingPublished
    known = [(_known(team), team.retired) for team in await session.scalars(select(Team).order_by(Team.code))]
    return Organisation(
        teams={team.code: team for team, is_retired in known if not is_retired},
        retired=[team for team, is_retired in known if is_retired],
        rules_version=rule_set.version,
        rules=rules.content(rule_set).rules,
        standards=await standards.in_force(session),
        calendars=by_code,
    )


def _known(team: Team) -> KnownTeam:
    return KnownTeam(
        code=team.code,
        name=Bilingual(**team.name),
        restricted=team.restricted,
        services=frozenset(team.services),
        service_points=frozenset(team.service_points),
        members=frozenset(team.members),
    )
