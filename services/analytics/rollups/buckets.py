"""Log-scaled buckets, from which quantiles are read with a relative error of at most 1 %; zero has its own.

After C. Masson, J. E. Rim and H. K. Lee, DDSketch, PVLDB 12 (2019): bucket k ≥ 1 holds (γ^(k−2), γ^(k−1)] seconds,
with γ = (1 + ε) / (1 − ε), and is read as the value that lies ε from both of its ends. Counts of buckets add up, and
what was added can be taken away.
"""

from collections.abc import Mapping, Sequence
from math import ceil, log

ERROR = 0.01
_GAMMA = (1 + ERROR) / (1 - ERROR)
_LOG_GAMMA = log(_GAMMA)


def bucket_of(seconds: float) -> int:
    """The bucket of a length of time; 0 for none, and for what is less."""
    if seconds <= 0:
        return 0
    return max(1, ceil(log(seconds) / _LOG_GAMMA) + 1)


def seconds_of(bucket: int) -> float:
    """What a bucket is read as. Whole seconds up to 1 are exact."""
    if bucket <= 1:
        return float(bucket)
    return 2 * _GAMMA ** (bucket - 1) / (_GAMMA + 1)


def at_rank(buckets: Mapping[int, int], ranks: Sequence[int]) -> list[float]:
    """The seconds at some ranks, from 1, in ascending order of the ranks."""
    wanted, found, passed = iter(ranks), [], 0
    rank = next(wanted, None)
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        while rank is not None and rank <= passed:
            found.append(seconds_of(bucket))
            rank = next(wanted, None)
    return found


def quantile(buckets: Mapping[int, int], q: float) -> float | None:
    """The q-quantile in seconds, by linear interpolation between the two nearest ranks; none of nothing."""
    n = sum(buckets.values())
    if n == 0:
        return None
    place = q * (n - 1)
    low = int(place)
    below, above = at_rank(buckets, [low + 1, min(low + 2, n)])
    return below + (place - low) * (above - below)
