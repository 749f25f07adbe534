"""The truth of what was generated: every figure counted from the stories, one after another, by nobody else's formula.

A figure's meaning is that of `GET /v1/kpis/definitions`; how it is counted here shares no code with it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from examples.pension_agency import intervals
from examples.pension_agency.generator import World
from examples.pension_agency.hours import closing_after, later_by, open_seconds
from examples.pension_agency.speaking import monday_of
from examples.pension_agency.stories import Story

ACKNOWLEDGED_WITHIN = 2
REPLIED_WITHIN = {"complaint": 15, "enquiry": 10, "service_request": 10}
HOUR = 3600
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Truth:
    """What a figure must be. `error` is how far a value may be off, as a share of it."""

    value: float | None
    n: int
    numerator: int | None = None
    bounds: Bounds | None = None
    error: float = 1e-9


@dataclass(frozen=True)
class Telling:
    """The stories of the thirteen weeks, with days as the organisation counts them, as they stand at an instant."""

    world: World
    zone: ZoneInfo
    now: datetime

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def within(self, at: datetime, first: date | None = None, end: date | None = None) -> bool:
        return (first or self.world.first) <= self.day(at) < (end or self.world.end)

    def said(self, first: date | None = None, end: date | None = None) -> list[Story]:
        return [story for story in self.world.stories if self.within(story.submitted_at, first, end)]

    @property
    def cases(self) -> list[Story]:
        return [story for story in self.world.stories if story.has_case]

    @property
    def at_the_end(self) -> datetime:
        """When the thirteen weeks were over."""
        end = self.world.end
        return min(datetime(end.year, end.month, end.day, tzinfo=self.zone).astimezone(UTC), self.now)


def count(n: int) -> Truth:
    return Truth(n, n)


def share(successes: int, n: int, scale: float = 100.0) -> Truth:
    if n == 0:
        return Truth(None, 0, 0)
    low, high = intervals.wilson(successes, n)
    return Truth(scale * successes / n, n, successes, (scale * low, scale * high))


def quantile(seconds: Sequence[int], q: float, error: float) -> Truth:
    """In hours, between the two values that lie around it."""
    ordered, n = sorted(seconds), len(seconds)
    if n == 0:
        return Truth(None, 0)
    place = q * (n - 1)
    low, high = ordered[int(place)], ordered[min(int(place) + 1, n - 1)]
    lower, upper = intervals.quantile_ranks(q, n)
    bounds = tuple(None if rank is None else ordered[rank - 1] / HOUR for rank in (lower, upper))
    return Truth((low + (high - low) * (place % 1)) / HOUR, n, bounds=(bounds[0], bounds[1]), error=error)


# What was said.


def volume(telling: Telling, which: Callable[[Story], bool] = lambda _: True) -> Truth:
    return count(sum(map(which, telling.said())))


def complaint_rate(telling: Telling) -> Truth:
    complaints = sum(story.feedback.get("kind") == "complaint" for story in telling.said())
    contacts = sum(int(one.body["count"]) for one in telling.world.counts)
    return share(complaints, contacts, 1000.0)


def marks(stories: Iterable[Story], measure: str) -> list[int]:
    """Given by the person, with nobody's help."""
    return [
        rating["value"]
        for story in stories
        for rating in story.feedback.get("ratings", ())
        if rating["measure"] == measure and rating.get("answered_by", "person") == "person"
    ]


def favourable(stories: Iterable[Story], measure: str = "csat", lowest: int = 4) -> Truth:
    given = marks(stories, measure)
    return share(sum(one >= lowest for one in given), len(given))


def mean_mark(telling: Telling) -> Truth:
    given = marks(telling.said(), "csat")
    return Truth(sum(given) / len(given), len(given), bounds=intervals.of_mean(given, 1, 5))


def net_promoters(telling: Telling) -> Truth:
    sides = Counter((one >= 9) - (one <= 6) for one in marks(telling.said(), "nps"))
    n = sides.total()
    return Truth(100 * (sides[1] - sides[-1]) / n, n, sides[1] - sides[-1], intervals.of_net(sides))


# What was done.


def suspended(story: Story) -> list[tuple[datetime, datetime | None]]:
    """From when to when it waited; the last may still."""
    starts = sorted([*story.moments("ask"), *story.moments("suspend")])
    return [(start, next(iter(story.moments("resume")[place:]), None)) for place, start in enumerate(starts)]


def acknowledged_at(story: Story) -> datetime | None:
    """By a human, or by the first final reply where nobody had said so before."""
    told = [*story.moments("acknowledge"), *story.moments("reply")]
    return min(told, default=None)


def replied_at(story: Story) -> datetime | None:
    return min(story.moments("reply"), default=None)


def due_at(story: Story, clock: str) -> datetime | None:
    """When a promise falls due: later by the open time suspended while it ran; unknown while it waits."""
    kind = story.feedback["kind"]
    due = closing_after(story.submitted_at, ACKNOWLEDGED_WITHIN if clock == "acknowledge" else REPLIED_WITHIN[kind])
    ended = ended_at(story, clock)
    for start, end in suspended(story):
        if start >= due or (ended and ended <= start):
            continue
        if end is None:
            return None
        due = later_by(due, open_seconds(start, end))
    return due


def ended_at(story: Story, clock: str) -> datetime | None:
    return acknowledged_at(story) if clock == "acknowledge" else replied_at(story)


def met_of_due(telling: Telling, clock: str) -> Truth:
    due = [(at, ended_at(one, clock)) for one in telling.cases if (at := due_at(one, clock)) and telling.within(at)]
    return share(sum(ended is not None and ended <= at for at, ended in due), len(due))


def standard_met(telling: Telling, clock: str) -> Truth:
    ended = [(at, due_at(one, clock)) for one in telling.cases if (at := ended_at(one, clock)) and telling.within(at)]
    return share(sum(due is not None and at <= due for at, due in ended), len(ended))


def time_taken(telling: Telling, until: Callable[[Story], datetime | None], q: float, *, business: bool) -> Truth:
    """From when the person spoke, of what was said in the thirteen weeks."""
    spans = [(one.submitted_at, at) for one in telling.said() if one.has_case and (at := until(one))]
    seconds = [open_seconds(*span) if business else int((span[1] - span[0]).total_seconds()) for span in spans]
    return quantile(seconds, q, 0.0101)


def resolved_at(story: Story) -> datetime | None:
    """The last reply of a case that is closed, unless the person said that it did not solve everything."""
    replies = story.moments("reply")
    is_closed = bool(story.deeds) and story.deeds[-1].verb == "close"
    said = [verdict.solved for verdict in story.verdicts if verdict.answer == len(replies)]
    return replies[-1] if is_closed and replies and "partly" not in said and "no" not in said else None


def transferred(telling: Telling) -> Truth:
    cases = [story for story in telling.said() if story.has_case]
    return share(sum(bool(story.moments("transfer")) for story in cases), len(cases))


def reopened(telling: Telling, end: date) -> Truth:
    answered = [(story, at) for story in telling.cases if (at := replied_at(story)) and telling.within(at, end=end)]
    within = timedelta(days=30)
    return share(
        sum(any(at < one <= at + within for one in story.moments("reopen")) for story, at in answered), len(answered)
    )


def enough_at_first(telling: Telling, end: date) -> Truth:
    """Answers for which a person who can be linked did not have to come back within 14 days, was asked nothing, and did
    not say that they did not solve everything.
    """
    spoke: dict[int, list[datetime]] = {}
    for story in telling.world.stories:
        if story.person is not None:
            spoke.setdefault(story.person, []).append(story.submitted_at)
    answered = [
        (story, at)
        for story in telling.cases
        if story.person is not None and (at := replied_at(story)) and telling.within(at, end=end)
    ]
    within = timedelta(days=14)

    def was_enough(story: Story, at: datetime) -> bool:
        later = [one for one in spoke[story.person or 0] if one > story.submitted_at]
        came_back = any(at < one <= at + within for one in story.moments("reopen"))
        contested = any(one.answer == 1 and one.solved in ("partly", "no") for one in story.verdicts)
        return not (story.moments("ask") or came_back or contested or (later and min(later) <= at + within))

    return share(sum(was_enough(*one) for one in answered), len(answered))


def open_at_the_end(telling: Telling) -> list[Story]:
    """Neither answered for good nor closed, when the thirteen weeks were over."""
    end = telling.at_the_end

    def is_open(story: Story) -> bool:
        turns = [deed.verb for deed in story.deeds if deed.verb in ("reply", "reopen") and deed.at and deed.at < end]
        return story.submitted_at < end and (not turns or turns[-1] == "reopen")

    return [story for story in telling.cases if is_open(story)]


def age_of_open(telling: Telling, q: float) -> Truth:
    """Open time since the person spoke, without that of waiting."""
    ages, end = [], telling.at_the_end
    for story in open_at_the_end(telling):
        waited = sum(open_seconds(start, min(until or end, end)) for start, until in suspended(story))
        ages.append(open_seconds(story.submitted_at, end) - waited)
    return quantile(ages, q, 1e-9)


# What persons said of the answers.


def confirmed(telling: Telling) -> Truth:
    """Of those who said something of an answer, last: it is solved."""
    last = [max(story.verdicts, key=lambda one: one.answer).solved for story in telling.said() if story.verdicts]
    return share(last.count("yes"), len(last))


def satisfied_after(telling: Telling) -> Truth:
    given = [one.csat for story in telling.said() for one in story.verdicts if one.csat is not None]
    return share(sum(one >= 4 for one in given), len(given))


# What stands out.


def by_week(telling: Telling, topic: str) -> Counter[date]:
    """How often something was said, by the Monday of the week."""
    said = [story for story in telling.said() if story.feedback.get("topic") == topic]
    return Counter(monday_of(telling.day(story.submitted_at)) for story in said)


def difference(now: Truth, before: Truth) -> tuple[float, Bounds]:
    """Of two shares, and how far chance may have moved it."""
    assert now.value is not None and before.value is not None and now.bounds and before.bounds  # noqa: S101, PT018
    one, other = _both(now.bounds), _both(before.bounds)
    return now.value - before.value, intervals.newcombe(now.value, one, before.value, other)


def _both(bounds: Bounds) -> tuple[float, float]:
    low, high = bounds
    assert low is not None and high is not None  # noqa: S101, PT018
    return low, high


def in_order(story: Story) -> bool:
    """Whether everything was done after what came before it."""
    moments = [story.submitted_at, *(deed.at for deed in story.deeds if deed.at)]
    return all(one <= following for one, following in pairwise(moments))
