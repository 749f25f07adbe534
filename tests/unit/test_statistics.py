"""What a reader of a published figure can rely on about its 95 % interval."""

import time
from bisect import bisect_left
from fractions import Fraction
from math import comb
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.analytics.kpis.statistics import (
    difference_interval,
    mean_interval,
    net_share_interval,
    quantile_interval_ranks,
    wilson_interval,
)
from services.analytics.rollups.buckets import bucket_of, quantile, seconds_of

QUANTILES = [Fraction(1, 2), Fraction(9, 10), Fraction(19, 20), Fraction(1, 20)]
SIZES = [1, 2, 3, 5, 6, 10, 20, 29, 36, 37, 71, 72, 73, 100, 250, 1000, 1001, 3000]


def binomial(q: Fraction, n: int, counts: range) -> Fraction:
    """The exact probability that a binomial (n, q) count is one of these."""
    hit, miss, whole = q.numerator, q.denominator - q.numerator, q.denominator
    return Fraction(sum(comb(n, k) * hit**k * miss ** (n - k) for k in counts), whole**n)


@pytest.mark.parametrize(
    ("successes", "n", "lower", "upper"),
    [
        pytest.param(81, 263, 0.2553, 0.3662, id="81 of 263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="15 of 148"),
        pytest.param(0, 20, 0.0000, 0.1611, id="0 of 20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="1 of 29"),
    ],
)
def test_the_interval_of_a_proportion_is_the_published_one(successes: int, n: int, lower: float, upper: float) -> None:
    """Newcombe 1998, table I, method 3."""
    assert wilson_interval(successes, n) == pytest.approx((lower, upper), abs=0.00005)


def test_a_proportion_of_nothing_has_no_interval() -> None:
    assert wilson_interval(0, 0) is None


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@example((0, 1))
@example((1, 1))
@example((10**9, 10**9))
def test_the_interval_of_a_proportion_holds_the_proportion_and_is_one_of_proportions(counts: tuple[int, int]) -> None:
    successes, n = counts
    interval = wilson_interval(successes, n)
    assert interval is not None
    lower, upper = interval
    assert 0 <= lower <= successes / n <= upper <= 1
    assert lower < upper


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_counting_the_failures_instead_mirrors_the_interval(counts: tuple[int, int]) -> None:
    successes, n = counts
    interval, mirrored = wilson_interval(successes, n), wilson_interval(n - successes, n)
    assert interval is not None
    assert mirrored is not None
    assert interval == pytest.approx((1 - mirrored[1], 1 - mirrored[0]), abs=1e-12)


@pytest.mark.parametrize(("successes", "n"), [(-1, 10), (11, 10), (0, -1)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson_interval(successes, n)


@pytest.mark.parametrize(
    ("one", "other", "lower", "upper"),
    [
        pytest.param((56, 70), (48, 80), 0.0524, 0.3339, id="56/70 less 48/80"),
        pytest.param((9, 10), (3, 10), 0.1705, 0.8090, id="9/10 less 3/10"),
        pytest.param((6, 7), (2, 7), 0.0582, 0.8062, id="6/7 less 2/7"),
        pytest.param((5, 56), (0, 29), -0.0381, 0.1926, id="5/56 less 0/29"),
        pytest.param((0, 10), (0, 20), -0.1611, 0.2775, id="0/10 less 0/20"),
        pytest.param((10, 10), (0, 10), 0.6075, 1.0000, id="10/10 less 0/10"),
    ],
)
def test_the_interval_of_a_difference_of_proportions_is_the_published_one(
    one: tuple[int, int], other: tuple[int, int], lower: float, upper: float
) -> None:
    """Newcombe 1998 (Interval estimation for the difference), table II, method 10."""
    first, second = wilson_interval(*one), wilson_interval(*other)
    assert first is not None
    assert second is not None
    found = difference_interval(one[0] / one[1], first, other[0] / other[1], second)
    assert found == pytest.approx((lower, upper), abs=0.00005)


def test_the_interval_of_a_net_share_is_that_of_scores_of_one_nought_and_minus_one() -> None:
    """50 promoters, 30 passives, 20 detractors: mean 0.3, variance 0.61, 0.3 ± 1.96 × √0.0061."""
    assert net_share_interval(50, 20, 100) == pytest.approx((0.14692, 0.45308), abs=0.00001)
    assert net_share_interval(0, 0, 0) is None
    assert [net_share_interval(*same) for same in ((1, 0, 1), (0, 7, 7), (0, 0, 3))] == [None] * 3
    with pytest.raises(ValueError, match="of n"):
        net_share_interval(60, 50, 100)


def test_the_interval_of_a_mean_is_by_the_sample_variance() -> None:
    """Marks 1 to 5, once each: mean 3, variance 2.5, 3 ± 1.96 × √0.5."""
    assert mean_interval(dict.fromkeys(range(1, 6), 1), (1, 5)) == pytest.approx((1.61410, 4.38590), abs=0.00001)
    assert mean_interval({5: 2, 4: 0}, (1, 5)) is None
    assert mean_interval({5: 1}, (1, 5)) is None


def test_no_interval_of_a_mean_passes_the_scale() -> None:
    assert mean_interval({5: 9, 4: 1}, (1, 5)) == (pytest.approx(4.704, abs=0.00001), 5)
    assert mean_interval({1: 9, 2: 1}, (1, 5)) == (1, pytest.approx(1.296, abs=0.00001))


@given(st.integers(0, 10**9))
def test_a_bucket_is_read_with_an_error_of_at_most_one_percent(seconds: int) -> None:
    assert seconds_of(bucket_of(seconds)) == pytest.approx(seconds, rel=0.01 + 1e-9, abs=0)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=60), st.sampled_from([0.5, 0.9, 0.95]))
def test_a_quantile_of_buckets_is_that_of_the_values_within_one_percent(values: list[int], q: float) -> None:
    buckets: dict[int, int] = {}
    for value in values:
        buckets[bucket_of(value)] = buckets.get(bucket_of(value), 0) + 1
    ordered, place = sorted(values), q * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    exact = ordered[low] + (place - low) * (ordered[high] - ordered[low])
    assert quantile(buckets, q) == pytest.approx(exact, rel=0.01 + 1e-9, abs=0)


@pytest.mark.parametrize(
    ("n", "ranks"),
    [
        pytest.param(5, (None, None), id="five values are too few"),
        pytest.param(6, (1, 6), id="of six, the extremes"),
        pytest.param(8, (1, 8), id="of eight"),
        pytest.param(9, (2, 8), id="of nine"),
        pytest.param(15, (4, 12), id="of fifteen"),
        pytest.param(20, (6, 15), id="of twenty"),
        pytest.param(25, (8, 18), id="of twenty-five"),
        pytest.param(100, (40, 61), id="of a hundred"),
    ],
)
def test_the_interval_of_a_median_is_that_of_the_tables_of_the_sign_test(n: int, ranks: tuple[int, int]) -> None:
    assert quantile_interval_ranks(0.5, n) == ranks


def test_few_values_give_no_upper_bound_of_a_high_quantile() -> None:
    assert quantile_interval_ranks(0.95, 10) == (8, None)
    assert quantile_interval_ranks(0.95, 71) == (63, None)
    assert quantile_interval_ranks(0.95, 72) == (64, 72)
    assert quantile_interval_ranks(0.95, 1) == (None, None)
    assert quantile_interval_ranks(0.95, 0) == (None, None)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("q", QUANTILES, ids=str)
def test_the_two_values_enclose_the_quantile_with_95_percent_confidence_and_no_closer_ones_do(
    q: Fraction, n: int
) -> None:
    lower, upper = quantile_interval_ranks(float(q), n)
    tail = Fraction(25, 1000)
    if lower is None:
        assert binomial(q, n, range(1)) > tail
    else:
        assert binomial(q, n, range(lower)) <= tail < binomial(q, n, range(lower + 1))
    if upper is None:
        assert binomial(q, n, range(n, n + 1)) > tail
    else:
        assert binomial(q, n, range(upper, n + 1)) <= tail < binomial(q, n, range(upper - 1, n + 1))
    if lower is not None and upper is not None:
        assert binomial(q, n, range(lower, upper)) >= Fraction(95, 100)


def test_samples_of_known_quantile_are_enclosed_as_often_as_promised() -> None:
    random, n, rounds = Random(20260101), 200, 3000  # noqa: S311
    lower, upper = quantile_interval_ranks(0.9, n)
    assert lower is not None
    assert upper is not None
    enclosed = 0
    for _ in range(rounds):
        below = bisect_left(sorted(random.random() for _ in range(n)), 0.9)
        enclosed += lower <= below < upper
    assert 0.94 < enclosed / rounds < 0.985


@given(st.floats(0.001, 0.999), st.integers(0, 5000))
def test_ranks_are_ranks_and_in_order(q: float, n: int) -> None:
    lower, upper = quantile_interval_ranks(q, n)
    assert lower is None or 1 <= lower <= n
    assert upper is None or 1 <= upper <= n
    assert lower is None or upper is None or lower < upper


@given(st.integers(10, 987), st.integers(1, 2000))
def test_turning_the_order_round_mirrors_the_ranks(share: int, n: int) -> None:
    lower, upper = quantile_interval_ranks(share / 997, n)  # of a prime, so that no probability is 2.5 % to the digit
    mirrored_lower, mirrored_upper = quantile_interval_ranks((997 - share) / 997, n)
    assert lower == (None if mirrored_upper is None else n + 1 - mirrored_upper)
    assert upper == (None if mirrored_lower is None else n + 1 - mirrored_lower)


@pytest.mark.parametrize(("q", "n"), [(0.0, 10), (1.0, 10), (-0.5, 10), (0.5, -1)])
def test_impossible_quantiles_are_refused(q: float, n: int) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile_interval_ranks(q, n)


def test_ten_million_values_take_a_moment() -> None:
    began = time.process_time()
    # The normal approximation: 5,000,000 ± 1.96 × √2,500,000, rounded away from the median.
    assert quantile_interval_ranks(0.5, 10_000_000) == (4_996_901, 5_003_100)
    assert time.process_time() - began < 0.5
