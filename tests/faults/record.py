"""The record of a test: every attempt and every fault, appended to a file of its own, and read back for the checks."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

COUNTS = "faults"
"""The name under which a test tells its counts for the end."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and its answer. Attempts with the same key are one operation, tried again."""

    at: float
    """When it was sent, in seconds since 1970."""
    seconds: float
    operation: str
    key: str
    status: int | None
    """None where the connection was cut, refused, or silent for too long."""
    id: str | None = None
    """Of what it made, as the answer says."""

    @property
    def is_acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Fault:
    """What was broken, and when."""

    at: float
    fault: str


class Record:
    """Any number of threads and tasks append to it; each line is written whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._latest: dict[str, float] = {}

    def attempt(self, sent_at: float, operation: str, key: str, status: int | None, made: str | None = None) -> None:
        one = Attempt(sent_at, time.time() - sent_at, operation, key, status, made)
        self._append(one)
        if one.is_acknowledged:
            self._latest[operation] = max(sent_at, self._latest.get(operation, 0.0))

    def acknowledged_since(self, moment: float, operation: str = "submit") -> bool:
        """Something that was sent after that moment has been acknowledged."""
        return self._latest.get(operation, 0.0) > moment

    def note(self, operation: str, key: str, status: int, made: str) -> None:
        """One of many that went in one request."""
        self.attempt(time.time(), operation, key, status, made)

    def fault(self, what: str) -> float:
        """When it was."""
        one = Fault(time.time(), what)
        self._append(one)
        return one.at

    def _append(self, one: Attempt | Fault) -> None:
        self._file.write(orjson.dumps(asdict(one)) + b"\n")

    def attempts(self, operation: str | None = None) -> list[Attempt]:
        """All of them, or those of one operation, in the order in which they ended."""
        found = [Attempt(**line) for line in self._lines() if "operation" in line]
        return [one for one in found if operation in (None, one.operation)]

    def faults(self) -> list[Fault]:
        return [Fault(**line) for line in self._lines() if "fault" in line]

    def _lines(self) -> Iterator[dict[str, Any]]:
        with self.path.open("rb") as lines:
            yield from map(orjson.loads, lines)
