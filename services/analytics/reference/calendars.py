"""Business time, from a calendar's published table."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Spans = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BusinessTable:
    """`cumulative`: business seconds before each local day; `hours`: open spans of days unlike their weekday."""

    time_zone: ZoneInfo
    weekly_hours: Mapping[str, Spans]
    hours: Mapping[date, Spans]
    cumulative: Mapping[date, int]

    @classmethod
    def of(cls, published: Mapping[str, Any]) -> "BusinessTable":
        """From the payload of `calendar.published`."""
        return cls(
            ZoneInfo(published["time_zone"]),
            published["weekly_hours"],
            {date.fromisoformat(day): spans for day, spans in published["hours"].items()},
            {date.fromisoformat(day): seconds for day, seconds in published["cumulative"].items()},
        )

    @cached_property
    def _days(self) -> list[date]:
        return sorted(self.cumulative)

    def cum(self, at: datetime) -> int:
        """Business seconds from the beginning of the table to an instant; beyond its ends it stands still."""
        local = at.astimezone(self.time_zone)
        place = bisect_right(self._days, local.date())
        if place == 0:
            return 0
        day = self._days[place - 1]
        if day != local.date():
            return self.cumulative[day] + self._open_on(day, 48 * 3600)
        return self.cumulative[day] + self._open_on(day, _wall_seconds(local))

    def _open_on(self, day: date, until: int) -> int:
        """Business seconds of a day before so many seconds of the wall clock, as they really passed."""
        spans = self.hours.get(day, self.weekly_hours.get(WEEKDAYS[day.weekday()], ()))
        return sum(self._passed(day, start, min(end, until)) for start, end in spans if start < until)

    def _passed(self, day: date, start: int, end: int) -> int:
        midnight = datetime.combine(day, time.min)
        first, last = (
            (midnight + timedelta(seconds=seconds)).replace(tzinfo=self.time_zone).timestamp()
            for seconds in (start, end)
        )
        return max(0, int(last - first))


def _wall_seconds(local: datetime) -> int:
    return local.hour * 3600 + local.minute * 60 + local.second
