"""Every figure of made-up stories, against a recount by other means than facts and rollups."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from libs.contracts.cases import CaseAcknowledged, CaseAssigned, CaseOpened, CaseReplied
from libs.contracts.feedback import FeedbackEvaluated
from tests.services.analytics.logs import Story, chance_of, random_stories
from tests.services.analytics.reading import TORONTO, Readers

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
DAY = timedelta(days=1)
NAMES = "volume,acknowledge_time,reply_time,met_of_due,standard_met,csat,resolution_confirmed_rate"
SetClock = Callable[[datetime], None]


async def test_every_figure_is_what_a_recount_of_the_stories_gives(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """Counted from the stories themselves, by other means than facts and rollups."""
    stories = random_stories(chance_of(11), 250, MONDAY, 15)
    now, first, end = MONDAY + 20 * DAY, date(2026, 3, 5), date(2026, 4, 1)
    await readers.read(stories)
    at(now)

    for by in ("channel", "team", "language", None):
        parameters = {"by": by} if by else {}
        expected = {value: recounted(told, first, end, now) for value, told in grouped(stories, by).items()}
        answer = await http.get("/v1/kpis", params={"names": NAMES, "from": str(first), "to": str(end), **parameters})
        seen: dict[str, dict[Any, Any]] = defaultdict(dict)
        for one in answer.json()["figures"]:
            value = one["filters"][by] if by else ""
            seen[value] |= numbers(one)
        assert seen == {value: numbers for value, numbers in expected.items() if value in seen}
        assert {value for value, numbers in expected.items() if numbers["volume"]} <= seen.keys()


def grouped(stories: list[Story], by: str | None) -> dict[str, list[Story]]:
    groups = defaultdict(list)
    for one in stories:
        match by:
            case None:
                value = ""
            case "team":
                value = one.case_events[-1].event.team if one.case_events else "unassigned"  # type: ignore[attr-defined]
            case "language":
                redacted = [told.event for told in one.feedback_events if hasattr(told.event, "language_confidence")]
                value = (redacted[0].language if redacted else one.language) or "unassigned"
            case _:
                value = getattr(one, by)
        groups[value].append(one)
    return groups


def numbers(one: dict[str, Any]) -> dict[Any, Any]:
    """What of a figure is compared."""
    match one["name"]:
        case "volume":
            return {"volume": one["value"]}
        case "acknowledge_time" | "reply_time":
            key = (one["name"], one["unit"], one["quantile"])
            return {key: (one["n"], None if one["value"] is None else pytest.approx(one["value"], rel=0.01))}
        case "met_of_due":
            return {("met_of_due", one["clock"]): (one["numerator"], one["denominator"])}
        case "standard_met":
            ratio = (one["numerator"], one["denominator"], one["companions"]["open_breached"]["value"])
            return {("standard_met", one["clock"]): ratio}
        case "csat":
            beside = [one["companions"][by] for by in ("assisted", "staff")]
            return {"csat": [(ratio["numerator"], ratio["denominator"]) for ratio in (one, *beside)]}
        case _:
            beside = [one["companions"][name] for name in ("partly", "answered_of_asked")]
            return {"resolution": [(ratio["numerator"], ratio["denominator"]) for ratio in (one, *beside)]}


def recounted(stories: list[Story], first: date, end: date, now: datetime) -> dict[Any, Any]:
    def is_in(moment: datetime) -> bool:
        return first <= moment.astimezone(TORONTO).date() < end

    counts: Counter[Any] = Counter()
    taken: dict[Any, list[float]] = defaultdict(list)
    for one in stories:
        events = [told.event for told in one.case_events]
        counts.update(clocks_of(events, is_in, now))
        if not is_in(one.submitted_at):
            continue
        counts["volume"] += 1
        for rating in one.ratings:
            if rating.measure == "csat":
                counts["marks", rating.answered_by] += 1
                counts["good marks", rating.answered_by] += rating.value >= 4
        final = [event for event in events if isinstance(event, CaseReplied) and not event.interim]
        by_humans = [event for event in events if isinstance(event, CaseAcknowledged) and not event.automatic]
        for step, said in (("reply_time", final), ("acknowledge_time", by_humans + final)):
            if said:
                earliest = min(said, key=lambda event: event.effective_at)
                taken[step, "elapsed_hours"].append(earliest.elapsed_seconds / 3600)
                taken[step, "business_hours"].append(earliest.business_seconds / 3600)
        if final:
            counts["asked"] += 1
            said_so = [told.event.solved for told in one.feedback_events if isinstance(told.event, FeedbackEvaluated)]
            if said_so:
                counts["solved", said_so[-1]] += 1
    answered = counts["solved", "yes"] + counts["solved", "partly"] + counts["solved", "no"]
    return {
        "volume": counts["volume"],
        **{
            (step, unit, name): (len(taken[step, unit]), quantile(taken[step, unit], q))
            for step in ("acknowledge_time", "reply_time")
            for unit in ("elapsed_hours", "business_hours")
            for name, q in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95))
        },
        **{("met_of_due", clock): (counts["met", clock], counts["due", clock]) for clock in ("acknowledge", "reply")},
        **{
            ("standard_met", clock): (
                counts["ended in time", clock],
                counts["ended", clock],
                counts["open", clock],
            )
            for clock in ("acknowledge", "reply")
        },
        "csat": [(counts["good marks", by], counts["marks", by]) for by in ("person", "assisted", "staff")],
        "resolution": [
            (counts["solved", "yes"], answered),
            (counts["solved", "partly"], answered),
            (answered, counts["asked"]),
        ],
    }


def clocks_of(events: list[Any], is_in: Callable[[datetime], bool], now: datetime) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    clocks: dict[str, tuple[datetime | None, Any]] = {}
    for event in events:
        if isinstance(event, CaseOpened | CaseAssigned):
            clocks |= {clock.clock: (clock.due_at, None) for clock in event.clocks}
        if isinstance(event, CaseAcknowledged | CaseReplied):
            clocks |= {clock.clock: (clock.due_at, clock) for clock in event.ended}
    for name, (due_at, ended) in clocks.items():
        if due_at and is_in(due_at) and due_at <= now:
            counts["due", name] += 1
            counts["met", name] += ended is not None and ended.ended_at <= due_at
            counts["open", name] += ended is None
        if due_at and ended and is_in(ended.ended_at):
            counts["ended", name] += 1
            counts["ended in time", name] += ended.ended_at <= due_at
    return counts


def quantile(seconds: list[float], q: float) -> float | None:
    """By linear interpolation between the two nearest ranks."""
    if not seconds:
        return None
    ordered, place = sorted(seconds), q * (len(seconds) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return round(ordered[low] + (place - low) * (ordered[high] - ordered[low]), 6)
