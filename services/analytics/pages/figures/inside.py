"""What the page of a figure shows."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.languages import Bilingual
from services.analytics.as_of.schemas import AsOf
from services.analytics.kpis import service as kpis
from services.analytics.kpis.definitions import DEFINITIONS, Definition, KpiName
from services.analytics.kpis.schemas import Figure, Figures, KpiQuery, SeriesQuery
from services.analytics.pages.dashboard.asked import Asked
from services.analytics.pages.dashboard.charts import Chart
from services.analytics.rollups.counters import Dimension
from services.analytics.settings import AnalyticsSettings


@dataclass(frozen=True)
class Inside:
    """A figure, as a whole, over time, and in those of its parts that have something to be computed from."""

    definition: Definition
    whole: Figures
    charts: list[Chart]
    by: Dimension
    parts: list[Figure]
    labels: dict[str, Bilingual]


async def inside(
    session: AsyncSession,
    name: KpiName,
    asked: Asked,
    dimension: Dimension,
    by: Principal,
    seen: AsOf,
    settings: AnalyticsSettings,
) -> Inside:
    """All of one instant."""
    today = seen.at.astimezone(settings.time_zone).date()
    whole = await kpis.figures(
        session,
        KpiQuery(**asked.question(today, names=name, compare=asked.compared_with)),
        by,
        seen,
        settings,
    )
    series = await kpis.series(
        session, name, SeriesQuery(**asked.question(today, grain=asked.grain)), by, seen, settings
    )
    parts = await kpis.figures(
        session,
        KpiQuery(**asked.question(today, names=name, by=dimension, compare=asked.compared_with)),
        by,
        seen,
        settings,
    )
    return Inside(
        DEFINITIONS[name],
        whole,
        [Chart(name, DEFINITIONS[name].title, line, asked.grain) for line in series.lines],
        dimension,
        sorted((one for one in parts.figures if one.n), key=_rank),
        parts.labels.get(dimension, {}),
    )


def _rank(figure: Figure) -> tuple[str, str, str, int]:
    """Those that can be compared stand together, of the most first."""
    return figure.clock or "", figure.unit, figure.quantile or "", -(figure.n or 0)
