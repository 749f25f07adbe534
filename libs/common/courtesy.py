"""Leaves the cores to others where they are short, as far as niceness alone cannot: the database is nice to nobody.

A process that is nice, and was kept waiting for a core while none was idle, waits of its own accord for a multiple of
that time: so what it would have asked of the database meanwhile is left, too. What comes in shares the next slice, at
less cost each.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

FACTOR = 4.0
LONGEST_SECONDS = 1.0
IDLE = 0.1
"""Where so large a part of all cores' time is nobody's, nobody is short of them."""
LOOK_SECONDS = 0.25
"""The kernel tells the time of idle cores in hundredths of a second."""

_THREADS = Path("/proc/self/task")
_UPTIME = Path("/proc/uptime")


class Courtesy:
    """What is owed to others since it was last paid."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._waited: float | None = None  # counted only while cores are short
        self._looked, self._idle = clock(), _idle_seconds()
        self._are_short = False

    def owed(self) -> float:
        """How many seconds to wait; none for a process that is not nice, or that got a core whenever it wanted one."""
        before, self._waited = self._waited, _waited_seconds() if self._cores_are_short() else None
        if before is None or self._waited is None:
            return 0.0
        return min(LONGEST_SECONDS, FACTOR * (self._waited - before))

    def _cores_are_short(self) -> bool:
        now = self._clock()
        if (passed := now - self._looked) >= LOOK_SECONDS:
            before, self._idle, self._looked = self._idle, _idle_seconds(), now
            self._are_short = self._idle - before < IDLE * passed * (os.cpu_count() or 1)
        return self._are_short


def _waited_seconds() -> float:
    """How long threads of this process have waited for a core (proc_pid_schedstat); 0 where the kernel does not say."""
    return sum(map(_waited_by, os.listdir(_THREADS))) / 1e9 if os.nice(0) > 0 and _THREADS.is_dir() else 0.0


def _waited_by(thread: str) -> int:
    """Nanoseconds; none where the thread has ended meanwhile."""
    with suppress(OSError):
        return int((_THREADS / thread / "schedstat").read_text().split()[1])
    return 0


def _idle_seconds() -> float:
    """Of all cores together, since the start of the machine (proc_uptime); 0 where the kernel does not say."""
    return float(_UPTIME.read_text().split()[1]) if _UPTIME.is_file() else 0.0
