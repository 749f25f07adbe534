"""Redaction under locks: as much of it as others wait for."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import TypeVar

AT_MOST_SECONDS = 1.0
"""Locks are held meanwhile: who adds a message waits for them, two seconds at most. Some texts take a second each."""

P = TypeVar("P")
R = TypeVar("R")


def in_time(redact: Callable[[P], R], pending: Sequence[P], seconds: float) -> list[tuple[P, R]]:
    """The first of them, and as many more as are begun before the `seconds` are over: each with what came of it."""
    until = monotonic() + seconds
    found: list[tuple[P, R]] = []
    for one in pending:
        if found and monotonic() >= until:
            break
        found.append((one, redact(one)))
    return found
