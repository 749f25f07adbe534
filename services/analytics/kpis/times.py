"""How long persons waited for each step: quantiles from buckets."""

from services.analytics.kpis.definitions import Unit
from services.analytics.kpis.quantities import QUANTILES, Part, quantile_of_buckets
from services.analytics.kpis.reading import Numbers, Place, source_of

UNITS: tuple[Unit, ...] = ("business_hours", "elapsed_hours")


def times(step: str, numbers: Numbers, place: Place) -> list[Part]:
    """p50, p90 and p95 of a step, in business hours and as the person lived them."""
    buckets, source = numbers.buckets.get(place, {}), source_of(numbers.buckets_from)
    return [
        Part(quantile_of_buckets(unit, quantile, buckets.get(f"{step}:{unit}", {})), source, quantile=quantile)
        for unit in UNITS
        for quantile in QUANTILES
    ]
