"""What is said to the agency, day by day: through which channel, about what, with which marks."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from examples.pension_agency import wording
from examples.pension_agency.hours import DAY, ZONE, is_open_on, windows
from examples.pension_agency.people import Person, somebody
from examples.pension_agency.stories import Story

DAYS = 91
"""Thirteen weeks."""
SURGE_AFTER, SURGE_TOPIC, SURGE_SERVICE = timedelta(weeks=8), "late-payment", "pension-payments"
BETTER_OFFICE = "gatineau"
OFFICES = tuple(wording.OFFICES)

WEEKDAYS = (1.35, 1.15, 1.0, 0.95, 0.8, 0.3, 0.22)
"""How much is said on a Monday, on a Tuesday …"""
HOURS = {
    "always": dict(zip(range(7, 23), (1, 2, 4, 5, 4, 5, 4, 4, 4, 3, 3, 4, 6, 7, 5, 2), strict=True)),
    "open": {8: 3, 9: 9, 10: 8, 11: 5, 13: 5, 14: 4, 15: 3, 16: 1, 17: 1},
}
CHANNELS = {"web": 34, "app": 6, "email": 7, "phone": 33, "counter": 14, "letter": 6}
ALWAYS_OPEN = ("web", "app", "email")
SENDERS = {
    **dict.fromkeys(ALWAYS_OPEN, "pension-website"),
    "phone": "pension-call-centre",
    "counter": "pension-counters",
    "letter": "pension-counters",
}
SERVICES = {
    "retirement-pension": 30,
    "survivor-pension": 12,
    "disability-pension": 16,
    "pension-payments": 20,
    "pension-account": 12,
    "office-visits": 10,
}
TOPICS = {
    "retirement-pension": {
        "slow-file": 30,
        "wrong-amount": 25,
        "unclear-letter": 25,
        "long-wait": 12,
        "welcome": 10,
        "lost-document": 8,
    },
    "survivor-pension": {"slow-file": 35, "lost-document": 18, "unclear-letter": 25, "welcome": 22},
    "disability-pension": {
        "slow-file": 45,
        "lost-document": 15,
        "wrong-amount": 12,
        "hard-to-reach": 12,
        "welcome": 10,
    },
    "pension-payments": {"late-payment": 28, "wrong-amount": 40, "unclear-letter": 20, "long-wait": 12},
    "pension-account": {"online-trouble": 75, "unclear-letter": 10, "welcome": 6, "hard-to-reach": 9},
    "office-visits": {"long-wait": 42, "welcome": 40, "hard-to-reach": 18},
}
PLEASES = {"welcome": 0.78, "long-wait": 0.4, "late-payment": 0.2, "wrong-amount": 0.36, "online-trouble": 0.33}
"""The share that is content, by topic; of the others a half."""
OF_OFFICE = {"laval": 0.7, "longueuil": 0.62, "sherbrooke": 0.74}
KIOSK_SHARE = 0.5
_OF_THE_FIRST_TIME = ("ratings", "service_point", "interaction", "submitted_by")


@dataclass(frozen=True)
class Size:
    """How much is said on a day of an ordinary weight."""

    a_day: float

    def on(self, rng: Random, day: date) -> int:
        mean = self.a_day * WEEKDAYS[day.weekday()] * (1.0 if is_open_on(day) else 0.6 if day.weekday() < 5 else 1.0)
        return max(0, round(rng.gauss(mean, mean**0.5)))


def spoken(rng: Random, first: date, size: Size) -> list[Story]:
    """Everything that was said in the thirteen weeks, in order."""
    stories: list[Story] = []
    people, surge = 0, surge_week(first)
    for place in range(DAYS):
        day = first + place * DAY
        for _ in range(size.on(rng, day)):
            if is_open_on(day) and rng.random() < KIOSK_SHARE:
                stories.append(_at_a_kiosk(rng, day, place))
            else:
                people += 1
                stories.append(_by_somebody(rng, day, place, people))
        if monday_of(day) == surge and day.weekday() < 5:
            for _ in range(round(size.a_day * 0.28) + 1):
                people += 1
                stories.append(_by_somebody(rng, day, place, people, surge=True))
    stories += _coming_back(rng, stories, first + DAYS * DAY)
    stories.sort(key=lambda one: one.submitted_at)
    return stories


def monday_of(day: date) -> date:
    return day - day.weekday() * DAY


def surge_week(first: date) -> date:
    """The Monday of a week in which one thing goes wrong, for many."""
    return monday_of(first + SURGE_AFTER) + 7 * DAY


def pleased_at(office: str, place: int) -> float:
    """The share that is content with an office on a day: one of them gets better from the sixth week on."""
    if office != BETTER_OFFICE:
        return OF_OFFICE[office]
    return 0.4 + 0.42 * min(1.0, max(0.0, (place - 35) / 28))


def mark(rng: Random, pleased: float) -> int:
    """1 to 5."""
    if rng.random() < pleased:
        return rng.choice((4, 4, 5, 5, 5))
    return rng.choice((1, 1, 2, 2, 3, 3, 3))


def _at_a_kiosk(rng: Random, day: date, place: int) -> Story:
    """Marks alone."""
    office = rng.choices(OFFICES, (3, 4, 3, 2))[0]
    pleased = pleased_at(office, place)
    ratings = [{"measure": "csat", "value": mark(rng, pleased)}]
    if rng.random() < 0.35:
        ratings.append({"measure": "ces", "value": rng.randint(5, 7) if rng.random() < pleased else rng.randint(1, 4)})
    return Story("", f"pension-kiosk-{office}", _moment(rng, day, "counter"), {"ratings": ratings})


def _by_somebody(rng: Random, day: date, place: int, number: int, *, surge: bool = False) -> Story:
    channels = {name: weight for name, weight in CHANNELS.items() if is_open_on(day) or name in ALWAYS_OPEN}
    channel = _one_of(rng, {"web": 5, "phone": 4} if surge and is_open_on(day) else channels)
    service = SURGE_SERVICE if surge else _one_of(rng, SERVICES)
    topic = SURGE_TOPIC if surge else _one_of(rng, TOPICS[service])
    person = somebody(rng, number)
    office = rng.choice(OFFICES) if channel == "counter" or service == "office-visits" else None
    pleased = PLEASES.get(topic, 0.5)
    if office and topic in ("welcome", "long-wait"):
        pleased = (pleased + pleased_at(office, place)) / 2
    kind = _kind(rng, topic, pleased, surge=surge)
    return Story(
        reference="",
        sender=SENDERS[channel],
        submitted_at=_moment(rng, day, channel),
        feedback=_feedback(rng, person, channel, service, topic, kind, office, pleased),
        person=person.number if person.linkable else None,
    )


def _feedback(
    rng: Random, person: Person, channel: str, service: str, topic: str, kind: str, office: str | None, pleased: float
) -> dict[str, Any]:
    proxy = "relative" if (chance := rng.random()) < 0.08 else "representative" if chance < 0.11 else None
    body: dict[str, Any] = {
        "channel": channel,
        "kind": kind,
        "service": service,
        "topic": topic,
        "language": person.language,
        "text": wording.said(rng, person.language, topic, kind, office=office, proxy=proxy),
        "person": person.contact(),
        "ratings": _ratings(rng, channel, pleased if kind != "compliment" else 0.97),
        "respondent": "client" if rng.random() < 0.9 else "potential_client",
    }
    if office or channel == "phone":
        body["service_point"] = office or "pension-line"
    if person.linkable:
        body["consent"] = [{"purpose": "link", "given": True}, {"purpose": "contact", "given": True}]
    if proxy:
        body["submitted_by"] = {"role": proxy, "authority": "declared" if proxy == "relative" else "evidenced"}
    if channel == "phone" and rng.random() < 0.6:
        body["interaction"] = {
            "waiting_seconds": int(rng.expovariate(1 / 420)),
            "handling_seconds": rng.randint(90, 900),
        }
    return body


def _ratings(rng: Random, channel: str, pleased: float) -> list[dict[str, Any]]:
    """Most who write give a mark; on the telephone the agent asks, and helps."""
    by = {"answered_by": "assisted"} if channel in ("phone", "counter") and rng.random() < 0.5 else {}
    if channel == "letter" or rng.random() < 0.35:
        return []
    given: list[dict[str, Any]] = [{"measure": "csat", "value": mark(rng, pleased), **by}]
    if rng.random() < 0.4:
        value = rng.randint(8, 10) if rng.random() < pleased * 0.9 else rng.randint(0, 8)
        given.append({"measure": "nps", "value": value, **by})
    given += [
        {"measure": name, "value": mark(rng, pleased + more), **by}
        for name, more in (("trust", 0.08), ("ease", -0.05), ("humanity", 0.12))
        if rng.random() < 0.25
    ]
    return given


def _kind(rng: Random, topic: str, pleased: float, *, surge: bool) -> str:
    if surge:
        return rng.choices(("complaint", "enquiry"), (85, 15))[0]
    if topic == "welcome":
        return "compliment" if rng.random() < pleased else "complaint"
    return rng.choices(("complaint", "enquiry", "service_request", "suggestion"), (52, 24, 9, 15))[0]


def _coming_back(rng: Random, stories: list[Story], end: date) -> list[Story]:
    """Some who can be linked speak again, of the same thing, some days later."""
    again = []
    for story in stories:
        if story.person is None or not story.has_case or rng.random() > 0.16:
            continue
        later = story.submitted_at + timedelta(days=rng.randint(3, 24), minutes=rng.randint(0, 400))
        if later.astimezone(ZONE).date() >= end:
            continue
        body = {name: value for name, value in story.feedback.items() if name not in _OF_THE_FIRST_TIME}
        body |= {"channel": "web", "kind": "complaint", "ratings": _ratings(rng, "web", 0.15)}
        body["text"] = wording.said(rng, body["language"], body["topic"], "complaint", again=True)
        again.append(Story("", SENDERS["web"], later, body, person=story.person))
    return again


def _moment(rng: Random, day: date, channel: str) -> datetime:
    """At an hour at which such things are said; where somebody must be there, while it is open."""
    while True:
        hour = _one_of(rng, HOURS["always" if channel in ALWAYS_OPEN else "open"])
        local = datetime(day.year, day.month, day.day, int(hour), rng.randint(0, 59), rng.randint(0, 59), tzinfo=ZONE)
        at = local.astimezone(UTC)
        if channel in ALWAYS_OPEN or any(opens <= at < closes for opens, closes in windows(day)):
            return at


def _one_of(rng: Random, weights: dict[Any, int]) -> Any:
    return rng.choices(list(weights), list(weights.values()))[0]
