"""What is asked of the figures, made precise: days become instants, names become figures."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from libs.common.languages import Bilingual
from services.analytics.kpis.definitions import NAMES, KpiName
from services.analytics.kpis.errors import (
    EmptySpan,
    SpanTooLong,
    TooManyDimensions,
    UnknownDimension,
    UnknownKpi,
    UnreadableCompare,
    UnreadableWhere,
)
from services.analytics.rollups.counters import DIMENSIONS, Dimension
from services.analytics.rollups.queries import Live

LONGEST_SPAN = timedelta(days=7305)
DEFAULT_SPAN = timedelta(days=30)

Where = Mapping[Dimension, frozenset[str]]


@dataclass(frozen=True)
class Question:
    """Figures of the local days from `first` to before `end`, as seen at an instant."""

    names: tuple[KpiName, ...]
    first: date
    end: date
    by: tuple[Dimension, ...]
    where: Where
    clock: str | None
    now: datetime
    live: Live
    most_days_of_facts: int

    @property
    def time_zone(self) -> ZoneInfo:
        return self.live.time_zone

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """All that the answer depends on, in alphabetical order."""
        return tuple(sorted({*self.by, *self.where}))

    @property
    def narrowed_to(self) -> dict[Dimension, list[str]]:
        """`where`, as it goes over the wire."""
        return {dimension: sorted(values) for dimension, values in self.where.items()}

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

    def instant_after(self, end: date) -> datetime:
        """When the days before `end` are over, or now."""
        return min(self.start_of(end), self.now)

    def has_passed(self, window: timedelta, end: date) -> bool:
        """Whether so much time has passed since the days before `end`, whatever clocks showed meanwhile."""
        return self.start_of(end).astimezone(UTC) + window <= self.now

    def of_span(self, first: date, end: date) -> "Question":
        return replace(self, first=first, end=end)

    def overlaps(self, other: "Question") -> bool:
        """Some days are asked for in both."""
        return self.first < other.end and other.first < self.end


def span_of(from_: date | None, to: date | None, today: date) -> tuple[date, date]:
    """The days that are asked for, to before the second. EmptySpan or SpanTooLong where there are none."""
    end = to or today + timedelta(days=1)
    first = from_ or end - DEFAULT_SPAN
    if first >= end:
        raise EmptySpan
    if end - first > LONGEST_SPAN:
        raise SpanTooLong
    return first, end


def names_of(asked: str | None) -> tuple[KpiName, ...]:
    """The figures in a list, in the order of the definitions; all of them where none are named. UnknownKpi."""
    if asked is None:
        return NAMES
    return _known({name.strip() for name in asked.split(",")})


def name_of(asked: str) -> KpiName:
    """The one figure of that name. UnknownKpi."""
    return _known({asked})[0]


def _known(wanted: Collection[str]) -> tuple[KpiName, ...]:
    if not set(wanted).issubset(NAMES):
        known = ", ".join(NAMES)
        raise UnknownKpi(detail=Bilingual(fr=f"Connus : {known}.", en=f"Known are: {known}."))
    return tuple(name for name in NAMES if name in wanted)


def by_of(asked: str | None) -> tuple[Dimension, ...]:
    """The dimensions in a list. UnknownDimension or TooManyDimensions."""
    if asked is None:
        return ()
    dimensions = tuple(_dimension(name.strip()) for name in asked.split(","))
    if len(dimensions) > 2 or len(set(dimensions)) < len(dimensions):
        raise TooManyDimensions
    return dimensions


def where_of(asked: str | None, teams: Collection[str] | None) -> Where:
    """What the figures are narrowed to; to a supervisor's own teams in any case. UnreadableWhere, UnknownDimension."""
    where: dict[Dimension, frozenset[str]] = {}
    for pair in asked.split(",") if asked is not None else ():
        name, colon, value = pair.strip().partition(":")
        if not (name and colon and value):
            raise UnreadableWhere
        dimension = _dimension(name)
        where[dimension] = where.get(dimension, frozenset()) | {value}
    if teams is not None:
        where["team"] = where.get("team", frozenset(teams)) & frozenset(teams)
    return where


def compared_with(asked: str, first: date, end: date) -> tuple[date, date]:
    """The other span: as long and just before, the same days a year earlier, or as it is said. UnreadableCompare."""
    match asked:
        case "previous":
            return first - (end - first), first
        case "previous_year":
            return _a_year_before(first), _a_year_before(end, of_leap_day=(3, 1))
    try:
        start, stop = (date.fromisoformat(part) for part in asked.split(".."))
    except ValueError:
        raise UnreadableCompare from None
    if not date(1900, 1, 1) <= start < stop <= date(2200, 1, 1) or stop - start > LONGEST_SPAN:
        raise UnreadableCompare
    return start, stop


def _a_year_before(day: date, of_leap_day: tuple[int, int] = (2, 28)) -> date:
    """The same day a year earlier; 29 February has none there, and is taken for another. For 1 March, where it is the
    day after the last: else 28 February would be missed.
    """
    month, of_month = of_leap_day if (day.month, day.day) == (2, 29) else (day.month, day.day)
    return date(day.year - 1, month, of_month)


def _dimension(asked: str) -> Dimension:
    for dimension in DIMENSIONS:
        if dimension == asked:
            return dimension
    known = ", ".join(DIMENSIONS)
    raise UnknownDimension(detail=Bilingual(fr=f"Connues : {known}.", en=f"Known are: {known}."))
