"""Whether two figures differ beyond chance."""

from services.analytics.kpis.quantities import Part
from services.analytics.kpis.schemas import Comparison, NoDifference, Quantity, Span
from services.analytics.kpis.statistics import difference_interval


def compare(part: Part, other: Part, span: Span, *, shared: NoDifference | None) -> Comparison:
    """The other figure beside this one, and what lies between them. Where both are partly made of the same (`shared`
    says of what), their intervals do not tell how far chance may part them.
    """
    mine, theirs = part.quantity, other.quantity
    difference = None if mine.value is None or theirs.value is None else mine.value - theirs.value
    interval = None if shared else _interval(mine, theirs)
    return Comparison(
        span=span,
        value=theirs.value,
        n=theirs.n,
        interval=theirs.interval,
        flags=other.all_flags(),
        difference=difference,
        difference_interval=interval,
        beyond_chance=None if interval is None else not interval[0] <= 0 <= interval[1],
        reason=None if interval else _reason(mine, theirs, shared),
    )


def _interval(mine: Quantity, theirs: Quantity) -> tuple[float, float] | None:
    if mine.value is None or theirs.value is None or mine.interval is None or theirs.interval is None:
        return None
    low, high = mine.interval
    other_low, other_high = theirs.interval
    if low is None or high is None or other_low is None or other_high is None:
        return None
    return difference_interval(mine.value, (low, high), theirs.value, (other_low, other_high))


def _reason(mine: Quantity, theirs: Quantity, shared: NoDifference | None) -> NoDifference:
    if mine.value is None or theirs.value is None:
        return "no_value"
    if mine.unit == "count":
        return "counts_have_no_interval"
    return shared or "no_interval"
