"""What a fact adds to the rollups. Another formula here is another version of the projection, and a rebuild."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.analytics.facts.folding import Clock, Fact
from services.analytics.rollups.counters import DIMENSIONS, TOTAL, UNASSIGNED, Contribution

Days = dict[date, dict[str, int]]


def contributions(fact: Fact, time_zone: ZoneInfo) -> Contribution:
    """The fact's counters by local day, for the total and for each of its dimensions; nothing until it is submitted.

    On the day it was submitted: `volume`; `csat:person:4` a mark (who answered, value); `answered`, a final reply was
    given, so that the person was asked; `solved:yes`, what the person said last of an answer.
    On the day a clock falls due: `due:reply`, and `due_met:reply` if it ended in time, `due_open:reply` if it runs.
    On the day a clock ended: `ended:reply`, and `ended_met:reply` if in time.
    """
    places = ((TOTAL, ""), *((dimension, getattr(fact, dimension) or UNASSIGNED) for dimension in DIMENSIONS))
    if fact.submitted_at is None:
        return Contribution({}, places)
    days: Days = {_day(fact.submitted_at, time_zone): _of_submission(fact)}
    for name, clock in fact.clocks.items():
        _count_clock(days, name, clock, time_zone)
    return Contribution(days, places)


def _of_submission(fact: Fact) -> dict[str, int]:
    counters = {"volume": 1}
    for rating in fact.ratings:
        if rating["measure"] == "csat":
            _count(counters, f"csat:{rating['answered_by']}:{rating['value']}")
    if fact.answers:
        counters["answered"] = 1
        if fact.evaluations:
            latest = max(reversed(fact.evaluations), key=_answer)
            counters[f"solved:{latest['solved']}"] = 1
    return counters


def _count_clock(days: Days, name: str, clock: Clock, time_zone: ZoneInfo) -> None:
    if clock.due_at is not None:
        due = days.setdefault(_day(clock.due_at, time_zone), {})
        _count(due, f"due:{name}")
        if clock.ended_at is None:
            _count(due, f"due_open:{name}")
        elif clock.met:
            _count(due, f"due_met:{name}")
    if clock.ended_at is not None:
        ended = days.setdefault(_day(clock.ended_at, time_zone), {})
        _count(ended, f"ended:{name}")
        if clock.met:
            _count(ended, f"ended_met:{name}")


def _count(counters: dict[str, int], name: str) -> None:
    counters[name] = counters.get(name, 0) + 1


def _answer(evaluation: Mapping[str, int]) -> int:
    return evaluation["answer"]


def _day(at: datetime, time_zone: ZoneInfo) -> date:
    return at.astimezone(time_zone).date()
