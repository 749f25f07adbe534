"""The kinds of numbers that figures are made of, each with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.analytics.kpis.definitions import Unit
from services.analytics.kpis.schemas import Flag, Interval, Quantile, Quantity, Selection, Source
from services.analytics.kpis.statistics import (
    mean_interval,
    net_share_interval,
    quantile_interval_ranks,
    wilson_interval,
)
from services.analytics.rollups import buckets as log_scaled

SMALL_SAMPLE = 30
QUANTILES: dict[Quantile, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95}
SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Part:
    """A figure before it says of what span it is, and as of when."""

    quantity: Quantity
    source: Source
    clock: str | None = None
    quantile: Quantile | None = None
    companions: dict[str, Quantity] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    def all_flags(self) -> list[Flag]:
        is_small = self.quantity.n is not None and self.quantity.n < SMALL_SAMPLE
        return [*self.flags, "small_sample"] if is_small else [*self.flags]


def count(n: int) -> Quantity:
    return Quantity(unit="count", value=n, n=n)


def ratio(numerator: int, denominator: int, selection: Selection | None = None) -> Quantity:
    """A percentage with its Wilson interval; no value without a denominator."""
    return _share("percent", 100, numerator, denominator, selection)


def per_1000(numerator: int, denominator: int) -> Quantity:
    """So many in a thousand. Where there are more than a thousand, it is no proportion, and has no interval."""
    return _share("per_1000", 1000, numerator, denominator, None)


def unknown(unit: Unit, n: int) -> Quantity:
    """No value, though there is something to count: it must wait, or something is missing."""
    return Quantity(unit=unit, value=None, n=n)


def mean(counts: Mapping[int, int], scale: tuple[int, int], selection: Selection) -> Quantity:
    """The mean of marks on a scale, with how often each was given."""
    n = sum(counts.values())
    return Quantity(
        unit="score",
        value=sum(mark * times for mark, times in counts.items()) / n if n else None,
        n=n,
        interval=mean_interval(counts, scale),
        selection=selection,
    )


def net_share(favourable: int, unfavourable: int, n: int, selection: Selection) -> Quantity:
    """The percentage of ones less that of others, all below the line."""
    interval = net_share_interval(favourable, unfavourable, n)
    return Quantity(
        unit="net_percent",
        value=100 * (favourable - unfavourable) / n if n else None,
        n=n,
        numerator=favourable - unfavourable if n else None,
        denominator=n if n else None,
        interval=(100 * interval[0], 100 * interval[1]) if interval else None,
        selection=selection,
    )


def quantile_of_buckets(unit: Unit, quantile: Quantile, buckets: Mapping[int, int]) -> Quantity:
    """A quantile in hours, from buckets of seconds, between the values of the ranks that enclose it."""
    n, q = sum(buckets.values()), QUANTILES[quantile]
    value = log_scaled.quantile(buckets, q)
    if value is None:
        return Quantity(unit=unit, value=None, n=0)
    low, high = quantile_interval_ranks(q, n)
    interval: Interval = (_hours_at(buckets, low), _hours_at(buckets, high))
    return Quantity(unit=unit, value=value / SECONDS_AN_HOUR, n=n, interval=interval)


def quantile_of(unit: Unit, quantile: Quantile, seconds: list[int]) -> Quantity:
    """The same from the very values, in order."""
    n, q = len(seconds), QUANTILES[quantile]
    if n == 0:
        return Quantity(unit=unit, value=None, n=0)
    place = q * (n - 1)
    below = int(place)
    above = min(below + 1, n - 1)
    low, high = quantile_interval_ranks(q, n)
    return Quantity(
        unit=unit,
        value=(seconds[below] + (place - below) * (seconds[above] - seconds[below])) / SECONDS_AN_HOUR,
        n=n,
        interval=(
            None if low is None else seconds[low - 1] / SECONDS_AN_HOUR,
            None if high is None else seconds[high - 1] / SECONDS_AN_HOUR,
        ),
    )


def _share(unit: Unit, scale: int, numerator: int, denominator: int, selection: Selection | None) -> Quantity:
    interval = wilson_interval(numerator, denominator) if numerator <= denominator else None
    return Quantity(
        unit=unit,
        value=scale * numerator / denominator if denominator else None,
        n=denominator,
        numerator=numerator,
        denominator=denominator,
        interval=(scale * interval[0], scale * interval[1]) if interval else None,
        selection=selection,
    )


def _hours_at(buckets: Mapping[int, int], rank: int | None) -> float | None:
    return None if rank is None else log_scaled.at_rank(buckets, [rank])[0] / SECONDS_AN_HOUR
