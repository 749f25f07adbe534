"""Business time: what a calendar says about open hours and about due moments.

Every instant is an aware datetime; every result is in UTC. Opening hours are what the clock on the wall shows, so an
opening or closing happens when the local clock first shows that time or, where daylight saving skips it, a later one;
a time that the clock shows twice is the first of the two.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate, pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Interval:
    """Open from `opens` until just before `closes`, both in minutes after local midnight; 1440 is 24:00.

    Raises ValueError unless 0 ≤ opens < closes ≤ 1440.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= _MINUTES_A_DAY:
            raise ValueError(f"an interval opens before it closes, between 00:00 and 24:00: {self}")

    def __str__(self) -> str:
        return "–".join(f"{minutes // 60:02d}:{minutes % 60:02d}" for minutes in (self.opens, self.closes))


def interval(opens: str, closes: str) -> Interval:
    """The interval between two times written `HH:MM`; only closing can be `24:00`.

    Raises ValueError for anything else, and for an interval that does not open before it closes.
    """
    return Interval(_minutes(opens), _minutes(closes))


@dataclass(frozen=True)
class BusinessCalendar:
    """When a service is open: weekly hours on the clock of one time zone, except on holidays.

    `weekly_hours` maps a weekday (0 is Monday) to its intervals in order; a weekday that is absent or has none is
    closed. `holidays` are local dates, closed all day. A calendar remembers what it has computed: keep it, rather than
    build it for every question. Raises ValueError for a week without an open hour, intervals that overlap or are
    out of order, a weekday that does not exist, and a holiday that is not a plain date.
    """

    time_zone: ZoneInfo
    weekly_hours: Mapping[int, tuple[Interval, ...]]
    holidays: frozenset[date] = frozenset()
    _years: dict[int, "_OpenYear"] = field(default_factory=dict, init=False, repr=False, compare=False)
    _closings: dict[tuple[date, int], datetime] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        week = {weekday: tuple(hours) for weekday, hours in self.weekly_hours.items() if hours}
        if not week:
            raise ValueError("a business calendar needs at least one open hour in the week")
        for weekday, hours in week.items():
            if weekday not in range(7):
                raise ValueError(f"a weekday is a number from 0, Monday, to 6, Sunday: {weekday}")
            for one, following in pairwise(hours):
                if following.opens < one.closes:
                    raise ValueError(
                        f"the intervals of weekday {weekday} overlap or are out of order: {one}, {following}"
                    )
        for day in self.holidays:
            if type(day) is not date:
                raise ValueError(f"a holiday is a date without a time: {day!r}")
        object.__setattr__(self, "weekly_hours", MappingProxyType(week))
        object.__setattr__(self, "holidays", frozenset(self.holidays))


def business_seconds(calendar: BusinessCalendar, start: datetime, end: datetime) -> int:
    """Open time between two instants, in seconds that really elapse; 0 where `end` is not after `start`.

    Both instants are taken back to the whole second, so that the parts of a span add up to the whole.
    Raises ValueError for a naive datetime.
    """
    start, end = _utc(start), _utc(end)
    if end <= start:
        return 0
    whole_years = sum(_open_year(calendar, year).total for year in range(start.year, end.year))
    since_new_year = _open_year(calendar, end.year).open_before(_seconds(end))
    return whole_years + since_new_year - _open_year(calendar, start.year).open_before(_seconds(start))


def due_after_business_days(calendar: BusinessCalendar, start: datetime, n: int) -> datetime:
    """The close of business of the n-th business day after the local day of `start`.

    A business day is a local day with open time that is no holiday. The day of the start is day 0 whatever the hour,
    open or not (as in Regulation (EEC, Euratom) 1182/71, article 3 (1)). Raises ValueError for n < 1 and for a naive
    datetime.
    """
    day_zero = _day_zero(calendar, start, n)
    known = calendar._closings.get((day_zero, n))
    if known is None:
        known = calendar._closings[day_zero, n] = _closing_after(calendar, day_zero, n)
    return known


def due_after_calendar_days(calendar: BusinessCalendar, start: datetime, n: int) -> datetime:
    """The local midnight that ends the n-th calendar day after the local day of `start`, holidays and weekends counted.

    The day of the start is day 0. Raises ValueError for n < 1 and for a naive datetime.
    """
    midnight = _first_shown(calendar.time_zone, _day_zero(calendar, start, n) + _DAY * n, _MINUTES_A_DAY)
    return datetime.fromtimestamp(midnight, UTC)


def open_seconds_by_day(calendar: BusinessCalendar, years: range) -> Iterator[tuple[date, int]]:
    """Each local day of the years, in order, with its open time in seconds that really elapse."""
    day, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    while day <= last:
        yield day, sum(closes - opens for opens, closes in _open_spans(calendar, day))
        day += _DAY


def _closing_after(calendar: BusinessCalendar, day: date, n: int) -> datetime:
    while n:
        day += _DAY
        if spans := _open_spans(calendar, day):
            n -= 1
    return datetime.fromtimestamp(spans[-1][1], UTC)


def moved_by_open_seconds(calendar: BusinessCalendar, at: datetime, seconds: int) -> datetime:
    """The earliest instant between which and `at` lie so many seconds of open time, after it or (negative) before it.

    `at` itself for 0. A closing that is moved by whole business days is a closing. Raises ValueError for a naive
    datetime.
    """
    at = _utc(at)
    if seconds == 0:
        return at
    year = at.year
    target = _open_year(calendar, year).open_before(_seconds(at)) + seconds
    while target > _open_year(calendar, year).total:
        target -= _open_year(calendar, year).total
        year += 1
    while target <= 0:
        year -= 1
        target += _open_year(calendar, year).total
    return datetime.fromtimestamp(_open_year(calendar, year).instant_after(target), UTC)


class _OpenYear:
    """The open spans of a calendar within one year of UTC, in seconds since 1970, with their running sum."""

    def __init__(self, calendar: BusinessCalendar, year: int) -> None:
        first, last = _new_year(year), _new_year(year + 1)
        spans = [(max(opens, first), min(closes, last)) for opens, closes in _spans_around(calendar, year)]
        spans = [(opens, closes) for opens, closes in spans if opens < closes]
        self._opens = [opens for opens, _ in spans]
        self._closes = [closes for _, closes in spans]
        self._sums = [0, *accumulate(closes - opens for opens, closes in spans)]
        self.total = self._sums[-1]

    def open_before(self, second: int) -> int:
        begun = bisect_right(self._opens, second)
        return self._sums[begun] - (max(0, self._closes[begun - 1] - second) if begun else 0)

    def instant_after(self, open_seconds: int) -> int:
        """The first second before which lie so many of open time; at least one, at most `total`."""
        span = bisect_left(self._sums, open_seconds) - 1
        return self._opens[span] + open_seconds - self._sums[span]


def _open_year(calendar: BusinessCalendar, year: int) -> _OpenYear:
    known = calendar._years.get(year)
    if known is None:
        known = calendar._years[year] = _OpenYear(calendar, year)
    return known


def _spans_around(calendar: BusinessCalendar, year: int) -> Iterator[tuple[int, int]]:
    """The open spans of a year and of the two days on either side, which a time zone can move into it."""
    day, last = date(year, 1, 1) - 2 * _DAY, date(year, 12, 31) + 2 * _DAY
    while day <= last:
        yield from _open_spans(calendar, day)
        day += _DAY


def _open_spans(calendar: BusinessCalendar, day: date) -> list[tuple[int, int]]:
    """When the service opens and closes on a local day, in seconds since 1970; none where it is closed all day."""
    hours = calendar.weekly_hours.get(day.weekday())
    if not hours or day in calendar.holidays:
        return []
    zone = calendar.time_zone
    midnight = datetime.combine(day, time.min, zone)
    if midnight.utcoffset() == (midnight + _DAY).replace(fold=1).utcoffset():
        # An ordinary day. No zone of the tz database goes to another offset and back within one.
        start = _seconds(midnight)
        return [(start + one.opens * 60, start + one.closes * 60) for one in hours]
    spans = [(_first_shown(zone, day, one.opens), _first_shown(zone, day, one.closes)) for one in hours]
    return [(opens, closes) for opens, closes in spans if opens < closes]


def _first_shown(zone: ZoneInfo, day: date, minutes: int) -> int:
    """The second since 1970 at which the clock of the zone first shows this time of the day, or a later one."""
    wall = datetime.combine(day, time.min, zone) + timedelta(minutes=minutes)
    before, after = wall.utcoffset(), wall.replace(fold=1).utcoffset()
    if before is None or after is None or before >= after:
        return _seconds(wall)
    # The clock skips this time (PEP 495: fold=0 takes the offset before the change, fold=1 the one after it).
    around = range(_seconds(wall.replace(fold=1)), _seconds(wall) + 1)
    changed = bisect_left(around, True, key=lambda second: datetime.fromtimestamp(second, zone).utcoffset() == after)
    return around[changed]


def _day_zero(calendar: BusinessCalendar, start: datetime, n: int) -> date:
    if n < 1:
        raise ValueError(f"a standard gives at least one day: {n}")
    return _utc(start).astimezone(calendar.time_zone).date()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise ValueError(f"an instant needs a time zone: {at.isoformat()}")
    return at.astimezone(UTC)


def _seconds(at: datetime) -> int:
    return (at - _EPOCH) // _SECOND


def _new_year(year: int) -> int:
    return _seconds(datetime(year, 1, 1, tzinfo=UTC))


def _minutes(text: str) -> int:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        raise ValueError(f"a time of the day is written HH:MM, from 00:00 to 24:00: {text!r}")
    return int(text[:2]) * 60 + int(text[3:])
