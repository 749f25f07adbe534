"""How far chance alone may have moved a figure: 95 % intervals, from counts and without any model of the data."""

from collections.abc import Mapping
from itertools import accumulate

_Z = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution."""

_TAIL = 0.025
"""What a two-sided 95 % interval leaves out on each side."""

_NEGLIGIBLE = 1e-20
"""Of the largest binomial probability: far below what floating point can add to it."""


def wilson_interval(successes: int, n: int) -> tuple[float, float] | None:
    """The 95 % score interval of a proportion, as proportions from 0 to 1; None where there is nothing to judge, n = 0.

    Without continuity correction: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927); method 3 of R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in
    Medicine 17 (1998). Raises ValueError unless 0 ≤ successes ≤ n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"successes lie between 0 and n: {successes} of {n}")
    if n == 0:
        return None
    proportion = successes / n
    scale = 1 + _Z**2 / n
    centre = (proportion + _Z**2 / (2 * n)) / scale
    half_width = _Z * (proportion * (1 - proportion) / n + _Z**2 / (4 * n**2)) ** 0.5 / scale
    lower = 0.0 if successes == 0 else centre - half_width
    upper = 1.0 if successes == n else centre + half_width
    return lower, upper


def net_share_interval(favourable: int, unfavourable: int, n: int) -> tuple[float, float] | None:
    """The 95 % interval of favourable/n − unfavourable/n, both counts of one multinomial sample; None of nothing.

    Its variance is (p + q − (p − q)²) / n: L. A. Goodman, On simultaneous confidence intervals for multinomial
    proportions, Technometrics 7 (1965). None where all said the same: the sample's variance, 0, tells
    nothing of others. Raises ValueError unless the counts are of n.
    """
    if favourable < 0 or unfavourable < 0 or favourable + unfavourable > n:
        raise ValueError(f"both counts are of n: {favourable} and {unfavourable} of {n}")
    if n == 0:
        return None
    p, q = favourable / n, unfavourable / n
    if max(favourable, unfavourable, n - favourable - unfavourable) == n:
        return None
    half_width = _Z * ((p + q - (p - q) ** 2) / n) ** 0.5
    return max(-1.0, p - q - half_width), min(1.0, p - q + half_width)


def mean_interval(counts: Mapping[int, int], scale: tuple[int, int]) -> tuple[float, float] | None:
    """The 95 % interval of the mean of values with their counts, by the normal approximation with the sample variance.

    No mean lies outside the scale, so nor does the interval. None of fewer than two values, and of values that are all
    the same: the sample's variance, 0, tells nothing of others.
    """
    n = sum(counts.values())
    if sum(count > 0 for count in counts.values()) < 2:
        return None
    mean = sum(value * count for value, count in counts.items()) / n
    variance = sum(count * (value - mean) ** 2 for value, count in counts.items()) / (n - 1)
    half_width = _Z * (variance / n) ** 0.5
    return max(scale[0], mean - half_width), min(scale[1], mean + half_width)


def difference_interval(
    value: float, interval: tuple[float, float], other: float, other_interval: tuple[float, float]
) -> tuple[float, float]:
    """The 95 % interval of `value − other`, two estimates of independent samples, from the interval of each.

    With Wilson intervals it is method 10 of R. G. Newcombe, Interval estimation for the difference between independent
    proportions, Statistics in Medicine 17 (1998); in general the method of variance estimates recovery: G. Y. Zou and
    A. Donner, Statistics in Medicine 27 (2008).
    """
    difference = value - other
    down = ((value - interval[0]) ** 2 + (other_interval[1] - other) ** 2) ** 0.5
    up = ((interval[1] - value) ** 2 + (other - other_interval[0]) ** 2) ** 0.5
    return difference - down, difference + up


def quantile_interval_ranks(q: float, n: int) -> tuple[int | None, int | None]:
    """The ranks, from 1, of the two values that enclose the q-quantile with at least 95 % confidence, of n in order.

    The number of values below the quantile is binomial (n, q), whatever their distribution; each bound is the closest
    that leaves it at most 2.5 %. A bound is None where so few values give none: for q = 0.95 there is no upper bound
    below n = 72. W. J. Conover, Practical Nonparametric Statistics (3rd ed., 1999), § 3.2; G. J. Hahn and
    W. Q. Meeker, Statistical Intervals (1991), § 5.2. Raises ValueError unless 0 < q < 1 and n ≥ 0.
    """
    if not 0 < q < 1 or n < 0:
        raise ValueError(f"a quantile lies between 0 and 1, of no fewer than 0 values: {q} of {n}")
    if n == 0:
        return None, None
    first, weights = _binomial_weights(q, n)
    total = sum(weights)
    at_most = [running / total for running in accumulate(weights)]
    below_lower = sum(probability <= _TAIL for probability in at_most)
    below_upper = sum(probability < 1 - _TAIL for probability in at_most)
    lower, upper = first + below_lower, first + below_upper + 1
    return lower if lower >= 1 else None, upper if upper <= n else None


def _binomial_weights(q: float, n: int) -> tuple[int, list[float]]:
    """What the binomial probabilities (n, q) are in proportion to, from a first count on, the negligible left out."""
    odds = q / (1 - q)
    mode = min(n, int((n + 1) * q))
    rising, falling = [], []
    count, weight = mode, 1.0
    while count > 0 and weight > _NEGLIGIBLE:
        weight *= count / ((n - count + 1) * odds)
        count -= 1
        rising.append(weight)
    first = count
    count, weight = mode, 1.0
    while count < n and weight > _NEGLIGIBLE:
        weight *= (n - count) / (count + 1) * odds
        count += 1
        falling.append(weight)
    return first, [*reversed(rising), 1.0, *falling]
