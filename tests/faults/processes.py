"""Kills and stops the processes of a running system, by name."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.record import Record
from tests.system import System, eventually

PROCESSES = [(command, service) for service in ("intake", "routing", "analytics") for command in ("serve", "work")]
"""An API serves, a worker works."""


def kill(system: System, record: Record, command: str, service: str) -> int:
    """kill -9; the process id that it had."""
    pid = system.child(command, service)
    record.fault(f"kill -9 {command} {service}")
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_for_successor(system: System, command: str, service: str, pid: int, seconds: float = 30) -> float:
    """Return once another process runs in the place of `pid`, and is ready; how many seconds it took."""
    started = time.monotonic()

    def is_there() -> bool:
        try:
            return system.child(command, service) != pid and system.is_ready(command, service)
        except AssertionError:
            return False

    eventually(is_there, seconds)
    return time.monotonic() - started


@contextmanager
def paused(record: Record, pid: int, what: str) -> Iterator[None]:
    """SIGSTOP, and SIGCONT at the end."""
    record.fault(f"stop {what}")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def is_alive(pid: int) -> bool:
    """False for one that has ended and that nobody has taken note of."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def descendants(pid: int) -> list[int]:
    """The process and all that came of it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in descendants(int(child)))]
