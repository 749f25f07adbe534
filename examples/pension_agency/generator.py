"""Thirteen weeks of the agency, from a seed: the same seed and the same last day give the same, word for word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from examples.pension_agency.hours import DAY, end_of
from examples.pension_agency.speaking import DAYS, OFFICES, SERVICES, Size, spoken
from examples.pension_agency.stories import Count, Story
from examples.pension_agency.today import open_today
from examples.pension_agency.working import work

SEED = 1
ORDINARY_DAY = 44.0
"""How much is said on an ordinary day, at full size."""


@dataclass(frozen=True)
class World:
    """`end` is the day after the last of the thirteen weeks: the day on which it is told."""

    first: date
    end: date
    stories: Sequence[Story]
    """Of the thirteen weeks, in order."""
    today: Sequence[Story]
    counts: Sequence[Count]

    @property
    def services(self) -> list[str]:
        """Those that figures are about."""
        return sorted(SERVICES)


def generate(end: date, *, size: float = 1.0, seed: int = SEED) -> World:
    """The agency up to a day. `size` 1 is about 3,300 feedbacks, four in ten with a case."""
    rng = Random(f"{seed} {end.isoformat()} {size}")  # noqa: S311 - nobody's secret
    first = end - DAYS * DAY
    stories = spoken(rng, first, Size(ORDINARY_DAY * size))
    until = end_of(end - DAY)
    for story in stories:
        if story.has_case:
            work(rng, story, until)
    today = open_today(rng, end)
    for place, story in enumerate([*stories, *today]):
        _finish(story, f"pension-agency:{seed}:{place:05d}")
    return World(first, end, stories, today, _counts(rng, first, size))


def beginning(world: World) -> Story:
    """What is sent first of all: when it was said tells for ever on which day it all began."""
    body = {
        "channel": "web",
        "kind": "compliment",
        "service": "pension-agency",
        "topic": "welcome",
        "language": "fr",
        "text": "Bonne idée, ce nouveau formulaire. Je dirai ce que j’en pense.",
    }
    story = Story("", "pension-website", end_of(world.first) - DAY / 2, body)
    _finish(story, "pension-agency:the-first-day")
    return story


def _finish(story: Story, reference: str) -> None:
    """What is sent besides: its own id, when it was said, and that it is of before."""
    story.reference = reference
    story.feedback["submitted_at"] = story.submitted_at.isoformat()
    if story.sender.startswith("pension-kiosk"):
        story.feedback["idempotency_key"] = reference
    else:
        story.feedback |= {"external_reference": reference, **({} if story.live else {"historical": True})}


def _counts(rng: Random, first: date, size: float) -> list[Count]:
    """Page views, calls and visits by day and service: what complaints are held against."""
    counts = []
    for place in range(DAYS):
        day = first + place * DAY
        is_weekday = day.weekday() < 5
        for service, weight in SERVICES.items():
            if service != "office-visits":
                views, calls = rng.gauss(9, 1) * weight * size, rng.gauss(3, 0.4) * weight * size
                counts.append(_count("pension-website", day, "page_view", "web", service, views))
                if is_weekday:
                    counts.append(_count("pension-call-centre", day, "call", "phone", service, calls))
        for office in OFFICES if is_weekday else ():
            visits = rng.gauss(110, 12) * size
            counts.append(_count("pension-counters", day, "visit", "counter", "office-visits", visits, office))
    return counts


def _count(
    sender: str, on: date, interaction: str, channel: str, service: str, count: float, office: str | None = None
) -> Count:
    body: dict[str, object] = {"on": on.isoformat(), "interaction": interaction, "channel": channel, "service": service}
    if office:
        body["service_point"] = office
    return Count(sender, body | {"count": max(1, round(count))})
