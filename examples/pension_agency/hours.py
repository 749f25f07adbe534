"""When the agency is open, reckoned day by day: on purpose not by the code that it is there to check."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from holidays import country_holidays

ZONE = ZoneInfo("America/Toronto")
DAY = timedelta(days=1)
MORNING = (time(8, 30), time(12))
AFTERNOON = (time(13), time(16, 30))
WEEK = {0: (MORNING, AFTERNOON), 1: (MORNING, AFTERNOON), 2: (MORNING, AFTERNOON)} | {
    3: (MORNING, (time(13), time(18))),
    4: (MORNING, (time(13), time(16))),
}
"""As organisation.yaml says; 0 is Monday."""

Window = tuple[datetime, datetime]


@cache
def windows(day: date) -> tuple[Window, ...]:
    """From when to when it is open on a day, in UTC; nothing on a weekend or a holiday."""
    if day in country_holidays("CA", subdiv="QC", years=day.year):
        return ()
    return tuple((_at(day, opens), _at(day, closes)) for opens, closes in WEEK.get(day.weekday(), ()))


def is_open_on(day: date) -> bool:
    return bool(windows(day))


def open_seconds(start: datetime, end: datetime) -> int:
    """Open time between two instants."""
    total = timedelta()
    for opens, closes in _from(start):
        if opens >= end:
            break
        total += max(timedelta(), min(closes, end) - max(opens, start))
    return int(total.total_seconds())


def closing_after(start: datetime, business_days: int) -> datetime:
    """When it closes on the n-th open day after the day of `start`."""
    day = start.astimezone(ZONE).date()
    while business_days:
        day += DAY
        business_days -= is_open_on(day)
    return windows(day)[-1][1]


def later_by(start: datetime, seconds: float) -> datetime:
    """The first instant between which and `start` lies so much open time."""
    left = timedelta(seconds=seconds)
    if not left:
        return start
    for opens, closes in _from(start):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= max(timedelta(), closes - begins)
    raise AssertionError("there is always another day")


def end_of(day: date) -> datetime:
    """The midnight that ends a local day, in UTC."""
    return _at(day + DAY, time())


def _from(start: datetime) -> Iterator[Window]:
    day = start.astimezone(ZONE).date()
    while True:
        for opens, closes in windows(day):
            if closes > start:
                yield opens, closes
        day += DAY


def _at(day: date, at: time) -> datetime:
    return datetime.combine(day, at, ZONE).astimezone(UTC)
