"""Business time, from a calendar's published table."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from libs.contracts.organisation import WEEKDAYS

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

    @cached_property
    def _moments(self) -> dict[date, list[tuple[float, float]]]:
        return {}

    def cum(self, at: datetime) -> int:
        """Business seconds from the beginning of the table to an instant; beyond its ends it stands still."""
        place = bisect_right(self._days, at.astimezone(self.time_zone).date())
        if place == 0:
            return 0
        day = self._days[place - 1]
        return self.cumulative[day] + self._open_before(day, at.timestamp())

    def is_open_on(self, day: date) -> bool:
        return bool(self._hours_of(day))

    def _hours_of(self, day: date) -> Spans:
        return self.hours.get(day, self.weekly_hours.get(WEEKDAYS[day.weekday()], ()))

    def _open_before(self, day: date, moment: float) -> int:
        """Business seconds of a day before a moment, as they really passed."""
        return sum(max(0, int(min(end, moment) - start)) for start, end in self._open_on(day))

    def _open_on(self, day: date) -> Sequence[tuple[float, float]]:
        """From when until when it is open, as timestamps; found once for each day that is asked for."""
        if day not in self._moments:
            hours = self._hours_of(day)
            self._moments[day] = [(self._shown(day, start), self._shown(day, end)) for start, end in hours]
        return self._moments[day]

    def _shown(self, day: date, seconds: int) -> float:
        """When the clock on the wall first shows so many seconds since midnight; where it skips them, a later time."""
        wall = datetime.combine(day, time.min, self.time_zone) + timedelta(seconds=seconds)
        first, second = wall.timestamp(), wall.replace(fold=1).timestamp()
        if first <= second:
            return first
        skipped, after = range(int(second), int(first) + 1), wall.replace(fold=1).utcoffset()
        changed = bisect_left(skipped, True, key=lambda one: self._offset_at(one) == after)
        return skipped[changed]

    def _offset_at(self, moment: int) -> timedelta | None:
        return datetime.fromtimestamp(moment, self.time_zone).utcoffset()
