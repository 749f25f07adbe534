"""A quarter of a public service, made up by chance: feedback with every turn that a case can take."""

import random
from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

from libs.contracts.codes import scale_of
from libs.contracts.feedback import Rating, SubmittedBy
from libs.contracts.interactions import InteractionsReported
from libs.contracts.organisation import CalendarPublished, organisation_id_of
from tests.services.analytics.logs import Story, Told

TORONTO = ZoneInfo("America/Toronto")
FIRST = datetime(2026, 1, 1, 5, tzinfo=UTC)
NOW = datetime(2026, 4, 10, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MEASURES = ("csat", "nps", "ces", "trust", "effectiveness", "ease", "efficiency", "transparency", "humanity")
OPENS, CLOSES = 9 * 3600, 17 * 3600


def stories_of_a_quarter(chance: random.Random, how_many: int) -> list[Story]:
    """Everything that was told by `NOW`."""
    persons = [uuid5(NAMESPACE_OID, f"person {number}") for number in range(how_many // 3)]
    stories: list[Story] = []
    for number in range(how_many):
        story = _submitted(chance, uuid5(NAMESPACE_OID, f"feedback {number}"), persons)
        if chance.random() < 0.85:
            _work(chance, story, stories)
        stories.append(story)
    return stories


def interactions(chance: random.Random) -> list[Told]:
    """Of two services out of three, by day and channel; some reported a second time. One of them reports nothing on
    Thursdays, nor in two weeks from the middle of one to the middle of another.
    """
    told = []
    for day in range(90):
        on = date(2026, 1, 1) + timedelta(days=day)
        for service in ("passports", "tax")[day % 7 == 0 or 40 <= day < 54 :]:
            for channel in ("phone", "counter"):
                subject = uuid5(NAMESPACE_OID, f"{on} {service} {channel}")
                for version in range(1, chance.choice([2, 2, 3])):
                    event = InteractionsReported(
                        on=on,
                        interaction="call",
                        channel=channel,
                        service=service,
                        count=chance.randint(20, 60),
                        source="partner",
                        reported_at=NOW,
                    )
                    told.append(Told("intake", subject, version, NOW, event))
    return told


def open_hours() -> list[tuple[datetime, datetime]]:
    """Nine to five in Toronto, Monday to Friday."""
    days = [date(2025, 12, 1) + timedelta(days=number) for number in range(200)]
    return [
        (
            datetime.combine(day, time(9), TORONTO).astimezone(UTC),
            datetime.combine(day, time(17), TORONTO).astimezone(UTC),
        )
        for day in days
        if day.weekday() < 5
    ]


def calendar() -> Told:
    cumulative, so_far = {}, 0
    for number in range(200):
        day = date(2025, 12, 1) + timedelta(days=number)
        cumulative[day] = so_far
        so_far += 8 * 3600 if day.weekday() < 5 else 0
    event = CalendarPublished(
        code="office",
        calendar_version=1,
        time_zone=TORONTO.key,
        weekly_hours=dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ((OPENS, CLOSES),)),
        cumulative=cumulative,
        published_at=FIRST,
    )
    return Told("routing", organisation_id_of("calendar", "office"), 1, FIRST, event)


def _submitted(chance: random.Random, feedback_id: UUID, persons: list[UUID]) -> Story:
    story = Story(
        feedback_id=feedback_id,
        submitted_at=FIRST + chance.randrange(int((NOW - FIRST).total_seconds())) * timedelta(seconds=1),
        channel=chance.choice(["web", "phone", "counter"]),
        kind=chance.choice(["complaint", "complaint", "enquiry", "compliment", None]),
        service=chance.choice(["passports", "tax", "permits", None]),
        topic=chance.choice(["delay", "staff", None]),
        language=chance.choice(["fr", "en", None]),
        ratings=tuple(
            Rating(measure=measure, value=chance.randint(*scale_of(measure)), answered_by=by)
            for measure in MEASURES
            for by in ("person", "person", "assisted", "staff")
            if chance.random() < 0.15
        ),
        details={
            "source": chance.choice(["web_form", "staff", "device"]),
            "phase": chance.choice(["apply", "wait", None]),
            "respondent": chance.choice(["client", None]),
            "service_point": chance.choice(["quebec", "ottawa", None]),
            "person_ref": chance.choice(persons) if chance.random() < 0.5 else None,
            "submitted_by": SubmittedBy(role=chance.choice(["self", "relative"])) if chance.random() < 0.2 else None,
        },
    ).submitted()
    at = story.submitted_at
    if chance.random() < 0.5:
        story.redacted(chance.choice(["fr", "en", "es"]))
    if chance.random() < 0.15 and at + HOUR <= NOW:
        story.reclassified(at + HOUR, **chance.choice([{"kind": "complaint"}, {"service": "tax"}, {"language": "en"}]))
    return story


def _work(chance: random.Random, story: Story, before: list[Story]) -> None:  # noqa: PLR0912, PLR0915 - one a verb
    """Step by step, until now comes."""
    at = story.submitted_at + chance.randrange(1800) * timedelta(seconds=1)
    if at > NOW:
        return
    due = {"acknowledge": at + 2 * DAY, "reply": _midnight_after(at + 14 * DAY)}
    due |= {"resolve": at + 30 * DAY} if chance.random() < 0.5 else {}
    if chance.random() < 0.1:
        story.opened("triage").promised(at, **due)
    else:
        story.opened("triage", **due)
    opened = [one for one in before if one.case_events]
    answer, replied_at, asked_at = 0, at, at
    for step in _steps(chance):
        at += chance.choice([0, 1, 20, 100, 200, 400]) * HOUR * chance.random()
        at = at.replace(microsecond=0)
        if at > NOW:
            return
        match step:
            case "assign":
                story.assigned(chance.choice(["north", "south"]), at)
            case "transfer":
                story.transferred(chance.choice(["north", "south", "east"]), at)
            case "acknowledge":
                story.acknowledged(at, automatic=chance.random() < 0.2)
            case "ask":
                story.asked(at)
                asked_at = at
            case "unask":
                story.unasked(at, asked_at)
            case "message":
                story.message(at)
            case "suspend":
                story.suspended(at)
            case "resume":
                story.resumed(at)
            case "extend" if "reply" in story.clocks:
                due_at = story.clocks["reply"].due_at
                if due_at is not None and at < due_at:
                    story.extended(at, "reply", due_at + 10 * DAY)
            case "link" if opened:
                story.linked(chance.choice(opened), at)
            case "reply" | "reply again":
                answer, replied_at = answer + 1, at
                outcome = chance.choice(["upheld", "not_upheld", "declined", "referred"])
                story.replied(at, answer, outcome, late_entry=chance.random() < 0.2)
                if chance.random() < 0.5 and at + HOUR <= NOW:
                    _evaluate(chance, story, answer, at + HOUR)
            case "undelivered" if story.ended.get(answer):
                story.undelivered(answer, at)
            case "delivered" if story.lost.get(answer):
                story.delivered(answer, at, replied_at)
            case "reopen":
                story.reopened(at, at + 10 * DAY)
            case "withdraw":
                story.withdrawn(at)
            case "close":
                story.closed(at, replied_at)


def _midnight_after(at: datetime) -> datetime:
    """The end of that day."""
    return datetime.combine(at.astimezone(TORONTO).date() + DAY, time.min, TORONTO).astimezone(UTC)


def _steps(chance: random.Random) -> list[str]:
    """What happens to a case, in an order in which it can."""
    steps = ["assign"]
    steps += [one for one in ("transfer", "acknowledge", "transfer") if chance.random() < 0.4]
    steps += ["ask", *(["unask"] if chance.random() < 0.3 else [])] if chance.random() < 0.2 else []
    steps += [one for one in ("message", "extend", "link") if chance.random() < 0.2]
    if chance.random() < 0.3:
        steps.append("suspend")
        if chance.random() < 0.2:
            return steps
        steps.append("resume")
    if chance.random() < 0.1:
        return [*steps, "withdraw"]
    if chance.random() < 0.2:
        return steps
    steps.append("reply")
    if chance.random() < 0.15:
        return [*steps, "undelivered", *chance.choice([["reply again"], ["reply again"], ["delivered"], []])]
    steps += ["close"] if chance.random() < 0.5 else []
    if chance.random() < 0.2:
        steps += ["reopen", "reply again"] if chance.random() < 0.7 else ["reopen"]
        steps += ["close"] if chance.random() < 0.5 and steps[-1] == "reply again" else []
    return steps


def _evaluate(chance: random.Random, story: Story, answer: int, at: datetime) -> None:
    ratings = tuple(
        Rating(measure="csat", value=chance.randint(1, 5), answered_by=by)
        for by in ("person", "staff")
        if chance.random() < 0.6
    )
    story.evaluated(answer, chance.choice(["yes", "partly", "no"]), at, ratings)
