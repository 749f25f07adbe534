"""Which of the standards in force promises: the most specific first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from services.routing.rules.conditions import Attributes
from services.routing.standards.schemas import StandardDocument


@dataclass(frozen=True)
class Standard:
    """A standard in force, with its version."""

    version: int
    document: StandardDocument


def in_precedence(standards: Iterable[Standard]) -> list[Standard]:
    """The most specific first; among conditions that name the same fields, the lower rank."""
    by_rank = sorted(standards, key=lambda one: one.document.rank)
    return sorted(by_rank, key=lambda one: one.document.when.specificity, reverse=True)


def standard_for(standards: Sequence[Standard], attributes: Attributes) -> Standard | None:
    """The first that holds of the standards in their precedence; there may be none."""
    return next((one for one in standards if one.document.when.holds(attributes)), None)


def undecided(documents: Iterable[StandardDocument]) -> Iterator[tuple[str, str]]:
    """The codes of each two standards of which neither comes before the other though both can hold."""
    for one, other in combinations(documents, 2):
        same = one.rank == other.rank and one.when.specificity == other.when.specificity
        if same and one.when.meets(other.when):
            yield one.code, other.code
