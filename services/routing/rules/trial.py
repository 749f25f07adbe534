"""A trial: what the rules would do with a feedback, decided as cases are and written nowhere."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.examples import shown
from libs.common.wire import DATED, Wire
from libs.contracts.codes import (
    Channel,
    ClockName,
    Code,
    Disclosure,
    Kind,
    LanguageTag,
    Priority,
    Respondent,
    Source,
    Starts,
    Urgency,
)
from services.routing.cases.access import visible_to
from services.routing.cases.errors import CaseNotFound
from services.routing.cases.models import Case
from services.routing.cases.opening import promises, start_at_assignment
from services.routing.cases.schemas import FIRST_MOMENT
from services.routing.organisation.deciding import Said, decision_on, said_of
from services.routing.organisation.queries import NothingPublished, organisation_in_force
from services.routing.rules.errors import NoRules
from services.routing.rules.schemas import Rule, RulesContent
from services.routing.rules.service import refuse_nonsense
from services.routing.teams.schemas import TeamName

LAST_TRIED = datetime(2200, 1, 1, tzinfo=UTC)


class TriedFeedback(Wire):
    """What rules and standards look at. What is left out is not known, as with a feedback that does not say it."""

    channel: Channel = "web"
    service: Code | None = None
    service_point: Code | None = None
    topic: Code | None = None
    kind: Kind | None = None
    language: LanguageTag | None = None
    source: Source = "web_form"
    respondent: Respondent | None = None
    urgent: Urgency | None = None
    disclosure: Disclosure = "named"
    concerns_staff: bool = False
    response_requested: bool = False
    has_text: bool = Field(True, description="words were given: without a kind, someone sorts them first")


class Trial(Wire):
    """A feedback, or the id of one that has a case; `rules` instead of those in force."""

    model_config = shown(
        {"feedback": {"service": "passport-renewal", "kind": "complaint", "channel": "phone"}},
        {"feedback_id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50"},
    )

    rules: Annotated[list[Rule], Field(min_length=1, max_length=1_000)] | None = None
    feedback: TriedFeedback | None = None
    feedback_id: UUID | None = None
    submitted_at: Annotated[AwareDatetime, Field(ge=FIRST_MOMENT, le=LAST_TRIED), DATED] | None = Field(
        None, description="when the person spoke; default: now"
    )

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.feedback is None) == (self.feedback_id is None):
            raise PydanticCustomError(
                "one_feedback",
                "One of feedback and feedback_id is needed.",
                {"fr": "Il faut soit « feedback », soit « feedback_id »."},
            )
        return self


class TriedClock(BaseModel):
    """A clock as it would start; one that waits for its start has no moments."""

    clock: ClockName
    starts: Starts
    started_at: datetime | None
    due_at: datetime | None


class TriedStandard(BaseModel):
    code: str
    version: int
    calendar: str


class TrialOutcome(BaseModel):
    """What would become of it."""

    opens_case: bool
    rule: int = Field(description="its place in the rule set: 1 is the first")
    rule_set_version: int | None = Field(description="null for rules that are only tried")
    chosen_team: TeamName
    team: TeamName = Field(description="who would have the case: another than the chosen team where that is hidden")
    is_assigned: bool = Field(description="false: it waits in the queue of the catch-all team")
    hidden_from: list[str]
    priority: Priority
    standard: TriedStandard | None
    clocks: list[TriedClock]


async def outcome(session: AsyncSession, body: Trial, by: Principal, now: datetime) -> TrialOutcome:
    """As a case would be opened now."""
    try:
        organisation = await organisation_in_force(session)
    except NothingPublished as nothing:
        raise NoRules from nothing
    if body.rules:
        await refuse_nonsense(session, body.rules)
        organisation = replace(organisation, rules=RulesContent(rules=body.rules).rules)
    said, submitted_at = await _said(session, body, by)
    decision = decision_on(organisation, said)
    standard, clocks = decision.standard, []
    if standard:
        calendar = organisation.calendar_of(standard)
        clocks = promises(standard, calendar, body.submitted_at or submitted_at or now)
        if decision.assigns:
            start_at_assignment(clocks, standard, calendar, now)
    teams = organisation.teams
    return TrialOutcome(
        opens_case=decision.is_owed,
        rule=decision.rule,
        rule_set_version=None if body.rules else organisation.rules_version,
        chosen_team=TeamName(code=decision.chosen_team, name=teams[decision.chosen_team].name),
        team=TeamName(code=decision.team, name=teams[decision.team].name),
        is_assigned=decision.assigns,
        hidden_from=list(decision.hidden_from),
        priority=said.priority,
        standard=TriedStandard(
            code=standard.document.code, version=standard.version, calendar=standard.document.calendar
        )
        if standard
        else None,
        clocks=[TriedClock.model_validate(clock) for clock in clocks],
    )


async def _said(session: AsyncSession, body: Trial, by: Principal) -> tuple[Said, datetime | None]:
    if body.feedback:
        return Said(**body.feedback.model_dump()), None
    case = await session.scalar(select(Case).where(Case.feedback_id == body.feedback_id, visible_to(by)))
    if case is None:
        raise CaseNotFound
    return said_of(case), case.submitted_at
