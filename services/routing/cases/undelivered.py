"""A final reply that did not reach the person was none: the clocks that it ended run on as if never stopped."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.contracts.cases import CaseResumed
from services.routing.cases import clocks as clock_rules
from services.routing.cases.models import TimelineEntry
from services.routing.cases.verbs.waiting import correct
from services.routing.cases.work import Work, tell

UNDELIVERED = "undelivered"
_FINAL = ("reply", "refer", "decline")


@dataclass
class Given:
    """The final replies of a case that may have reached the person: when each was given."""

    at: dict[int, datetime] = field(default_factory=dict)
    since_reopening: set[int] = field(default_factory=set)

    def forget(self, answer: int) -> None:
        self.at.pop(answer, None)
        self.since_reopening.discard(answer)


async def replies_given(session: AsyncSession, cases: Collection[UUID]) -> Mapping[UUID, Given]:
    """As the timelines tell them."""
    given = {case: Given() for case in cases}
    if not given:
        return given
    lines = await session.execute(
        select(TimelineEntry.case_id, TimelineEntry.verb, TimelineEntry.details, TimelineEntry.effective_at)
        .where(among(TimelineEntry.case_id, given), TimelineEntry.verb.in_((*_FINAL, UNDELIVERED, "reopen")))
        .order_by(TimelineEntry.case_id, TimelineEntry.place)
    )
    for line in lines:
        _learn(given[line.case_id], line.verb, line.details, line.effective_at)
    return given


def _learn(given: Given, verb: str, details: Mapping[str, Any], at: datetime) -> None:
    answer = details.get("answer")
    if verb == "reopen":
        given.since_reopening.clear()
    elif answer is None:
        return
    elif verb == UNDELIVERED:
        given.forget(answer)
    else:
        given.at[answer] = at
        given.since_reopening.add(answer)


def take_back(work: Work, answer: int, given: Given) -> None:
    """Another final reply stands in its place, where there is one; else the case is in the team's hands again."""
    given.forget(answer)
    case = work.case
    before = case.state
    if given.since_reopening:
        case.answered_at = given.at[max(given.since_reopening)]
    else:
        case.answered_at = case.outcome = case.remedy = None
        if case.state == "answered":
            case.state = "acknowledged" if case.acknowledged_at or case.reopened_count else "assigned"
    told = _take_back_ends(work, answer, given)
    if case.state != before and not told:
        tell(
            work,
            CaseResumed,
            work.effective_at,
            effective_at=work.effective_at,
            assigned_by=case.assigned_by or "staff",
            member=case.member,
            resumed_by="timer",
            clocks=clock_rules.states(work.clocks),
        )


def _take_back_ends(work: Work, answer: int, given: Given) -> bool:
    stopped = [clock for clock in work.clocks if clock.ended_by == answer]
    next_answer = min((later for later in given.at if later > answer), default=None)
    for clock in stopped:
        clock_rules.take_back_end(clock)
        if next_answer is not None:
            clock_rules.end(clock, work.calendar_of(clock), given.at[next_answer], by=next_answer, late=False)
        correct(work, clock, "undeliverable", breach_untrue=False)
    return bool(stopped)
