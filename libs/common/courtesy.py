"""Leaves the cores to others where they are short, as far as niceness alone cannot: the database is nice to nobody.

A process that is nice, and was kept waiting for a core, waits of its own accord for a multiple of that time: so what it
would have asked of the database meanwhile is left, too. What comes in shares the next slice, at less cost each.
"""

import os
from contextlib import suppress
from pathlib import Path

FACTOR = 4.0
LONGEST_SECONDS = 1.0

_THREADS = Path("/proc/self/task")


class Courtesy:
    """What is owed to others since it was last paid."""

    def __init__(self) -> None:
        self._waited = _waited_seconds()

    def owed(self) -> float:
        """How many seconds to wait; none for a process that is not nice, or that got a core whenever it wanted one."""
        before, self._waited = self._waited, _waited_seconds()
        return min(LONGEST_SECONDS, FACTOR * (self._waited - before))


def _waited_seconds() -> float:
    """How long threads of this process have waited for a core (proc_pid_schedstat); 0 where the kernel does not say."""
    return sum(map(_waited_by, os.listdir(_THREADS))) / 1e9 if os.nice(0) > 0 and _THREADS.is_dir() else 0.0


def _waited_by(thread: str) -> int:
    """Nanoseconds; none where the thread has ended meanwhile."""
    with suppress(OSError):
        return int((_THREADS / thread / "schedstat").read_text().split()[1])
    return 0
