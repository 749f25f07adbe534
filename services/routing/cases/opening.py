"""Opens cases: from feedback to an owner and a promise, in the transaction that reads the feedback.

Thousands a second come when a service catches up: rows and events are plain values, written by one statement a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import insert_rows
from libs.common.clock import utc_now
from libs.common.db import among
from libs.common.stream.events import Received, Recorded, record
from libs.contracts.cases import CaseAssigned, CaseEvent, CaseOpened, ClockState, RuleDecided, case_id_of
from libs.contracts.codes import BROUGHT_BY_STAFF, ReplyBy
from libs.contracts.feedback import FeedbackSubmitted
from libs.contracts.organisation import DEFAULT_CALENDAR
from services.routing.alerts.service import Raised, raise_alerts
from services.routing.calendars.business_time import BusinessCalendar, business_seconds
from services.routing.cases.clocks import approaches_at, elapsed_seconds, waits_for_assignment
from services.routing.cases.models import Case, Clock, TimelineEntry
from services.routing.cases.on_the_spot import answer_on_the_spot
from services.routing.cases.telling import TOLD
from services.routing.cases.terms import Terms
from services.routing.cases.unopened import keep_unopened
from services.routing.cases.urgency import standing
from services.routing.cases.verbs.owning import BY_RULE
from services.routing.organisation.deciding import ALSO_SAID, Decision, decision_on, said_in
from services.routing.organisation.queries import Organisation, organisation_in_force
from services.routing.standards.precedence import Standard
from services.routing.standards.schemas import ClockDocument

_CARRIED = ("reference", "external_reference", "kind", "service", "service_point", "topic", "channel", "language")


@dataclass
class Opening:
    """A case that is being opened: its rows, as they will be written, and its events so far."""

    received: Received[FeedbackSubmitted]
    organisation: Organisation
    decision: Decision
    case: dict[str, Any]
    clocks: list[dict[str, Any]]
    lines: list[dict[str, Any]] = field(default_factory=list)
    events: list[Recorded] = field(default_factory=list)
    _states: tuple[ClockState, ...] | None = None

    @property
    def opened_at(self) -> datetime:
        at: datetime = self.case["opened_at"]
        return at

    @property
    def common(self) -> dict[str, Any]:
        """The fields of `CaseEvent`, as the case now stands."""
        case = self.case
        return {**{name: case[name] for name in TOLD}, "team_name": self.organisation.teams[case["team"]].name}

    def tell(self, event: CaseEvent) -> None:
        """The next event of the case."""
        self.case["version"] += 1
        self.events.append(
            Recorded(event, self.case["id"], self.case["version"], self.opened_at, self.received.traceparent)
        )

    def note(self, verb: str, by: str, **details: Any) -> None:
        """A line of the timeline, in the place of the last event."""
        self.lines.append(
            {
                "case_id": self.case["id"],
                "place": self.case["version"],
                "verb": verb,
                "by": by,
                "effective_at": self.opened_at,
                "recorded_at": utc_now(),
                "details": details,
            }
        )

    def states(self, *, anew: bool = False) -> tuple[ClockState, ...]:
        """The clocks as they stand in events; `anew` once some have been changed."""
        if anew or self._states is None:
            self._states = tuple(
                ClockState.model_validate({**clock, "running": clock["due_at"] is not None}) for clock in self.clocks
            )
        return self._states


async def open_cases(session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]], terms: Terms) -> None:
    """Open a case for each feedback that is owed an answer and has none; keep what the others would need."""
    if not submitted:
        return
    organisation = await organisation_in_force(session)
    known = await _known(session, submitted)
    owed: list[tuple[Received[FeedbackSubmitted], Decision]] = []
    others: list[Received[FeedbackSubmitted]] = []
    for received in submitted:
        if received.subject not in known:
            decision = decision_on(organisation, said_in(received.event))
            if decision.is_owed or received.event.resolved_on_the_spot:
                owed.append((received, decision))
            else:
                others.append(received)
    await open_decided(session, organisation, owed, terms)
    await answer_on_the_spot(session, [received for received, _ in owed], terms)
    await keep_unopened(session, others)


async def open_decided(
    session: AsyncSession,
    organisation: Organisation,
    decided: Sequence[tuple[Received[FeedbackSubmitted], Decision]],
    terms: Terms,
    by: str = BY_RULE,
) -> list[Opening]:
    """Open a case for each of these feedbacks, none of which has one, owed an answer or not."""
    openings = [_open(organisation, received, decision, terms, by) for received, decision in decided]
    await insert_rows(session, Case, [one.case for one in openings])
    await insert_rows(session, Clock, [clock for one in openings for clock in one.clocks])
    await insert_rows(session, TimelineEntry, [line for one in openings for line in one.lines])
    await record(session, *(event for one in openings for event in one.events))
    await raise_alerts(
        session,
        [
            Raised(one.case["id"], one.case["team"], one.received.event.urgent)
            for one in openings
            if one.received.event.urgent and not one.received.event.historical
        ],
    )
    return openings


def promises(standard: Standard, calendar: BusinessCalendar, submitted_at: datetime) -> list[dict[str, Any]]:
    """The clocks of a standard, as rows; those that start at submission are running."""
    return [_promise(standard, one, calendar, submitted_at) for one in standard.document.clocks]


def start_at_assignment(
    clocks: Sequence[dict[str, Any]], standard: Standard, calendar: BusinessCalendar, at: datetime
) -> bool:
    """Start those that wait for the first assignment; whether there was one."""
    waiting = [
        (row, one)
        for row, one in zip(clocks, standard.document.clocks, strict=True)
        if waits_for_assignment(one.starts, row["started_at"])
    ]
    for row, one in waiting:
        row["started_at"], row["due_at"] = at, one.within.due_at(calendar, at)
    return bool(waiting)


async def _known(session: AsyncSession, submitted: Sequence[Received[FeedbackSubmitted]]) -> set[UUID]:
    """Those of the feedbacks that have a case."""
    ids = [received.subject for received in submitted]
    return set(await session.scalars(select(Case.feedback_id).where(among(Case.feedback_id, ids))))


def _open(
    organisation: Organisation, received: Received[FeedbackSubmitted], decision: Decision, terms: Terms, by: str
) -> Opening:
    """The case in the queue of the catch-all team; assigned at once where any other rule decides.

    What is hidden from a team opens where it stays.
    """
    feedback, standard = received.event, decision.standard
    calendar = organisation.calendar_of(standard) if standard else organisation.calendars[DEFAULT_CALENDAR]
    opening = Opening(
        received,
        organisation,
        decision,
        _case(received, decision.team if decision.hidden_from else organisation.catch_all.team, decision),
        promises(standard, calendar, feedback.submitted_at) if standard else [],
    )
    for clock in opening.clocks:
        clock["case_id"] = opening.case["id"]
    opening.tell(
        CaseOpened(
            **opening.common,
            historical=feedback.historical,
            submitted_at=feedback.submitted_at,
            clocks=opening.states(),
        )
    )
    opening.note("open", by, team=opening.case["team"])
    opening.tell(
        RuleDecided(
            **opening.common,
            rule_set_version=organisation.rules_version,
            rule=decision.rule,
            chosen_team=decision.chosen_team,
            overruled=decision.is_overruled,
        )
    )
    if decision.assigns:
        _assign(opening, calendar)
    _settle(opening, calendar, terms)
    return opening


def _settle(opening: Opening, calendar: BusinessCalendar, terms: Terms) -> None:
    """Where the case stands in the queue, and when a timer must first look at it."""
    case = opening.case
    running = [clock for clock in opening.clocks if clock["due_at"]]
    warnings = [
        approaches_at(clock["within"], calendar, clock["started_at"], clock["due_at"], 0, terms.approaching_at)
        for clock in running
    ]
    case["urgency"], case["next_due_at"] = standing(case["priority"], [clock["due_at"] for clock in running])
    case["rings_at"] = None if case["historical"] else min(warnings, default=None)


def _assign(opening: Opening, calendar: BusinessCalendar) -> None:
    decision, at, submitted_at = opening.decision, opening.opened_at, opening.case["submitted_at"]
    opening.case.update(team=decision.team, state="assigned", assigned_by="rule")
    starts = bool(decision.standard and start_at_assignment(opening.clocks, decision.standard, calendar, at))
    opening.tell(
        CaseAssigned(
            **opening.common,
            effective_at=at,
            elapsed_seconds=elapsed_seconds(submitted_at, at),
            business_seconds=business_seconds(calendar, submitted_at, at),
            assigned_by="rule",
            clocks=opening.states(anew=starts),
        )
    )
    opening.note(
        "assign",
        BY_RULE,
        team=decision.team,
        rule=decision.rule,
        rule_set_version=opening.organisation.rules_version,
    )


def _case(received: Received[FeedbackSubmitted], team: str, decision: Decision) -> dict[str, Any]:
    feedback = received.event
    # What was resolved on the spot was opened, assigned and answered there and then.
    at_once = feedback.historical or feedback.resolved_on_the_spot is not None
    opened_at = feedback.submitted_at if at_once else feedback.recorded_at
    return {
        **{name: getattr(feedback, name) for name in _CARRIED},
        "id": case_id_of(received.subject),
        "feedback_id": received.subject,
        "version": 0,
        "state": "new",
        "team": team,
        "assigned_by": None,
        "priority": "urgent" if feedback.urgent else "normal",
        "source": feedback.source,
        "source_code": feedback.source_code,
        "hidden_from": decision.hidden_from,
        "said": {name: value for name in ALSO_SAID if (value := getattr(feedback, name))},
        "historical": feedback.historical,
        "reply_by": _reply_by(feedback),
        "submitted_at": feedback.submitted_at,
        "opened_at": opened_at,
        "last_effective_at": opened_at,
        "answers": 0,
    }


def _reply_by(feedback: FeedbackSubmitted) -> ReplyBy | None:
    """Where the code is in the hand of who may not know what is answered, and no mail goes to the person, a human must
    bring it.
    """
    is_withheld = feedback.submitted_by is not None and feedback.submitted_by.lacks_authority
    is_brought = feedback.reply_by in BROUGHT_BY_STAFF
    return "phone" if is_withheld and not is_brought and "person" not in feedback.told_by_mail else feedback.reply_by


def _promise(
    standard: Standard, one: ClockDocument, calendar: BusinessCalendar, submitted_at: datetime
) -> dict[str, Any]:
    runs = one.starts == "submission"
    return {
        "clock": one.clock,
        "standard": standard.document.code,
        "standard_version": standard.version,
        "calendar": standard.document.calendar,
        "starts": one.starts,
        "within": one.within.model_dump(),
        "started_at": submitted_at if runs else None,
        "due_at": one.within.due_at(calendar, submitted_at) if runs else None,
    }
