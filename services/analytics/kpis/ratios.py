"""Counts and shares of feedback, cases and clocks, from counters alone."""

from services.analytics.facts.contributions import COME_BACK_WITHIN
from services.analytics.kpis.quantities import Part, count, ratio, unknown
from services.analytics.kpis.reading import Numbers, Place, source_of
from services.analytics.kpis.schemas import Source

SHARES = ("extended", "suspended", "declined", "reclassified")


def volume(numbers: Numbers, place: Place) -> list[Part]:
    return [Part(count(numbers.of(place).get("volume", 0)), source_of(numbers.counters_from))]


def transfer_rate(numbers: Numbers, place: Place) -> list[Part]:
    counters = numbers.of(place)
    quantity = ratio(counters.get("transferred", 0), counters.get("cases", 0))
    return [Part(quantity, source_of(numbers.counters_from))]


def reopen_rate(numbers: Numbers, place: Place) -> list[Part]:
    counters, source = numbers.of(place), source_of(numbers.counters_from)
    answered = counters.get("replied", 0)
    if not numbers.question.has_passed(COME_BACK_WITHIN, numbers.periods[place[0]][1]):
        return [Part(unknown("percent", answered), source, flags=("immature",))]
    return [Part(ratio(counters.get("came_back", 0), answered), source)]


def resolution_confirmed_rate(numbers: Numbers, place: Place) -> list[Part]:
    counters = numbers.of(place)
    yes, partly, no = (counters.get(f"solved:{said}", 0) for said in ("yes", "partly", "no"))
    said = yes + partly + no
    companions = {
        "partly": ratio(partly, said, "census"),
        "answered_of_asked": ratio(said, counters.get("answered", 0)),
    }
    return [Part(ratio(yes, said, "census"), source_of(numbers.counters_from), companions=companions)]


def met_of_due(numbers: Numbers, place: Place) -> list[Part]:
    counters, source = numbers.of(place), source_of_due(numbers, place)
    return [
        Part(ratio(counters.get(f"due_met:{clock}", 0), counters.get(f"due:{clock}", 0)), source, clock=clock)
        for clock in numbers.clocks
    ]


def standard_met(numbers: Numbers, place: Place) -> list[Part]:
    counters, source = numbers.of(place), source_of_due(numbers, place)
    parts = []
    for clock in numbers.clocks:
        ended = counters.get(f"ended:{clock}", 0)
        companions = {
            "open_breached": count(counters.get(f"due_open:{clock}", 0)),
            "late_entries": count(counters.get(f"ended_late_entry:{clock}", 0)),
            **{f"{share}_share": ratio(counters.get(f"ended_{share}:{clock}", 0), ended) for share in SHARES},
        }
        quantity = ratio(counters.get(f"ended_met:{clock}", 0), ended)
        parts.append(Part(quantity, source, clock=clock, companions=companions))
    return parts


def source_of_due(numbers: Numbers, place: Place) -> Source:
    """Of the day in progress, what falls due is read from facts."""
    first, end = numbers.periods[place[0]]
    is_in_progress = first <= numbers.question.today < end
    return source_of(numbers.counters_from | ({"facts"} if is_in_progress else set()))
