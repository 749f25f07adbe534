"""What persons say when asked to mark: by themselves, with help, or through staff, never one mixed with the other."""

from collections.abc import Callable, Mapping
from functools import partial

from libs.contracts.codes import scale_of
from services.analytics.kpis.quantities import Part, mean, net_share, ratio
from services.analytics.kpis.reading import Numbers, Place, source_of
from services.analytics.kpis.schemas import Quantity, Selection
from services.analytics.rollups.counters import Counters

Marks = Mapping[int, int]
"""How often each mark was given."""
OfMarks = Callable[[Marks, Selection], Quantity]

HELPED = ("assisted", "staff")


def marked(of_marks: OfMarks, measure: str, numbers: Numbers, place: Place) -> list[Part]:
    """A figure of marks of a measure that came with the feedback: given of the person's own accord."""
    counters = numbers.of(place)
    return [
        Part(
            of_marks(_marks(counters, f"mark:{measure}:person:"), "open"),
            source_of(numbers.counters_from),
            companions={by: of_marks(_marks(counters, f"mark:{measure}:{by}:"), "staff_chosen") for by in HELPED},
        )
    ]


def satisfaction_after(numbers: Numbers, place: Place) -> list[Part]:
    """Of evaluations: everyone who was answered is asked."""
    counters, favourable = numbers.of(place), at_least(4)
    companions = {by: favourable(_marks(counters, f"after:{by}:"), "staff_chosen") for by in HELPED}
    companions["answered_of_asked"] = ratio(counters.get("evaluated", 0), counters.get("replies", 0))
    quantity = favourable(_marks(counters, "after:person:"), "census")
    return [Part(quantity, source_of(numbers.counters_from), companions=companions)]


def at_least(lowest: int) -> OfMarks:
    """The share of marks from one on."""
    return partial(_share_from, lowest)


def _share_from(lowest: int, marks: Marks, selection: Selection) -> Quantity:
    favourable = sum(times for mark, times in marks.items() if mark >= lowest)
    return ratio(favourable, sum(marks.values()), selection)


def promoters_less_detractors(marks: Marks, selection: Selection) -> Quantity:
    promoters = sum(times for mark, times in marks.items() if mark >= 9)
    detractors = sum(times for mark, times in marks.items() if mark <= 6)
    return net_share(promoters, detractors, sum(marks.values()), selection)


def mean_satisfaction(marks: Marks, selection: Selection) -> Quantity:
    return mean(marks, scale_of("csat"), selection)


def _marks(counters: Counters, prefix: str) -> dict[int, int]:
    return {int(name[len(prefix) :]): times for name, times in counters.items() if name.startswith(prefix) and times}
