"""What the dashboard shows, from the same functions as the API: all of it read in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.languages import Bilingual
from services.analytics.as_of.schemas import AsOf
from services.analytics.kpis import service as kpis
from services.analytics.kpis.definitions import DEFINITIONS, KpiName
from services.analytics.kpis.schemas import Figure, Figures, KpiQuery, SeriesQuery, Span
from services.analytics.pages.dashboard.asked import Asked
from services.analytics.pages.dashboard.charts import Chart
from services.analytics.rollups.counters import Dimension
from services.analytics.settings import AnalyticsSettings

MAIN: tuple[KpiName, ...] = ("volume", "csat", "met_of_due", "backlog", "resolution_confirmed_rate")
CHARTED: tuple[KpiName, ...] = ("volume", "csat", "met_of_due", "backlog")
COMPARED: tuple[KpiName, ...] = ("csat", "met_of_due", "resolution_confirmed_rate", "transfer_rate")
SEARCHED: tuple[Dimension, ...] = ("service", "service_point", "channel", "topic", "team")
PROMISE = "reply"
"""The clock that stands for the promise, where there is one screen."""


@dataclass(frozen=True)
class Change:
    """Something that is not as it was, beyond what chance explains."""

    dimension: Dimension
    value: str
    label: Bilingual | None
    figure: Figure

    @property
    def size(self) -> float:
        found = self.figure.comparison.difference if self.figure.comparison else None
        return abs(found or 0.0)


@dataclass(frozen=True)
class Group:
    """The main figures of one value of a dimension."""

    value: str
    label: Bilingual | None
    figures: dict[KpiName, Figure]

    @property
    def volume(self) -> float:
        figure = self.figures.get("volume")
        return (figure.value if figure else None) or 0.0


@dataclass(frozen=True)
class Board:
    """The screen."""

    span: Span
    as_of: AsOf
    main: list[Figure]
    charts: list[Chart]
    changes: list[Change]
    compared: int
    """How many pairs were looked at: one in twenty differs by chance alone."""
    services: list[Group]
    choices: dict[Dimension, dict[str, Bilingual | None]]


async def board(session: AsyncSession, asked: Asked, by: Principal, seen: AsOf, settings: AnalyticsSettings) -> Board:
    """All figures of the screen, of one instant."""
    today = seen.at.astimezone(settings.time_zone).date()

    async def read(names: Sequence[KpiName], dimension: Dimension | None) -> Figures:
        fields = asked.question(today, names=",".join(names), by=dimension, compare=asked.compared_with)
        return await kpis.figures(session, KpiQuery(**fields), by, seen, settings)

    whole = await read(MAIN, None)
    broken_down = {dimension: await read((*MAIN, "transfer_rate"), dimension) for dimension in SEARCHED}
    found = [one for dimension, figures in broken_down.items() for one in _compared(dimension, figures)]
    return Board(
        span=whole.span,
        as_of=whole.as_of,
        main=whole.figures,
        charts=[await _chart(session, name, asked, today, by, seen, settings) for name in CHARTED],
        changes=sorted((one for one in found if _is_beyond_chance(one)), key=lambda one: one.size, reverse=True),
        compared=len(found),
        services=_groups("service", broken_down["service"]),
        choices={dimension: _choices(dimension, figures) for dimension, figures in broken_down.items()},
    )


async def _chart(
    session: AsyncSession,
    name: KpiName,
    asked: Asked,
    today: date,
    by: Principal,
    seen: AsOf,
    settings: AnalyticsSettings,
) -> Chart:
    fields = asked.question(today, grain=asked.grain, clock=PROMISE)
    series = await kpis.series(session, name, SeriesQuery(**fields), by, seen, settings)
    return Chart(name, DEFINITIONS[name].title, series.lines[0], asked.grain)


def _compared(dimension: Dimension, figures: Figures) -> list[Change]:
    labels = figures.labels.get(dimension, {})
    return [
        Change(dimension, one.filters[dimension], labels.get(one.filters[dimension]), one)
        for one in figures.figures
        if one.name in COMPARED
        and one.clock in (None, PROMISE)
        and one.comparison is not None
        and one.comparison.beyond_chance is not None
        and "small_sample" not in (*one.flags, *one.comparison.flags)
    ]


def _is_beyond_chance(change: Change) -> bool:
    return change.figure.comparison is not None and change.figure.comparison.beyond_chance is True


def _groups(dimension: Dimension, figures: Figures) -> list[Group]:
    """By the number of feedback, the most first."""
    by_value: dict[str, dict[KpiName, Figure]] = {}
    for one in figures.figures:
        if one.clock in (None, PROMISE):
            by_value.setdefault(one.filters[dimension], {})[one.name] = one
    labels = figures.labels.get(dimension, {})
    groups = [Group(value, labels.get(value), found) for value, found in by_value.items()]
    return sorted(groups, key=lambda group: (-group.volume, group.value))


def _choices(dimension: Dimension, figures: Figures) -> dict[str, Bilingual | None]:
    labels = figures.labels.get(dimension, {})
    return {value: labels.get(value) for value in sorted({one.filters[dimension] for one in figures.figures})}
