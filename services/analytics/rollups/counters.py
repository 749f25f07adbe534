"""The arithmetic of rollups: cells of counters, and the difference between two states of what they count."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal, NamedTuple, get_args

Dimension = Literal[
    "channel",
    "kind",
    "service",
    "service_point",
    "topic",
    "language",
    "team",
    "respondent",
    "source",
    "touchpoint",
    "phase",
]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
PAIRED: tuple[Dimension, ...] = DIMENSIONS[:8]
"""Those that are counted two at a time too, in alphabetical order of the pair."""
TOTAL = "total"
"""The dimension of everything together; its one value is the empty string."""
STANDARD = "standard"
"""The dimension of clocks by their standard: a cell has the counters of that standard's clocks alone."""
UNASSIGNED = "unassigned"
"""The value of a dimension that a fact does not have."""

Place = tuple[str, str]
"""A dimension and one of its values."""
Counters = Mapping[str, int]
Days = Mapping[date, Counters]

_NOTHING: Counters = {}


class Cell(NamedTuple):
    """A row of rollups. One dimension a day; two a month, whose day is its first: the second is empty elsewhere."""

    grain: Literal["day", "month"]
    dimension: str
    second_dimension: str
    day: date
    value: str
    second_value: str


class BucketCell(NamedTuple):
    """A row of buckets: the total by day, each dimension by month."""

    grain: Literal["day", "month"]
    dimension: str
    day: date
    value: str
    measure: str
    bucket: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """Counters by day, each counted once in every place. There is one place a dimension, always in the same order.

    `buckets` by day: `measure:unit:bucket`. `standards`: the part of the counters that a standard's clocks have.
    """

    days: Days
    places: tuple[Place, ...]
    buckets: Days
    standards: Mapping[str, Days]


class Difference:
    """What must be added to the rollups: the sum of what counts now, less the sum of what counted before."""

    def __init__(self) -> None:
        self._cells: dict[Cell, dict[str, int]] = {}
        self._buckets: dict[BucketCell, int] = {}

    def add(self, contribution: Contribution) -> None:
        """Something counts that did not."""
        self._spread(contribution, 1)

    def change(self, before: Contribution, after: Contribution) -> None:
        """Something that counted as `before` counts as `after`."""
        if before.places != after.places:
            self._spread(before, -1)
            self._spread(after, 1)
            return
        self._spread(
            Contribution(
                _changes(before.days, after.days),
                after.places,
                _changes(before.buckets, after.buckets),
                {
                    standard: _changes(before.standards.get(standard, {}), after.standards.get(standard, {}))
                    for standard in before.standards.keys() | after.standards.keys()
                },
            ),
            1,
        )

    def cells(self) -> dict[Cell, dict[str, int]]:
        """Those that differ, by cell in order, without counters that came down to nothing."""
        left = {
            cell: {name: count for name, count in counters.items() if count} for cell, counters in self._cells.items()
        }
        return {cell: left[cell] for cell in sorted(left) if left[cell]}

    def buckets(self) -> dict[BucketCell, int]:
        """Those that differ, in order."""
        return {cell: self._buckets[cell] for cell in sorted(self._buckets) if self._buckets[cell]}

    def _spread(self, one: Contribution, sign: int) -> None:
        months: dict[date, dict[str, int]] = {}
        for day, counters in one.days.items():
            if counters:
                for dimension, value in one.places:
                    self._count(Cell("day", dimension, "", day, value, ""), counters, sign)
                _merge(months.setdefault(day.replace(day=1), {}), counters, 1)
        for month, counters in months.items():
            for dimension, second, value, second_value in _pairs(one.places):
                self._count(Cell("month", dimension, second, month, value, second_value), counters, sign)
        for standard, days in one.standards.items():
            for day, counters in days.items():
                if counters:
                    self._count(Cell("day", STANDARD, "", day, standard, ""), counters, sign)
        for day, counters in one.buckets.items():
            for name, count in counters.items():
                self._count_bucket(day, one.places, name, sign * count)

    def _count(self, cell: Cell, counters: Counters, sign: int) -> None:
        _merge(self._cells.setdefault(cell, {}), counters, sign)

    def _count_bucket(self, day: date, places: tuple[Place, ...], name: str, count: int) -> None:
        measure, _, bucket = name.rpartition(":")
        for dimension, value in places:
            cell = (
                BucketCell("day", dimension, day, value, measure, int(bucket))
                if dimension == TOTAL
                else BucketCell("month", dimension, day.replace(day=1), value, measure, int(bucket))
            )
            self._buckets[cell] = self._buckets.get(cell, 0) + count


def _pairs(places: tuple[Place, ...]) -> Iterator[tuple[str, str, str, str]]:
    """Each two of the paired dimensions, in alphabetical order, with their values."""
    paired = sorted(places[1 : 1 + len(PAIRED)])
    for (dimension, value), (second, second_value) in combinations(paired, 2):
        yield dimension, second, value, second_value


def _changes(then: Days, now: Days) -> dict[date, Counters]:
    return {day: _change(then.get(day, _NOTHING), now.get(day, _NOTHING)) for day in then.keys() | now.keys()}


def _change(then: Counters, now: Counters) -> Counters:
    changes = {name: now.get(name, 0) - then.get(name, 0) for name in then.keys() | now.keys()}
    return {name: change for name, change in changes.items() if change}


def _merge(sums: dict[str, int], counters: Counters, sign: int) -> None:
    for name, count in counters.items():
        sums[name] = sums.get(name, 0) + sign * count
