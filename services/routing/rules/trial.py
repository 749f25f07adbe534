"""A trial: what the rules would do with a feedback, decided as cases are and written nowhere."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from services.routing.cases.access import visible_to
from services.routing.cases.errors import CaseNotFound
from services.routing.cases.models import Case
from services.routing.cases.opening import promises, start_at_assignment
from services.routing.organisation.deciding import Said, decision_on, said_of
from services.routing.organisation.queries import NothingPublished, organisation_in_force
from services.routing.rules.errors import NoRules
from services.routing.rules.schemas import RulesContent, Trial, TrialOutcome, TriedClock, TriedStandard
from services.routing.rules.service import refuse_nonsense
from services.routing.teams.schemas import TeamName


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
