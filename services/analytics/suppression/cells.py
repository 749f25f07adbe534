"""Which cells of a table are too small to be published, so that nobody can be made out, nor computed from the rest."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

K = TypeVar("K")


def suppressed(counts: Mapping[K, int], sums: Sequence[Sequence[K]], below: int) -> set[K]:
    """The cells to leave out: those with 1 to `below` − 1, and as many more as keep them from being computed.

    `sums` are cells that add up to another one that is published or known: a total's parts, each with the total
    itself among them, as in `[total, a, b, c]`. In such a group one missing cell can be computed from the others, and
    of several their sum: where that is less than `below` it says too much of each, since each is at least 1. So another
    one is left out, the smallest of those that hold something, and the total last of all. It is gone through again
    until every group hides what it should. A cell of 0 holds nobody, is shown, and hides nothing.
    """
    hidden = {cell for cell, n in counts.items() if 0 < n < below}
    while True:
        more = {cell for group in sums for cell in _another(group, counts, hidden, below)}
        if not more:
            return hidden
        hidden |= more


def _another(group: Sequence[K], counts: Mapping[K, int], hidden: set[K], below: int) -> set[K]:
    """Another cell of the group, where those that are missing can be computed, or say too much together."""
    total, parts = group[0], group[1:]
    missing = [cell for cell in group if cell in hidden]
    if not missing:
        return set()
    if len(missing) > 1 and (total in hidden or sum(counts[cell] for cell in missing) >= below):
        return set()
    left = [cell for cell in parts if cell not in hidden and counts[cell] > 0]
    if left:
        return {min(left, key=lambda cell: counts[cell])}
    return {total} - hidden
