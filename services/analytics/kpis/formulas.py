"""Which figure is computed by what, and what must be read for it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.kpis import ratios, survey
from services.analytics.kpis.backlog import Waiting, backlog, backlog_age, read_backlog
from services.analytics.kpis.contacts import (
    Contacts,
    FirstContacts,
    complaint_rate,
    first_contact_resolution,
    read_contacts,
    read_first_contacts,
)
from services.analytics.kpis.definitions import KpiName
from services.analytics.kpis.facts import Values
from services.analytics.kpis.plan import Period
from services.analytics.kpis.quantities import Part
from services.analytics.kpis.question import Question
from services.analytics.kpis.reading import Numbers, Place, read
from services.analytics.kpis.times import times

TIMES: tuple[KpiName, ...] = ("assign_time", "acknowledge_time", "reply_time", "resolve_time")
DUE: tuple[KpiName, ...] = ("met_of_due", "standard_met")
DRIVERS: tuple[KpiName, ...] = ("trust", "effectiveness", "ease", "efficiency", "transparency", "humanity")
BACKLOG: tuple[KpiName, ...] = ("backlog", "backlog_age")


@dataclass
class Read:
    """All that the figures of a question are computed from."""

    numbers: Numbers
    waiting: Waiting = field(default_factory=Waiting)
    first_contacts: FirstContacts = field(default_factory=FirstContacts)
    contacts: Contacts = field(default_factory=Contacts)

    def values(self, name: KpiName) -> list[Values]:
        """The values that a figure is given for; of no breakdown, its one."""
        if not self.numbers.question.by:
            return [()]
        of_its_own: Mapping[KpiName, set[Values]] = {
            "complaint_rate": self.contacts.values,
            **dict.fromkeys(BACKLOG, self.waiting.values),
        }
        return sorted({*self.numbers.values, *of_its_own.get(name, set())})

    def parts(self, name: KpiName, place: Place) -> list[Part]:
        match name:
            case "backlog":
                return backlog(self.waiting, place)
            case "backlog_age":
                return backlog_age(self.waiting, place)
            case "complaint_rate":
                return complaint_rate(self.numbers, self.contacts, place)
            case "first_contact_resolution":
                return first_contact_resolution(self.numbers, self.first_contacts, place)
        return _OF_NUMBERS[name](self.numbers, place)


async def read_all(session: AsyncSession, question: Question, periods: Sequence[Period]) -> Read:
    """What the named figures need, once for all of them."""
    names = set(question.names)
    due, buckets = not names.isdisjoint(DUE), not names.isdisjoint(TIMES)
    numbers = await read(session, question, periods, due=due, buckets=buckets)
    found = Read(numbers)
    if not names.isdisjoint(BACKLOG):
        found.waiting = await read_backlog(session, question, periods, ages="backlog_age" in names)
    if "first_contact_resolution" in names:
        found.first_contacts = await read_first_contacts(session, numbers)
    if "complaint_rate" in names:
        found.contacts = await read_contacts(session, question, periods)
    return found


Formula = Callable[[Numbers, Place], list[Part]]

_OF_NUMBERS: dict[KpiName, Formula] = {
    "volume": ratios.volume,
    "csat": partial(survey.marked, survey.at_least(4), "csat"),
    "csat_mean": partial(survey.marked, survey.mean_satisfaction, "csat"),
    "nps": partial(survey.marked, survey.promoters_less_detractors, "nps"),
    "ces": partial(survey.marked, survey.at_least(5), "ces"),
    **{driver: partial(survey.marked, survey.at_least(4), driver) for driver in DRIVERS},
    **{step: partial(times, step) for step in TIMES},
    "met_of_due": ratios.met_of_due,
    "standard_met": ratios.standard_met,
    "reopen_rate": ratios.reopen_rate,
    "transfer_rate": ratios.transfer_rate,
    "resolution_confirmed_rate": ratios.resolution_confirmed_rate,
    "satisfaction_after": survey.satisfaction_after,
}
