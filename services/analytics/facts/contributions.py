"""What a fact adds to the rollups. Another formula here is another FORMULA of the projection, and a rebuild."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.analytics.facts.fact import Clock, Fact
from services.analytics.rollups.buckets import bucket_of
from services.analytics.rollups.counters import DIMENSIONS, EVERYTHING, UNASSIGNED, Contribution

Days = dict[date, dict[str, int]]

COME_BACK_WITHIN = timedelta(days=30)
"""How long after an answer a reopening, or a linked new case, still says that it did not hold."""

_NOTHING = Contribution({}, (), {}, {})


def contributions(fact: Fact, time_zone: ZoneInfo) -> Contribution:
    """The fact's counters by local day, for the total and for each of its dimensions; nothing until it is submitted.

    On the day it was submitted: `volume`, `complaints`; `mark:csat:person:4` a mark (measure, who answered, value);
    `answered`, a final reply stands, and the person was asked about it, and `solved:yes`, what they said last of one;
    `replies`, how many stand, and they were asked; `evaluated`, of how many they gave a mark, `after:person:4` those
    marks;
    `cases`, `transferred`. The times taken, as buckets.
    On the day of the first final reply that stands: `replied`, and `came_back` if the answer did not hold.
    On the day a case was opened, or open again, `opened`; answered or closed, `settled`.
    On the day on which, or with which, a clock falls due: `due:reply`, and `due_met:reply` if it ended in time,
    `due_open:reply` if it runs.
    On the day a clock ended: `ended:reply`, and `ended_met:reply` if in time; `ended_late_entry`, `ended_extended`,
    `ended_suspended`, `ended_declined`, `ended_reclassified`. Those of clocks besides by standard, and there
    `due_of:reply:2`, by which version of it.
    """
    if fact.submitted_at is None:
        return _NOTHING
    values = fact.__dict__
    places = (EVERYTHING, *[(dimension, values[dimension] or UNASSIGNED) for dimension in DIMENSIONS])
    submitted_on = _day(fact.submitted_at, time_zone)
    days: Days = {submitted_on: _of_submission(fact)}
    _count_answer(days, fact, time_zone)
    for place, written in enumerate(fact.turns):
        _count(days, _day(datetime.fromisoformat(written), time_zone), "settled" if place % 2 else "opened")
    standards: dict[str, Days] = {}
    for name, clock in fact.clocks.items():
        of_standard = standards.setdefault(clock.standard, {})
        for day, counter in _of_clock(name.partition("/")[0], clock, fact, time_zone):
            _count(days, day, counter)
            _count(of_standard, day, counter)
            if counter.startswith("due:"):
                _count(of_standard, day, f"due_of:{counter.removeprefix('due:')}:{clock.standard_version}")
    return Contribution(days, places, {submitted_on: _times(fact)}, standards)


def _of_submission(fact: Fact) -> dict[str, int]:
    counters = {"volume": 1}
    if fact.kind == "complaint":
        counters["complaints"] = 1
    for rating in fact.ratings:
        name = f"mark:{rating['measure']}:{rating['answered_by']}:{rating['value']}"
        counters[name] = counters.get(name, 0) + 1
    if fact.opened_at:
        counters["cases"] = 1
        if fact.transfers:
            counters["transferred"] = 1
    if standing := fact.standing:
        numbers = {one["answer"] for one in standing}
        if fact.may_evaluate or any(one["answer"] in numbers for one in fact.evaluations):
            counters |= {"answered": 1, "replies": len(standing)}
        _count_evaluations(counters, fact, numbers)
    return counters


def _count_evaluations(counters: dict[str, int], fact: Fact, standing: set[int]) -> None:
    """What the person said of each answer, last; of answers that stand."""
    by_answer = {one["answer"]: one for one in fact.evaluations if one["answer"] in standing}
    if not by_answer:
        return
    counters[f"solved:{by_answer[max(by_answer)]['solved']}"] = 1
    for evaluation in by_answer.values():
        marks = [one for one in evaluation["ratings"] if one["measure"] == "csat"]
        if any(one["answered_by"] == "person" for one in marks):
            counters["evaluated"] = counters.get("evaluated", 0) + 1
        for mark in {one["answered_by"]: one for one in marks}.values():
            name = f"after:{mark['answered_by']}:{mark['value']}"
            counters[name] = counters.get(name, 0) + 1


def _count_answer(days: Days, fact: Fact, time_zone: ZoneInfo) -> None:
    replied_at = fact.replied_at
    if replied_at is None:
        return
    until = replied_at + COME_BACK_WITHIN
    day = _day(replied_at, time_zone)
    _count(days, day, "replied")
    written = (*fact.reopenings, *fact.links.values())
    if any(replied_at < datetime.fromisoformat(one) <= until for one in written):
        _count(days, day, "came_back")


def _times(fact: Fact) -> dict[str, int]:
    """One of each time that was taken, in its bucket: `reply_time:business_hours:312`."""
    standing = fact.standing
    taken = {"assign_time": (fact.assign_business_seconds, _assigned_after(fact))}
    if fact.acknowledged_at and (not standing or fact.acknowledged_at <= datetime.fromisoformat(standing[0]["at"])):
        taken["acknowledge_time"] = (fact.acknowledge_business_seconds, fact.acknowledge_elapsed_seconds)
    elif standing:
        taken["acknowledge_time"] = _spans(standing[0])
    if standing:
        taken["reply_time"] = _spans(standing[0])
    if resolved := _resolution(fact):
        taken["resolve_time"] = _spans(resolved)
    return {
        f"{step}:{unit}:{bucket_of(seconds)}": 1
        for step, both in taken.items()
        for unit, seconds in zip(("business_hours", "elapsed_hours"), both, strict=True)
        if seconds is not None
    }


def _spans(reply: Mapping[str, Any]) -> tuple[int | None, int | None]:
    return reply["business_seconds"], reply["elapsed_seconds"]


def _assigned_after(fact: Fact) -> int | None:
    if fact.assigned_at is None or fact.submitted_at is None:
        return None
    if fact.assign_elapsed_seconds is not None:
        return fact.assign_elapsed_seconds
    return max(0, int((fact.assigned_at - fact.submitted_at).total_seconds()))


def _resolution(fact: Fact) -> Mapping[str, Any] | None:
    """The last reply of a closed case, where the case was not opened again after it, and the person has not said of it
    that it did not solve all.
    """
    standing = fact.standing if fact.state == "closed" else []
    if not standing:
        return None
    last = standing[-1]
    given_at = datetime.fromisoformat(last["at"])
    if any(given_at < datetime.fromisoformat(one) for one in fact.reopenings):
        return None
    return last if fact.solved(last) in (None, "yes") else None


def _of_clock(name: str, clock: Clock, fact: Fact, time_zone: ZoneInfo) -> Iterator[tuple[date, str]]:
    if clock.due_at is not None and _is_owed(name, clock, clock.due_at, fact):
        day = _day(clock.due_at - timedelta.resolution, time_zone)  # what is due at midnight is due on the day it ends
        yield day, f"due:{name}"
        if clock.ended_at is None and clock.cancelled_at is None:
            yield day, f"due_open:{name}"
        elif clock.met:
            yield day, f"due_met:{name}"
    if clock.ended_at is not None:
        day = _day(clock.ended_at, time_zone)
        yield day, f"ended:{name}"
        if clock.met:
            yield day, f"ended_met:{name}"
        if clock.late_entry:
            yield day, f"ended_late_entry:{name}"
        if clock.extended:
            yield day, f"ended_extended:{name}"
        if clock.suspended_seconds > 0:
            yield day, f"ended_suspended:{name}"
        if fact.standing and fact.standing[-1]["outcome"] == "declined":
            yield day, f"ended_declined:{name}"
        if fact.reclassified:
            yield day, f"ended_reclassified:{name}"


def _is_owed(name: str, clock: Clock, due_at: datetime, fact: Fact) -> bool:
    """Not what was cancelled before it was due; and while a case waits, it is not known when a clock falls due.

    `resolve` falls due for nobody while an answer stands that the person has not contested.
    """
    if clock.ended_at is not None:
        return True
    if clock.cancelled_at is not None:
        return due_at <= clock.cancelled_at
    if name == "resolve" and fact.state == "answered" and fact.standing:
        answer = fact.standing[-1]
        if due_at >= datetime.fromisoformat(answer["at"]) and fact.solved(answer) in (None, "yes"):
            return False
    waits = bool(fact.suspensions) and fact.suspensions[-1][1] is None
    return not waits or due_at <= datetime.fromisoformat(fact.suspensions[-1][0])


def _count(days: Days, day: date, name: str) -> None:
    counters = days.get(day)
    if counters is None:
        days[day] = {name: 1}
    else:
        counters[name] = counters.get(name, 0) + 1


def _day(at: datetime, time_zone: ZoneInfo) -> date:
    return at.astimezone(time_zone).date()
