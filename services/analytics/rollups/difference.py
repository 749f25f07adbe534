"""The difference between two states of what rollups count: the sum of many is what is added to them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from itertools import chain, combinations
from typing import Any, Self, TypeVar

import orjson

from services.analytics.rollups.counters import (
    DIMENSIONS,
    EVERYTHING,
    PAIRED,
    STANDARD,
    TOTAL,
    BucketCell,
    Cell,
    Contribution,
    Days,
    Place,
)

Differing = tuple[date, tuple[str, ...], str, int]
"""A day, values of some dimensions, the name of a counter, and by how much it differs."""
K = TypeVar("K")
_Key = tuple[date, str]
"""A day, or the first of a month, and the name of a counter."""

_IN_PAIRS = [1 + DIMENSIONS.index(dimension) for dimension in sorted(PAIRED)]
"""Where those that are paired stand among the places of a contribution, whose first is the total."""


class Difference:
    """What must be added to the rollups: the sum of what counts now, less the sum of what counted before.

    Each counter of a day is summed up first by what lies in the same places, a spot. Spread over places and pairs of
    them it is at the end: for all spots at once, which is done in C, and names are spelt out once a cell.
    """

    def __init__(self) -> None:
        self._spots: dict[tuple[Place, ...], int] = {}
        self._counters: defaultdict[_Key, dict[int, int]] = defaultdict(dict)
        self._buckets: defaultdict[_Key, dict[int, int]] = defaultdict(dict)
        self._standards: defaultdict[tuple[str, date], dict[str, int]] = defaultdict(dict)

    @classmethod
    def sum_of(cls, differences: Iterable[str]) -> Self:
        """The sum of differences as they are `written`."""
        total = cls()
        for one in differences:
            total._add_written(orjson.loads(one))
        return total

    def written(self) -> str:
        """As JSON: the values of each spot in the order of `DIMENSIONS`; what differs as pairs, a spot and a count."""
        return orjson.dumps(
            {
                "spots": [[value for _, value in spot[1:]] for spot in self._spots],
                "counters": _non_zero(self._counters),
                "buckets": _non_zero(self._buckets),
                "standards": _non_zero(self._standards),
            }
        ).decode()

    def __bool__(self) -> bool:
        """Whether anything has changed."""
        return bool(self._spots)

    def add(self, contribution: Contribution) -> None:
        """Something counts that did not."""
        self._sum(contribution, 1)

    def change(self, before: Contribution, after: Contribution) -> None:
        """Something that counted as `before` counts as `after`."""
        if before == after:
            return
        if before.places != after.places:
            self._sum(before, -1)
            self._sum(after, 1)
            return
        spot = self._spot(after.places)
        for sums, was, now in (
            (self._counters, before.days, after.days),
            (self._buckets, before.buckets, after.buckets),
        ):
            for day, name, count in _changes(was, now):
                _add(sums[day, name], spot, count)
        if before.standards != after.standards:
            self._sum_standards(before.standards, -1)
            self._sum_standards(after.standards, 1)

    def cells(self) -> dict[Cell, dict[str, int]]:
        """Those that differ, by cell, without counters that came down to nothing."""
        return {Cell(*cell): counters for cell, counters in self.rows().items()}

    def buckets(self) -> dict[BucketCell, int]:
        """Those that differ."""
        return {BucketCell(*cell): count for cell, count in self.bucket_rows().items()}

    def rows(self) -> dict[tuple[Any, ...], dict[str, int]]:
        """The cells as plain tuples: there are tens of thousands in a slice."""
        places, by_place, by_pair = self._spread
        cells: defaultdict[tuple[Any, ...], dict[str, int]] = defaultdict(dict)
        for (day, name), sums in self._counters.items():
            for place, count in _tally(sums, by_place):
                dimension, value = places[place]
                cells["day", dimension, "", day, value, ""][name] = count
        for (month, name), sums in _by_month(self._counters).items():
            for (one, other), count in _tally(sums, by_pair):
                (dimension, value), (second, second_value) = places[one], places[other]
                cells["month", dimension, second, month, value, second_value][name] = count
        for (standard, day), counters in self._standards.items():
            if left := {name: count for name, count in counters.items() if count}:
                cells["day", STANDARD, "", day, standard, ""] = left
        return cells

    def bucket_rows(self) -> dict[tuple[Any, ...], int]:
        """The same of buckets."""
        places, by_place, _ = self._spread
        cells: dict[tuple[Any, ...], int] = {}
        for grain, buckets, of_spot in (
            ("day", self._buckets, [numbers[:1] for numbers in by_place]),
            ("month", _by_month(self._buckets), [numbers[1:] for numbers in by_place]),
        ):
            for (day, name), sums in buckets.items():
                measure, _, number = name.rpartition(":")
                bucket = int(number)
                for place, count in _tally(sums, of_spot):
                    dimension, value = places[place]
                    cells[grain, dimension, day, value, measure, bucket] = count
        return cells

    def by_day(self, *dimensions: str) -> Iterator[Differing]:
        """What counters differ by, not summed up, by values of dimensions or by standard."""
        if dimensions == (STANDARD,):
            for (standard, day), counters in self._standards.items():
                for name, count in counters.items():
                    yield day, (standard,), name, count
        else:
            yield from self._of_spots(self._counters, dimensions)

    def buckets_by_day(self, dimension: str) -> Iterator[Differing]:
        """The same of buckets: `measure:unit:bucket` is the name."""
        return self._of_spots(self._buckets, (dimension,))

    def _of_spots(self, sums: Mapping[_Key, Mapping[int, int]], dimensions: Sequence[str]) -> Iterator[Differing]:
        places = [(TOTAL, *DIMENSIONS).index(dimension) for dimension in dimensions]
        values = [tuple(spot[place][1] for place in places) for spot in self._spots]
        for (day, name), counts in sums.items():
            for spot, count in counts.items():
                yield day, values[spot], name, count

    def _add_written(self, one: Mapping[str, Any]) -> None:
        spots = [self._spot((EVERYTHING, *zip(DIMENSIONS, values, strict=True))) for values in one["spots"]]
        for sums, differing in ((self._counters, one["counters"]), (self._buckets, one["buckets"])):
            for day, name, counts in differing:
                of_day = sums[date.fromisoformat(day), name]
                for spot, count in counts:
                    _add(of_day, spots[spot], count)
        for standard, day, counts in one["standards"]:
            of_standard = self._standards[standard, date.fromisoformat(day)]
            for name, count in counts:
                _add(of_standard, name, count)

    def _spot(self, places: tuple[Place, ...]) -> int:
        return self._spots.setdefault(places, len(self._spots))

    def _sum(self, one: Contribution, sign: int) -> None:
        if one.days:
            spot = self._spot(one.places)
            for sums, days in ((self._counters, one.days), (self._buckets, one.buckets)):
                for day, counters in days.items():
                    for name, count in counters.items():
                        _add(sums[day, name], spot, sign * count)
            self._sum_standards(one.standards, sign)

    def _sum_standards(self, standards: Mapping[str, Days], sign: int) -> None:
        for standard, days in standards.items():
            for day, counters in days.items():
                for name, count in counters.items():
                    _add(self._standards[standard, day], name, sign * count)

    @cached_property
    def _spread(self) -> tuple[list[Place], list[list[int]], list[list[tuple[int, int]]]]:
        """All places; and of each spot the numbers of its own, the total's first, and the pairs of those paired."""
        numbers: dict[Place, int] = {}
        by_place = [[numbers.setdefault(place, len(numbers)) for place in spot] for spot in self._spots]
        by_pair = [list(combinations([spot[place] for place in _IN_PAIRS], 2)) for spot in by_place]
        return list(numbers), by_place, by_pair


def _non_zero(sums: Mapping[tuple[Any, Any], Mapping[Any, int]]) -> list[Any]:
    found = ((*key, [pair for pair in counts.items() if pair[1]]) for key, counts in sums.items())
    return [one for one in found if one[-1]]


def _changes(before: Days, after: Days) -> Iterator[tuple[date, str, int]]:
    """By how much each counter of a day went up or down, where it did."""
    for day, counters in after.items():
        was = before.get(day, {})
        if was != counters:
            for name, count in counters.items():
                if count != was.get(name, 0):
                    yield day, name, count - was.get(name, 0)
    for day, counters in before.items():
        now = after.get(day, {})
        if now != counters:
            for name, count in counters.items():
                if name not in now:
                    yield day, name, -count


def _by_month(sums: Mapping[_Key, Mapping[int, int]]) -> dict[_Key, dict[int, int]]:
    months: defaultdict[_Key, dict[int, int]] = defaultdict(dict)
    for (day, name), by_spot in sums.items():
        of_month = months[day.replace(day=1), name]
        for spot, count in by_spot.items():
            _add(of_month, spot, count)
    return months


def _tally(sums: Mapping[int, int], of_spot: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, int]]:
    """What a counter comes to in each of the places, or pairs of them, that its spots lie in; where it is not 0."""
    counts = Counter(chain.from_iterable(of_spot[spot] for spot, count in sums.items() if count == 1))
    counts.subtract(Counter(chain.from_iterable(of_spot[spot] for spot, count in sums.items() if count == -1)))
    for spot, count in sums.items():
        if abs(count) > 1:
            for where in of_spot[spot]:
                counts[where] += count
    return ((where, count) for where, count in counts.items() if count)


def _add(sums: dict[K, int], key: K, count: int) -> None:
    sums[key] = sums.get(key, 0) + count
