"""Opens cases: from feedback to an owner and a promise, in the transaction that reads the feedback."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.languages import Bilingual
from libs.common.stream.events import Received, Recorded, record
from libs.contracts.cases import CaseAssigned, CaseOpened, case_id_of
from libs.contracts.feedback import FeedbackSubmitted
from services.routing.calendars.business_time import business_seconds
from services.routing.cases import clocks as clock_rules
from services.routing.cases.models import Case, Clock, TimelineEntry
from services.routing.cases.states import is_owed_an_answer
from services.routing.cases.telling import common
from services.routing.organisation.queries import Organisation, organisation_in_force
from services.routing.rules.schemas import Rule, decide
from services.routing.standards.schemas import standard_for
from services.routing.teams import queries as teams

BY_RULE = "rule"


async def open_cases(session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]]) -> None:
    """Open a case for each feedback that is owed an answer and has none."""
    organisation = await organisation_in_force(session)
    known = await _known(session, submitted)
    names = await teams.names(session, {rule.team for rule in organisation.rules})
    opened = [
        _open(received, organisation, names)
        for received in submitted
        if case_id_of(received.subject) not in known and _is_owed(received.event, organisation)
    ]
    if opened:
        await _write(session, Case, [case for case, *_ in opened])
        await _write(session, Clock, [clock for _, clocks, *_ in opened for clock in clocks])
        await _write(session, TimelineEntry, [line for *_, lines, _ in opened for line in lines])
        await record(session, *(event for *_, events in opened for event in events))


async def _known(session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]]) -> set[UUID]:
    ids = [case_id_of(received.subject) for received in submitted]
    return set(await session.scalars(select(Case.id).where(Case.id.in_(ids))))


def _is_owed(feedback: FeedbackSubmitted, organisation: Organisation) -> bool:
    return is_owed_an_answer(feedback, by_rule=decide(organisation.rules, feedback).opens_case)


def _rule_for(feedback: FeedbackSubmitted, organisation: Organisation) -> Rule:
    """The first rule that holds; words without a kind are sorted by someone first, in the catch-all team's queue."""
    is_unsorted = feedback.kind is None and feedback.has_text
    return organisation.catch_all if is_unsorted else decide(organisation.rules, feedback)


def _open(
    received: Received[FeedbackSubmitted], organisation: Organisation, names: Mapping[str, Bilingual]
) -> tuple[Case, list[Clock], list[TimelineEntry], list[Recorded]]:
    """The case in the queue of the catch-all team; assigned at once where any other rule decides."""
    feedback = received.event
    rule = _rule_for(feedback, organisation)
    is_assigned = rule is not organisation.catch_all
    case = _case(received, rule.team, "assigned" if is_assigned else "new")
    standard = standard_for(organisation.standards, feedback)
    clocks = clock_rules.clocks_of(case.id, standard, organisation.calendar, feedback.submitted_at) if standard else []
    catch_all = organisation.catch_all.team
    opened = CaseOpened.model_validate(
        {
            **common(case, names[rule.team]),
            "state": "new",
            "team": catch_all,
            "team_name": names[catch_all],
            "historical": feedback.historical,
            "submitted_at": feedback.submitted_at,
            "clocks": clock_rules.states(clocks),
        }
    )
    lines = [_line(case, 1, "open", catch_all)]
    events = [Recorded(opened, case.id, 1, case.opened_at, received.traceparent)]
    if is_assigned:
        clock_rules.start_at_assignment(clocks, organisation.calendar, case.opened_at)
        assigned = CaseAssigned.model_validate(
            {
                **common(case, names[rule.team]),
                "effective_at": case.opened_at,
                "elapsed_seconds": clock_rules.elapsed_seconds(feedback.submitted_at, case.opened_at),
                "business_seconds": business_seconds(organisation.calendar, feedback.submitted_at, case.opened_at),
                "assigned_by": "rule",
                "clocks": clock_rules.states(clocks),
            }
        )
        lines.append(_line(case, 2, "assign", rule.team))
        events.append(Recorded(assigned, case.id, 2, case.opened_at, received.traceparent))
    case.version = len(events)
    return case, clocks, lines, events


def _case(received: Received[FeedbackSubmitted], team: str, state: str) -> Case:
    feedback = received.event
    opened_at = feedback.submitted_at if feedback.historical else feedback.recorded_at
    shared = ("reference", "external_reference", "kind", "service", "service_point", "topic", "channel", "language")
    return Case(
        **{name: getattr(feedback, name) for name in shared},
        id=case_id_of(received.subject),
        feedback_id=received.subject,
        state=state,
        team=team,
        priority="urgent" if feedback.urgent else "normal",
        source=feedback.source,
        source_code=feedback.source_code,
        hidden_from=[],
        historical=feedback.historical,
        submitted_at=feedback.submitted_at,
        opened_at=opened_at,
        last_effective_at=opened_at,
        answers=0,
    )


def _line(case: Case, place: int, verb: str, team: str) -> TimelineEntry:
    return TimelineEntry(
        case_id=case.id,
        place=place,
        verb=verb,
        by=BY_RULE,
        effective_at=case.opened_at,
        recorded_at=utc_now(),
        details={"team": team},
    )


async def _write(session: AsyncSession, table: type[Any], rows: Sequence[Any]) -> None:
    if rows:
        columns = [column.key for column in table.__table__.columns]
        await session.execute(insert(table), [{name: getattr(row, name) for name in columns} for row in rows])
