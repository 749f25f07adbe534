"""From where the days of a question are read: rollups by day, rollups by month, or the facts themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from services.analytics.kpis.errors import TooFineForSpan
from services.analytics.kpis.question import Question
from services.analytics.rollups.counters import PAIRED

Kind = Literal["days", "months", "facts"]
Period = tuple[date, date]
"""A first day, and the day after the last."""

Test = Callable[[date], bool]
"""Of the first day after a month: whether the month is read as one."""

MANY_DAYS = 366
"""From so many days on, whole months are read as months even where there are days."""


@dataclass(frozen=True)
class Segment:
    """Some of the days, read in one way."""

    kind: Kind
    first: date
    end: date


def counters_plan(question: Question, periods: Sequence[Period]) -> list[Segment]:
    """Days by one dimension; whole months by two, the one in progress too; else facts. Within a period each."""
    dimensions = question.dimensions
    can_be_months = all(dimension in PAIRED for dimension in dimensions)
    if len(dimensions) <= 1:
        is_long = can_be_months and question.end - question.first > timedelta(days=MANY_DAYS)
        return _cut(question, periods, "days", _is_over(question) if is_long else _never)
    if len(dimensions) == 2 and can_be_months:
        return _cut(question, periods, "facts", _always)
    return _cut(question, periods, "facts", _never)


def due_plan(question: Question, of_counters: Sequence[Segment]) -> list[Segment]:
    """The day in progress, of which facts alone tell what has fallen due by now; all since the first of the month where
    that is read as one, since what falls due on days to come is in its counters.
    """
    months = (one.first for one in of_counters if one.kind == "months" and one.end > question.today)
    first = min(months, default=question.today)
    return [Segment("facts", first, question.today + timedelta(days=1))] if question.is_in_progress else []


def buckets_plan(question: Question, periods: Sequence[Period]) -> list[Segment]:
    """Days of the total; whole months by one dimension, the one in progress too: no time taken lies in the future."""
    if not question.dimensions:
        return [Segment("days", question.first, question.end)]
    return _cut(question, periods, "facts", _always if len(question.dimensions) == 1 else _never)


def see_that_facts_are_few(question: Question, *plans: Sequence[Segment]) -> None:
    """TooFineForSpan where more days must be read from facts than is allowed."""
    days = {
        segment.first + timedelta(days=day)
        for plan in plans
        for segment in plan
        if segment.kind == "facts"
        for day in range((segment.end - segment.first).days)
    }
    if len(days) > question.most_days_of_facts:
        raise TooFineForSpan


def months_of(first: date, end: date) -> list[Period]:
    """The calendar months that a span touches, whole."""
    months, month = [], first.replace(day=1)
    while month < end:
        following = (month + timedelta(days=31)).replace(day=1)
        months.append((month, following))
        month = following
    return months


def _cut(question: Question, periods: Sequence[Period], otherwise: Kind, is_read_whole: Test) -> list[Segment]:
    """Months that a period has whole and that pass the test; the rest in the other way, up to the day in progress."""
    tomorrow = question.today + timedelta(days=1)
    segments: list[Segment] = []
    for first, end in periods:
        reached = first
        for month, following in months_of(first, end):
            is_whole = month >= first and (following <= end or end >= tomorrow)
            if is_whole and month < tomorrow and is_read_whole(following):
                _append(segments, otherwise, reached, min(month, tomorrow))
                segments.append(Segment("months", month, following))
                reached = following
        _append(segments, otherwise, reached, min(end, tomorrow) if otherwise == "facts" else end)
    return segments


def _append(segments: list[Segment], kind: Kind, first: date, end: date) -> None:
    if first >= end:
        return
    if segments and segments[-1].kind == kind and segments[-1].end == first:
        segments[-1] = Segment(kind, segments[-1].first, end)
    else:
        segments.append(Segment(kind, first, end))


def _is_over(question: Question) -> Test:
    return lambda following: following <= question.today


def _never(_: date) -> bool:
    return False


def _always(_: date) -> bool:
    return True
