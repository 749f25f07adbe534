"""Figures that look beyond one feedback: whether the person came back, and how many contacts there were in all."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.organisation import DEFAULT_CALENDAR
from services.analytics.facts.fact import Fact
from services.analytics.interactions.queries import REPORTED_BY, reported
from services.analytics.kpis import facts
from services.analytics.kpis.facts import Values, values_of
from services.analytics.kpis.plan import Period
from services.analytics.kpis.quantities import Part, per_1000, ratio, unknown
from services.analytics.kpis.question import Question
from services.analytics.kpis.reading import Numbers, Place, source_of
from services.analytics.reference import queries as reference
from services.analytics.reference.calendars import BusinessTable
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import UNASSIGNED

FIRST_CONTACT_WINDOW = timedelta(days=14)
REPORTED_WITHIN_DAYS = 3
"""From one with reports complaints count, or until the house opens again: who is closed has nothing to report."""
LONGEST_CLOSURE = timedelta(days=31)


@dataclass
class FirstContacts:
    """Answers to persons whose feedback can be linked, and those for which the person did not have to come back."""

    linkable: dict[Place, int] = field(default_factory=dict)
    resolved: dict[Place, int] = field(default_factory=dict)


@dataclass
class Contacts:
    """Interactions reported, and complaints of services at a time at which they report them."""

    counts: dict[Place, int] = field(default_factory=dict)
    complaints: dict[Place, int] = field(default_factory=dict)
    """Where the question is about services alone, or about everything together."""
    partial: set[Place] = field(default_factory=set)
    """Where there were complaints, too, of which no interactions tell; by service at most."""

    @property
    def values(self) -> set[Values]:
        return {values for _, values in self.counts}


async def read_first_contacts(session: AsyncSession, numbers: Numbers) -> FirstContacts:
    found = FirstContacts()
    async for fact, replied_at, next_contact_at in facts.answered_and_linkable(session, numbers.question):
        day = replied_at.astimezone(numbers.question.time_zone).date()
        place = (numbers.period_of(day), values_of(fact, numbers.question))
        found.linkable[place] = found.linkable.get(place, 0) + 1
        if _was_enough(fact, replied_at, next_contact_at):
            found.resolved[place] = found.resolved.get(place, 0) + 1
    return found


def first_contact_resolution(numbers: Numbers, contacts: FirstContacts, place: Place) -> list[Part]:
    linkable = contacts.linkable.get(place, 0)
    companions = {"linkable_share": ratio(linkable, numbers.of(place).get("replied", 0))}
    if not numbers.question.has_passed(FIRST_CONTACT_WINDOW, numbers.periods[place[0]][1]):
        return [Part(unknown("percent", linkable), "facts", companions=companions, flags=("immature",))]
    return [Part(ratio(contacts.resolved.get(place, 0), linkable), "facts", companions=companions)]


def _was_enough(fact: Fact, replied_at: datetime, next_contact_at: datetime | None) -> bool:
    until = replied_at + FIRST_CONTACT_WINDOW
    came_back = [datetime.fromisoformat(one) for one in (*fact.reopenings, *fact.links.values())]
    return not (
        any(datetime.fromisoformat(asked) <= replied_at for asked in fact.asked)
        or fact.solved(fact.standing[0]) in ("partly", "no")
        or any(datetime.fromisoformat(sent) <= replied_at for sent in fact.messages)
        or any(replied_at < at <= until for at in came_back)
        or (next_contact_at is not None and next_contact_at <= until)
    )


async def read_contacts(session: AsyncSession, question: Question, periods: Sequence[Period]) -> Contacts:
    """Where the question is about what interactions do not say, there are none."""
    found = Contacts()
    if not set(question.dimensions).issubset(REPORTED_BY):
        return found
    starts = [first for first, _ in periods]
    reporting: dict[date, set[str]] = {}
    first, end = question.first - LONGEST_CLOSURE, question.end + LONGEST_CLOSURE
    for row in await reported(session, {"service", *question.dimensions}, first, end):
        if row.is_of_all and "service" in question.dimensions:  # what was counted for all is of no service
            continue
        if "topic" in question.dimensions and row.topic == UNASSIGNED:  # nor is it of no topic
            continue
        if all(getattr(row, dimension) in values for dimension, values in question.where.items()):
            reporting.setdefault(row.on, set()).add("" if row.is_of_all else row.service)
            if row.reported and question.first <= row.on < question.end:
                place = (bisect_right(starts, row.on) - 1, tuple(getattr(row, dimension) for dimension in question.by))
                found.counts[place] = found.counts.get(place, 0) + row.reported
    await _see_which_are_covered(session, question, periods, reporting, found)
    return found


async def _see_which_are_covered(
    session: AsyncSession,
    question: Question,
    periods: Sequence[Period],
    reporting: dict[date, set[str]],
    found: Contacts,
) -> None:
    """A complaint of a service counts where interactions of it, or of all, were reported for about that day."""
    starts = [first for first, _ in periods]
    asked, house = question.where.get("service"), (await reference.calendars(session)).get(DEFAULT_CALENDAR)
    for row in await rollups.days(session, question.live, "service", question.first, question.end, asked):
        complaints = row.counters.get("complaints", 0)
        if not complaints:
            continue
        place = (bisect_right(starts, row.day) - 1, _of_service(question, row.value))
        services = set[str]().union(*(reporting.get(day, ()) for day in _about(row.day, house)))
        if "" in services or row.value in services:
            found.complaints[place] = found.complaints.get(place, 0) + complaints
        else:
            found.partial.add(place)


def _about(day: date, house: BusinessTable | None) -> Iterator[date]:
    yield day
    for step in (timedelta(days=-1), timedelta(days=1)):
        other, was_open = day, False
        for passed in range(1, LONGEST_CLOSURE.days + 1):
            other += step
            was_open = was_open or house is None or house.is_open_on(other)
            yield other
            if passed >= REPORTED_WITHIN_DAYS and was_open:
                break


def _of_service(question: Question, service: str) -> Values:
    return (service,) if "service" in question.by else ()


def complaint_rate(numbers: Numbers, contacts: Contacts, place: Place) -> list[Part]:
    question, interactions = numbers.question, contacts.counts.get(place, 0)
    source = source_of(numbers.counters_from)
    if not interactions:
        return [Part(unknown("per_1000", 0), source, flags=("no_denominator",))]
    period, values = place
    service = dict(zip(question.by, values, strict=True)).get("service", "")
    is_partial = (period, _of_service(question, service)) in contacts.partial
    of_services = {"service"}.issuperset(question.dimensions)
    complaints = contacts.complaints.get(place, 0) if of_services else numbers.of(place).get("complaints", 0)
    return [Part(per_1000(complaints, interactions), source, flags=("partial_denominator",) if is_partial else ())]
