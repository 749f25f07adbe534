"""The arithmetic of rollups: cells of counters, and the difference between two states of what they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any, Literal, NamedTuple, TypeVar, get_args

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

K = TypeVar("K")
Place = tuple[str, str]
"""A dimension and one of its values."""
Counters = Mapping[str, int]
Days = Mapping[date, Counters]


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
    """What must be added to the rollups: the sum of what counts now, less the sum of what counted before.

    What lies in the same places is summed up first, and spread over its cells once.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[Place, ...], _Sums] = {}

    def add(self, contribution: Contribution) -> None:
        """Something counts that did not."""
        self._sum(contribution, 1)

    def change(self, before: Contribution, after: Contribution) -> None:
        """Something that counted as `before` counts as `after`."""
        self._sum(before, -1)
        self._sum(after, 1)

    def cells(self) -> dict[Cell, dict[str, int]]:
        """Those that differ, by cell in order, without counters that came down to nothing."""
        cells: dict[tuple[Any, ...], dict[str, int]] = {}
        for places, sums in self._sums.items():
            _spread(cells, places, _left(sums.days))
        for (standard, day), counters in _left(self._of_standards()).items():
            _merge(cells.setdefault(("day", STANDARD, "", day, standard, ""), {}), counters, 1)
        left = {cell: {name: count for name, count in cells[cell].items() if count} for cell in sorted(cells)}
        return {Cell(*cell): counters for cell, counters in left.items() if counters}

    def buckets(self) -> dict[BucketCell, int]:
        """Those that differ, in order."""
        cells: dict[tuple[Any, ...], int] = {}
        for places, sums in self._sums.items():
            for day, counters in _left(sums.buckets).items():
                month = day.replace(day=1)
                for name, count in counters.items():
                    measure, _, number = name.rpartition(":")
                    bucket = int(number)
                    for dimension, value in places:
                        whole = ("day", dimension, day) if dimension == TOTAL else ("month", dimension, month)
                        cell = (*whole, value, measure, bucket)
                        cells[cell] = cells.get(cell, 0) + count
        return {BucketCell(*cell): cells[cell] for cell in sorted(cells) if cells[cell]}

    def _sum(self, one: Contribution, sign: int) -> None:
        sums = self._sums.get(one.places)
        if sums is None:
            sums = self._sums[one.places] = _Sums({}, {}, {})
        for day, counters in one.days.items():
            _merge(sums.days.setdefault(day, {}), counters, sign)
        for day, counters in one.buckets.items():
            _merge(sums.buckets.setdefault(day, {}), counters, sign)
        for standard, days in one.standards.items():
            for day, counters in days.items():
                _merge(sums.standards.setdefault((standard, day), {}), counters, sign)

    def _of_standards(self) -> dict[tuple[str, date], dict[str, int]]:
        together: dict[tuple[str, date], dict[str, int]] = {}
        for sums in self._sums.values():
            for key, counters in sums.standards.items():
                _merge(together.setdefault(key, {}), counters, 1)
        return together


class _Sums(NamedTuple):
    """What lies in the same places."""

    days: dict[date, dict[str, int]]
    buckets: dict[date, dict[str, int]]
    standards: dict[tuple[str, date], dict[str, int]]


def _spread(cells: dict[tuple[Any, ...], dict[str, int]], places: tuple[Place, ...], days: Days) -> None:
    months: dict[date, dict[str, int]] = {}
    for day, counters in days.items():
        for dimension, value in places:
            cell = ("day", dimension, "", day, value, "")
            if cell in cells:
                _merge(cells[cell], counters, 1)
            else:
                cells[cell] = {**counters}
        _merge(months.setdefault(day.replace(day=1), {}), counters, 1)
    if not months:
        return
    paired = sorted(places[1 : 1 + len(PAIRED)])
    pairs = [("month", one, two, value, second) for (one, value), (two, second) in combinations(paired, 2)]
    for month, counters in _left(months).items():
        for grain, one, two, value, second in pairs:
            cell = (grain, one, two, month, value, second)
            if cell in cells:
                _merge(cells[cell], counters, 1)
            else:
                cells[cell] = {**counters}


def _left(sums: Mapping[K, Mapping[str, int]]) -> dict[K, dict[str, int]]:
    """What did not come down to nothing."""
    left = {key: {name: count for name, count in counters.items() if count} for key, counters in sums.items()}
    return {key: counters for key, counters in left.items() if counters}


def _merge(sums: dict[str, int], counters: Counters, sign: int) -> None:
    for name, count in counters.items():
        sums[name] = sums.get(name, 0) + sign * count
