"""What the system says of the agency, each figure beside what it must be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.importing.doors import Door
from examples.pension_agency import truth
from examples.pension_agency.generator import World
from examples.pension_agency.stories import Story
from examples.pension_agency.truth import Telling, Truth

Span = tuple[date, date]
Said = dict[str, Any]
"""A figure as `GET /v1/kpis` gives it."""

SMALLEST = 1e-6
"""Bounds are found by searching: they agree to so much."""


@dataclass(frozen=True)
class Checked:
    """A line of the table: what the system says, what must be, and whether they are the same."""

    title: str
    said: Said
    truth: Truth
    wrong: str = ""


@dataclass
class Standing:
    """What stands out, in a sentence; its figures are among those that are checked."""

    lines: list[str] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """How a figure is asked for, and its truth."""

    title: str
    name: str
    truth: Callable[[Telling], Truth]
    where: Mapping[str, Any] = field(default_factory=dict)
    """Which of the answer's figures: `clock`, `quantile`, `unit`."""
    weeks_before: int = 0
    """The span ends so many weeks earlier: the window after the fact must have passed."""

    def is_of(self, said: Said) -> bool:
        """Whether a figure is the one that is asked for."""
        return said["name"] == self.name and all(said[name] == value for name, value in self.where.items())


def _end(telling: Telling, weeks: int) -> date:
    return telling.world.end - timedelta(weeks=weeks)


def _time(title: str, name: str, until: Callable[[Story], datetime | None], quantile: str, unit: str) -> Asked:
    share = {"p50": 0.5, "p90": 0.9, "p95": 0.95}[quantile]
    return Asked(
        title,
        name,
        lambda telling: truth.time_taken(telling, until, share, business=unit == "business_hours"),
        {"quantile": quantile, "unit": unit},
    )


WEEKS_FOR_FIRST_CONTACT, WEEKS_FOR_REOPENING = 2, 5

TABLE = (
    Asked("Feedback received", "volume", truth.volume),
    Asked("Complaints per 1,000 contacts", "complaint_rate", truth.complaint_rate),
    Asked("Satisfied (4–5 of 5)", "csat", lambda telling: truth.favourable(telling.said())),
    Asked("Satisfaction, mean", "csat_mean", truth.mean_mark),
    Asked("It was easy (5–7 of 7)", "ces", lambda telling: truth.favourable(telling.said(), "ces", 5)),
    Asked("Net promoters", "nps", truth.net_promoters),
    Asked("Trust", "trust", lambda telling: truth.favourable(telling.said(), "trust")),
    Asked("Ease", "ease", lambda telling: truth.favourable(telling.said(), "ease")),
    Asked("Humanity", "humanity", lambda telling: truth.favourable(telling.said(), "humanity")),
    _time("Acknowledged after, half of them", "acknowledge_time", truth.acknowledged_at, "p50", "business_hours"),
    _time("Acknowledged after, nine of ten", "acknowledge_time", truth.acknowledged_at, "p90", "business_hours"),
    _time("Answered after, half of them", "reply_time", truth.replied_at, "p50", "business_hours"),
    _time("Answered after, nine of ten", "reply_time", truth.replied_at, "p90", "business_hours"),
    _time("… as the person lived it, half", "reply_time", truth.replied_at, "p50", "elapsed_hours"),
    _time("… as the person lived it, nine of ten", "reply_time", truth.replied_at, "p90", "elapsed_hours"),
    _time("Resolved after, half of them", "resolve_time", truth.resolved_at, "p50", "elapsed_hours"),
    *(
        Asked(
            f"{title}, of all that fell due",
            "met_of_due",
            lambda telling, clock=clock: truth.met_of_due(telling, clock),  # type: ignore[misc]
            {"clock": clock},
        )
        for title, clock in (("Acknowledged in time", "acknowledge"), ("Answered in time", "reply"))
    ),
    Asked(
        "Answered in time, of those answered",
        "standard_met",
        lambda telling: truth.standard_met(telling, "reply"),
        {"clock": "reply"},
    ),
    Asked(
        "Settled at first contact",
        "first_contact_resolution",
        lambda telling: truth.enough_at_first(telling, _end(telling, WEEKS_FOR_FIRST_CONTACT)),
        weeks_before=WEEKS_FOR_FIRST_CONTACT,
    ),
    Asked(
        "Reopened within 30 days",
        "reopen_rate",
        lambda telling: truth.reopened(telling, _end(telling, WEEKS_FOR_REOPENING)),
        weeks_before=WEEKS_FOR_REOPENING,
    ),
    Asked("Transferred", "transfer_rate", truth.transferred),
    Asked("Waiting at the end", "backlog", lambda telling: truth.count(len(truth.open_at_the_end(telling)))),
    Asked("… for, half of them", "backlog_age", lambda telling: truth.age_of_open(telling, 0.5), {"quantile": "p50"}),
    Asked("Solved, as the person says", "resolution_confirmed_rate", truth.confirmed),
    Asked("Satisfied after the answer", "satisfaction_after", truth.satisfied_after),
)


class Analytics:
    """Figures about the agency's services in the thirteen weeks."""

    def __init__(self, manager: Door, world: World) -> None:
        self._manager, self._world = manager, world

    async def figures(self, *names: str, span: Span | None = None, **more: str) -> list[Said]:
        """Of the thirteen weeks, or of another span."""
        answer = await self._ask(span or (self._world.first, self._world.end), names=",".join(names), **more)
        found: list[Said] = answer["figures"]
        return found

    async def zone(self) -> ZoneInfo:
        """By whose days the system counts."""
        [figure] = await self.figures("volume")
        return ZoneInfo(figure["span"]["time_zone"])

    async def names_of(self, dimension: str) -> dict[str, str]:
        """What the values of a dimension are called."""
        answer = await self._ask((self._world.first, self._world.end), names="volume", by=dimension)
        return {code: name["en"] for code, name in answer["labels"].get(dimension, {}).items()}

    async def weeks(self) -> dict[str, dict[date, Said]]:
        """How often each topic came up, by the Monday of each week that is whole."""
        span = (self._world.first, self._world.end)
        answer = await self._ask(span, path="/v1/kpis/volume/series", grain="week", by="topic")
        return {
            line["filters"]["topic"]: {
                date.fromisoformat(point["from"]): point
                for point in line["points"]
                if date.fromisoformat(point["to"]) - date.fromisoformat(point["from"]) == timedelta(weeks=1)
            }
            for line in answer["lines"]
        }

    async def _ask(self, span: Span, *, path: str = "/v1/kpis", **more: str) -> Any:
        where = ",".join(f"service:{service}" for service in self._world.services)
        return await self._manager.get(path, **{"from": str(span[0]), "to": str(span[1]), "where": where, **more})


async def table(analytics: Analytics, telling: Telling) -> list[Checked]:
    """Every figure of the table, checked."""
    checked: list[Checked] = []
    spans = {asked.weeks_before for asked in TABLE}
    said = {
        weeks: await analytics.figures(
            *{one.name: None for one in TABLE if one.weeks_before == weeks},
            span=(telling.world.first, _end(telling, weeks)),
        )
        for weeks in spans
    }
    for asked in TABLE:
        figure = next(one for one in said[asked.weeks_before] if asked.is_of(one))
        checked.append(check(asked.title, figure, asked.truth(telling)))
    return checked


def check(title: str, said: Said, true: Truth) -> Checked:
    """Value, number of observations, numerator and interval: each must be as generated."""
    wrong = []
    if said["n"] != true.n:
        wrong.append(f"n is {said['n']}, and {true.n} were made")
    if true.numerator is not None and said["numerator"] != true.numerator and true.n:
        wrong.append(f"the numerator is {said['numerator']}, and {true.numerator} were made")
    if not _same(said["value"], true.value, true.error):
        wrong.append(f"the value is {said['value']}, and {true.value} was made")
    if true.bounds is not None:
        for one, other in zip(said["interval"] or (None, None), true.bounds, strict=True):
            if not _same(one, other, true.error):
                wrong.append(f"a bound is {one}, and {other} by the definition")
    return Checked(title, said, true, "; ".join(wrong))


def _same(one: float | None, other: float | None, error: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(error * abs(other), SMALLEST)
