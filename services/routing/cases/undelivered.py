"""A final reply that did not reach the person was none: the clocks that it ended run on as if never stopped.

Once it is known that it arrived after all, it is one again.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.contracts.codes import PROMISES, ClosedBecause
from services.routing.cases import clocks as clock_rules
from services.routing.cases.models import Case, Clock, TimelineEntry
from services.routing.cases.verbs.answering import in_hand
from services.routing.cases.verbs.waiting import BRING_APOLOGY, correct, tell_where_it_stands, wake
from services.routing.cases.work import Work, end_task, is_contested, raise_task

UNDELIVERED = "undelivered"
DELIVERED = "delivered"
LAPSED: tuple[ClosedBecause, ...] = ("withdrawn", "erased")
_READ = ("reply", "refer", "decline", "close", "reopen", UNDELIVERED, DELIVERED)


class Final(NamedTuple):
    """A final reply, as it was given."""

    at: datetime
    outcome: str | None
    remedy: str | None


@dataclass
class Given:
    """The final replies of a case that may have reached the person, and those that did not, by their numbers."""

    replies: dict[int, Final] = field(default_factory=dict)
    lost: dict[int, Final] = field(default_factory=dict)
    before_reopening: int = 0
    """The last that was given before the case was last reopened."""
    lapsed_at: datetime | None = None
    """Since when no answer is wanted any more."""

    @property
    def standing(self) -> int | None:
        """The reply that stands: the last, of those since the case was last reopened."""
        return max((answer for answer in self.replies if self.is_since_reopening(answer)), default=None)

    def is_since_reopening(self, answer: int) -> bool:
        return answer > self.before_reopening

    def lose(self, answer: int) -> None:
        _move(answer, self.replies, self.lost)

    def find(self, answer: int) -> bool:
        """Whether it was lost."""
        return _move(answer, self.lost, self.replies)

    def reopen(self) -> None:
        self.before_reopening = max((*self.replies, *self.lost), default=0)
        self.lapsed_at = None


def _move(answer: int, source: dict[int, Final], target: dict[int, Final]) -> bool:
    if answer not in source:
        return False
    target[answer] = source.pop(answer)
    return True


async def replies_given(session: AsyncSession, cases: Collection[UUID]) -> Mapping[UUID, Given]:
    """As the timelines tell them."""
    given = {case: Given() for case in cases}
    if not given:
        return given
    lines = await session.execute(
        select(TimelineEntry.case_id, TimelineEntry.verb, TimelineEntry.details, TimelineEntry.effective_at)
        .where(among(TimelineEntry.case_id, given), TimelineEntry.verb.in_(_READ))
        .order_by(TimelineEntry.case_id, TimelineEntry.place)
    )
    for line in lines:
        _learn(given[line.case_id], line.verb, line.details, line.effective_at)
    return given


def _learn(given: Given, verb: str, details: Mapping[str, Any], at: datetime) -> None:
    answer = details.get("answer")
    if verb == "reopen":
        given.reopen()
    elif details.get("because") in LAPSED:
        given.lapsed_at = at
    elif answer is None:
        return
    elif verb == UNDELIVERED:
        given.lose(answer)
    elif verb == DELIVERED:
        given.find(answer)
    else:
        given.replies[answer] = Final(at, details.get("outcome"), details.get("remedy"))


def take_back(work: Work, answer: int, given: Given) -> None:
    """Another final reply stands in its place, where there is one; else the case is in the team's hands again."""
    stood = given.standing
    given.lose(answer)
    case = work.case
    before = case.state
    standing = given.standing
    if standing is not None:
        case.answered_at, case.outcome, case.remedy = given.replies[standing]
        case.brought_at = None
        if _is_contested_again(case, standing):
            raise_task(work, "not_solved", case.answered_at)
    else:
        case.answered_at = case.brought_at = case.remedy = None
        case.outcome = "withdrawn" if given.lapsed_at else None
        _keep_what_was_said(case, stood)
        if case.state == "answered":
            case.state = "acknowledged" if case.acknowledged_at or case.reopened_count else "assigned"
    told = _take_back_ends(work, answer, given)
    if case.state == "acknowledged":
        case.state = in_hand(work)
    if case.state != before and not told:
        tell_where_it_stands(work, work.effective_at, "timer")


def give_again(work: Work, answer: int, given: Given) -> None:
    """It counts from when it was given, as if it had never been lost. A later final reply still stands above it."""
    standing = given.standing
    if not given.find(answer):
        return
    if not given.is_since_reopening(answer):
        _give_before_reopening(work, answer, given)
        return
    case = work.case
    before = case.state
    if not any(one > answer and given.is_since_reopening(one) for one in given.lost):
        end_task(work, "reply_undelivered")
    if standing is None or standing < answer:
        wake(work, max(work.effective_at, case.last_effective_at), "staff")
        case.answered_at, case.outcome, case.remedy = given.replies[answer]
        case.brought_at = None
        _keep_what_was_said(case, standing)
        if not _is_contested_again(case, answer):
            end_task(work, "not_solved")
        elif before != "closed":
            raise_task(work, "not_solved", work.effective_at)
    if before != "closed":
        case.state = "answered"
    told = _end_again(work, answer, given)
    if case.state != before and not told:
        tell_where_it_stands(work, work.effective_at, "timer")


def _give_before_reopening(work: Work, answer: int, given: Given) -> None:
    """The case was open again since, and stays with the team: the reply ends clocks, and answers nothing that came
    after.
    """
    if not any(given.is_since_reopening(one) for one in given.lost):
        end_task(work, "reply_undelivered")
    if _end_again(work, answer, given) and work.case.state in ("assigned", "acknowledged"):
        work.case.state = in_hand(work)
        tell_where_it_stands(work, work.effective_at, "timer")  # with what is still promised


def _keep_what_was_said(case: Case, answer: int | None) -> None:
    """What the person said was of this reply, which stands no more."""
    if case.solved is not None and case.solved_answer is None:
        case.solved_answer = answer


def _is_contested_again(case: Case, answer: int) -> bool:
    """The person said that this reply, which stands now, did not solve everything."""
    contested = case.solved in ("partly", "no") and case.solved_answer == answer
    if contested:
        case.solved_answer = None  # of the answer that stands
    return contested


def _end_again(work: Work, answer: int, given: Given) -> bool:
    """What it ends, ends when it was given. A breach that was told meanwhile is untrue where that was in time."""
    ended: list[Clock] = []
    for clock in work.clocks:
        by = _standing_at_its_closing(work, given) if clock.clock == "resolve" else answer
        if by is not None and _ends_otherwise(clock, by, given.replies[by].at):
            clock.cancelled_at = None
            clock_rules.end(clock, work.calendar_of(clock), given.replies[by].at, by=by, late=False)
            ended.append(clock)
    for clock in ended:
        breach_untrue = bool(clock.met) and clock.breach_told_at is not None
        clock.breach_told_at = None if breach_untrue else clock.breach_told_at
        correct(work, clock, "undeliverable", breach_untrue=breach_untrue)
    if not any(clock.breach_told_at for clock in clock_rules.running(work.clocks, PROMISES)):
        end_task(work, BRING_APOLOGY)
    return bool(ended)


def _ends_otherwise(clock: Clock, by: int, at: datetime) -> bool:
    """Whether this reply is an end that the clock does not have: it runs on, or lapsed only later; it ended later, or,
    where it is `resolve`, by another reply. What has started only since is not ended by it.
    """
    if clock.started_at is None or at < clock.started_at:
        return False
    if clock.ended_at is None:
        return clock.cancelled_at is None or at <= clock.cancelled_at
    return clock.ended_by != by if clock.clock == "resolve" else clock.ended_at > at


def _take_back_ends(work: Work, answer: int, given: Given) -> bool:
    stopped = [clock for clock in work.clocks if clock.ended_by == answer]
    next_answer = min((later for later in given.replies if later > answer), default=None)
    for clock in stopped:
        by = _standing_at_its_closing(work, given) if clock.clock == "resolve" else next_answer
        _run_on(work, clock, given.replies[by].at if by else None)
        if by is not None:
            clock_rules.end(clock, work.calendar_of(clock), given.replies[by].at, by=by, late=False)
        else:
            clock.cancelled_at = given.lapsed_at
        correct(work, clock, "undeliverable", breach_untrue=False)
    return bool(stopped)


def _run_on(work: Work, clock: Clock, until: datetime | None) -> None:
    """As if it had never stopped: the waits since then have moved it, as far as it ran."""
    stopped_at = clock.ended_at
    clock_rules.take_back_end(clock)
    for span in work.suspensions:
        is_since = stopped_at is not None and stopped_at <= span.from_at and (until is None or span.from_at < until)
        if is_since and span.ended_at is not None:
            clock_rules.move(clock, work.calendar_of(clock), span.from_at, span.ended_at)


def _standing_at_its_closing(work: Work, given: Given) -> int | None:
    """The reply at which `resolve` ends: the one that stands once the case is closed, and is not contested."""
    if work.case.state != "closed" or is_contested(work.case):
        return None
    return given.standing
