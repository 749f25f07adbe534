"""The rules look at a case again, once more is known of what it is about: its kind, its service, its language."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import among
from libs.contracts.cases import CasePromised, RuleDecided
from libs.contracts.codes import SETTLED
from services.routing.alerts.service import Raised, raise_alerts
from services.routing.cases import clocks as clock_rules
from services.routing.cases.models import Case, Clock
from services.routing.cases.opening import promises
from services.routing.cases.terms import Terms
from services.routing.cases.verbs.owning import assign_by_rule
from services.routing.cases.work import Work, put_down, take_up, tell
from services.routing.organisation.deciding import Decision, decision_on, said_of
from services.routing.organisation.queries import organisation_in_force


def decide_anew(work: Work, at: datetime) -> None:
    """While no human has taken the case, it goes where the rules would now open it. Clocks are never exchanged; where
    nothing was promised yet, it is now.

    Once it is hidden from a team it stays so, and from a team that is complained about now it is hidden from now on,
    whoever has taken it: if that team has it, another gets it. A closed case goes nowhere: it is hidden from now on,
    too, but not from the team that has it, so that somebody can reopen it. What was decided is told where anything
    came of it.
    """
    case = work.case
    if case.said is None:
        return
    decision = decision_on(work.office.organisation, said_of(case), case.hidden_from)
    # What is historical is worked on at moments long past: the rules take none of them away.
    work.effective_at = case.last_effective_at if case.historical else max(at, case.last_effective_at)
    promised = _promise_what_nobody_has(work, decision)
    moves = case.state != "closed" and _moves(work, decision)
    hidden_from = _hidden_from(case, decision, owner_keeps_it=case.state == "closed")
    if moves or set(hidden_from) != set(case.hidden_from):
        case.hidden_from = hidden_from
        _tell_decision(work, decision)
    if moves:
        assign_by_rule(work, decision)
        case.last_effective_at = work.effective_at
    elif promised:
        clocks = clock_rules.states(work.clocks)
        tell(work, CasePromised, work.effective_at, effective_at=work.effective_at, clocks=clocks)


def hand_on_what_a_retired_team_has(work: Work) -> bool:
    """What is open, or has something to be seen to, must have somebody: where its team is gone, the one that the rules
    choose. Whether it went there.
    """
    case, organisation = work.case, work.office.organisation
    if case.team in organisation.teams or (case.state in SETTLED and not work.tasks):
        return False
    decision = decision_on(organisation, said_of(case), case.hidden_from)
    work.effective_at = _now(work)
    case.hidden_from = _hidden_from(case, decision, owner_keeps_it=False)
    _tell_decision(work, decision)
    assign_by_rule(work, decision)
    case.last_effective_at = work.effective_at
    return True


def hide_from_whom_it_is_about_by_now(work: Work) -> None:
    """Whoever runs by now what it complains about, or would answer by the rules, does not see it from now on either.

    Who has the case keeps it: when they got it nobody complained about them.
    """
    case = work.case
    decision = decision_on(work.office.organisation, said_of(case), case.hidden_from)
    hidden_from = _hidden_from(case, decision, owner_keeps_it=True)
    if set(hidden_from) != set(case.hidden_from):
        work.effective_at = _now(work)
        case.hidden_from = hidden_from
        _tell_decision(work, decision)


def _now(work: Work) -> datetime:
    """What is historical is worked on at moments long past: the rules take none of them away."""
    last = work.case.last_effective_at
    return last if work.case.historical else max(work.office.now, last)


def _tell_decision(work: Work, decision: Decision) -> None:
    tell(
        work,
        RuleDecided,
        work.effective_at,
        rule_set_version=work.office.organisation.rules_version,
        rule=decision.rule,
        chosen_team=decision.chosen_team,
        overruled=decision.is_overruled,
    )


async def decide_by_language(session: AsyncSession, found: Mapping[UUID, tuple[str, datetime]], terms: Terms) -> None:
    """The language of the words of these cases was found, and when: only where rules look at it, and it is another."""
    if not found or not (await organisation_in_force(session)).looks_at_language:
        return
    known = await session.execute(select(Case.id, Case.language).where(among(Case.id, found)))
    changed = [row.id for row in known if row.language != found[row.id][0]]
    works = await take_up(session, changed, terms, utc_now())
    before = {case_id: work.case.team for case_id, work in works.items()}
    for case_id, work in works.items():
        work.case.language, at = found[case_id]
        decide_anew(work, at)
    await put_down(session, list(works.values()))
    await alert_those_moved(session, works.values(), before)


async def alert_those_moved(session: AsyncSession, works: Collection[Work], before: Mapping[UUID, str]) -> None:
    """An urgent case that another team has than before is told to that one too: to whom rules gave it, or staff."""
    await raise_alerts(
        session,
        [
            Raised(work.case.id, work.case.team, work.case.said["urgent"])
            for work in works
            if work.case.team != before[work.case.id]
            and not work.case.historical
            and work.case.said
            and "urgent" in work.case.said
        ],
    )


def _promise_what_nobody_has(work: Work, decision: Decision) -> bool:
    """What opened without a promise, as words of no kind do, has those of what it is now, since the person spoke:
    moved by what it has waited, and none that is kept already. Whether that made any.
    """
    case, standard = work.case, decision.standard
    if work.clocks or standard is None or case.answers or case.state == "closed":
        return False
    calendar = work.office.organisation.calendar_of(standard)
    for row in promises(standard, calendar, case.submitted_at):
        if row["clock"] == "acknowledge" and case.acknowledged_at:
            continue
        clock = Clock(case_id=case.id, suspended_seconds=0, extended=False, late_entry=False, **row)
        if case.state != "new":
            clock_rules.start_at_assignment([clock], calendar, case.last_effective_at)
        for span in work.suspensions:
            if span.ended_at is not None:
                clock_rules.move(clock, calendar, span.from_at, span.ended_at)
        work.clocks.append(clock)
        work.new.append(clock)
    return bool(work.clocks)


def _hidden_from(case: Case, decision: Decision, *, owner_keeps_it: bool) -> list[str]:
    """Where the team that has the case keeps it, it keeps the sight that it has of it."""
    keeps = owner_keeps_it and case.team not in case.hidden_from
    return [team for team in decision.hidden_from if not (keeps and team == case.team)]


def _moves(work: Work, decision: Decision) -> bool:
    case = work.case
    if case.team in decision.hidden_from and decision.team != case.team:
        return True
    is_untouched = case.state == "new" or (case.state == "assigned" and case.assigned_by == "rule")
    return is_untouched and (decision.team != case.team or (case.state == "new" and decision.assigns))
