"""What rollups are made of: counters, by day and by the values of dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple, TypeVar, get_args

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
EVERYTHING: Place = (TOTAL, "")
Counters = Mapping[str, int]
Days = Mapping[date, Counters]
K = TypeVar("K")


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


def sum_of(counts: Mapping[K, int], more: Mapping[K, int]) -> dict[K, int]:
    """Both together, without those that come down to nothing."""
    sums = dict(counts)
    for key, count in more.items():
        if not (total := sums.get(key, 0) + count):
            sums.pop(key, None)
        else:
            sums[key] = total
    return sums
