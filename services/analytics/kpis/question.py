"""What is asked of the figures, made precise: days become instants, names become figures."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from libs.common.languages import Bilingual
from services.analytics.kpis.definitions import NAMES, KpiName
from services.analytics.kpis.errors import EmptySpan, SpanTooLong, UnknownDimension, UnknownKpi
from services.analytics.kpis.schemas import KpiQuery
from services.analytics.rollups.counters import DIMENSIONS, TOTAL, Dimension

LONGEST_SPAN = timedelta(days=7305)
DEFAULT_SPAN = timedelta(days=30)


@dataclass(frozen=True)
class Question:
    """Figures of the local days from `first` to before `end`, as seen at an instant."""

    names: tuple[KpiName, ...]
    first: date
    end: date
    by: Dimension | None
    clock: str | None
    now: datetime
    time_zone: ZoneInfo

    @property
    def dimension(self) -> str:
        return self.by or TOTAL

    @property
    def today(self) -> date:
        """The day in progress."""
        return self.now.astimezone(self.time_zone).date()

    @property
    def is_in_progress(self) -> bool:
        """The day in progress is one of the span's."""
        return self.first <= self.today < self.end

    def start_of(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.time_zone)


def understand(query: KpiQuery, now: datetime, time_zone: ZoneInfo) -> Question:
    """The question behind a query. UnknownKpi, UnknownDimension, EmptySpan or SpanTooLong where there is none."""
    tomorrow = now.astimezone(time_zone).date() + timedelta(days=1)
    end = query.to or tomorrow
    first = query.from_ or end - DEFAULT_SPAN
    if first >= end:
        raise EmptySpan
    if end - first > LONGEST_SPAN:
        raise SpanTooLong
    return Question(_names(query.names), first, end, _dimension(query.by), query.clock, now, time_zone)


def _names(asked: str | None) -> tuple[KpiName, ...]:
    if asked is None:
        return NAMES
    wanted = {name.strip() for name in asked.split(",")}
    if not wanted.issubset(NAMES):
        known = ", ".join(NAMES)
        raise UnknownKpi(detail=Bilingual(fr=f"Connus : {known}.", en=f"Known are: {known}."))
    return tuple(name for name in NAMES if name in wanted)


def _dimension(asked: str | None) -> Dimension | None:
    if asked is None:
        return None
    for dimension in DIMENSIONS:
        if dimension == asked:
            return dimension
    known = ", ".join(DIMENSIONS)
    raise UnknownDimension(detail=Bilingual(fr=f"Connues : {known}.", en=f"Known are: {known}."))
