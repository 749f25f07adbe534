"""The arithmetic of rollups: cells of counters, and the difference between two states of what they count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

Dimension = Literal["channel", "kind", "service", "service_point", "topic", "language", "team", "respondent"]

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
TOTAL = "total"
"""The dimension of everything together; its one value is the empty string."""
UNASSIGNED = "unassigned"
"""The value of a dimension that a fact does not have."""

Place = tuple[str, str]
"""A dimension and one of its values."""
Cell = tuple[date, str, str]
"""A local day, a dimension, a value."""
Counters = Mapping[str, int]
Cells = Mapping[Cell, Counters]

_NOTHING: Counters = {}


@dataclass(frozen=True, slots=True)
class Contribution:
    """Counters by day, each counted once in every place. There is one place a dimension, always in the same order."""

    days: Mapping[date, Counters]
    places: tuple[Place, ...]

    def cells(self) -> dict[Cell, Counters]:
        return {(day, *place): counters for day, counters in self.days.items() for place in self.places}


class Difference:
    """What must be added to the rollups: the sum of what counts now, less the sum of what counted before."""

    def __init__(self) -> None:
        self._cells: dict[Cell, dict[str, int]] = {}

    def add(self, contribution: Contribution) -> None:
        """Something counts that did not."""
        for place in contribution.places:
            self._add(place, contribution.days, 1)

    def change(self, before: Contribution, after: Contribution) -> None:
        """Something that counted as `before` counts as `after`."""
        changes = {
            day: _change(before.days.get(day, _NOTHING), after.days.get(day, _NOTHING))
            for day in before.days.keys() | after.days.keys()
        }
        for then, now in zip(before.places, after.places, strict=True):
            if then == now:
                self._add(now, changes, 1)
            else:
                self._add(then, before.days, -1)
                self._add(now, after.days, 1)

    def cells(self) -> dict[Cell, dict[str, int]]:
        """Those that differ, by cell in order, without counters that came down to nothing."""
        left = {
            cell: {name: count for name, count in counters.items() if count} for cell, counters in self._cells.items()
        }
        return {cell: left[cell] for cell in sorted(left) if left[cell]}

    def _add(self, place: Place, days: Mapping[date, Counters], sign: int) -> None:
        for day, counters in days.items():
            if counters:
                sums = self._cells.setdefault((day, *place), {})
                for name, count in counters.items():
                    sums[name] = sums.get(name, 0) + sign * count


def _change(then: Counters, now: Counters) -> Counters:
    changes = {name: now.get(name, 0) - then.get(name, 0) for name in then.keys() | now.keys()}
    return {name: change for name, change in changes.items() if change}
