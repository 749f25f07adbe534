"""What processes take: of the cores, and of memory."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Of the process and of its children, those that have ended too."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = sum(_ticks(pid)) / _TICKS
    return own + sum(sum(_ticks(int(child))[:2]) for child in children) / _TICKS


def memory_mb(pid: int) -> float:
    """What it has now."""
    return _status_mb(pid, "VmRSS:")


def peak_memory_mb(pid: int) -> float:
    """The most that it ever had."""
    return _status_mb(pid, "VmHWM:")


def _ticks(pid: int) -> tuple[int, ...]:
    """User and system time, and those of children that have ended."""
    try:
        return tuple(int(one) for one in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])
    except (FileNotFoundError, ProcessLookupError):
        return (0, 0, 0, 0)


def _status_mb(pid: int, name: str) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().partition(name)[2].split()[0]) / 1024
