"""How far chance may have moved a figure, found by searching for what the definition asks for."""

from collections.abc import Callable, Mapping
from math import exp, lgamma, log, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)
Bounds = tuple[float, float]


def wilson(successes: int, n: int) -> Bounds:
    """The proportions that a score test at 5 % does not reject: those p with |p̂ − p| ≤ z·√(p(1 − p)/n)."""
    share = successes / n

    def rejected(p: float) -> float:
        return abs(share - p) - Z * sqrt(p * (1 - p) / n)

    return _root(rejected, 0.0, share), _root(rejected, 1.0, share)


def newcombe(one: float, bounds: Bounds, other: float, other_bounds: Bounds) -> Bounds:
    """Of a difference: from the distance of each estimate to its own bound, at right angles."""
    difference = one - other
    return (
        difference - sqrt((one - bounds[0]) ** 2 + (other_bounds[1] - other) ** 2),
        difference + sqrt((bounds[1] - one) ** 2 + (other - other_bounds[0]) ** 2),
    )


def of_mean(values: list[int], lowest: int, highest: int) -> Bounds:
    """By the normal approximation, with the variance of the sample; nothing lies outside the scale."""
    n = len(values)
    mean = sum(values) / n
    half = Z * sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n)
    return max(lowest, mean - half), min(highest, mean + half)


def of_net(values: Mapping[int, int]) -> Bounds:
    """Of the share of ones less that of minus ones, in percent: of values −1, 0 and 1 with their counts."""
    n = sum(values.values())
    mean = sum(value * times for value, times in values.items()) / n
    half = Z * sqrt((sum(value**2 * times for value, times in values.items()) / n - mean**2) / n)
    return 100 * max(-1.0, mean - half), 100 * min(1.0, mean + half)


def quantile_ranks(q: float, n: int) -> tuple[int | None, int | None]:
    """The ranks, from 1, of the values that enclose a quantile: each leaves at most 2.5 % of Binomial(n, q) outside."""
    below = 0.0
    lower, upper = 0, n
    for k in range(n + 1):
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        below += exp(ways + k * log(q) + (n - k) * log(1 - q))
        if below <= 0.025:
            lower = k + 1
        if below >= 0.975:
            upper = k + 1
            break
    return (lower or None), (upper if upper <= n else None)


def _root(of: Callable[[float], float], outside: float, inside: float) -> float:
    """Where it turns from positive, outside, to negative."""
    if of(outside) <= 0:
        return outside
    for _ in range(200):
        middle = (outside + inside) / 2
        if of(middle) > 0:
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2
