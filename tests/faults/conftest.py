"""A record and a running system for each module, and the counts at the end."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults.record import Record
from tests.system import System

Tell = Callable[..., None]

_TOLD = "faults"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The record of a module."""
    return Record(tmp_path_factory.mktemp("record") / "operations.jsonl")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of the module's own, with a PostgreSQL of its own."""
    with System(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Says what was done and found, for the end: `tell(row, "kills of intake", kills=200, lost=0)`."""

    def say(row: int, fault: str, **counts: object) -> None:
        said = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
        record_property(_TOLD, f"row {row:>2} | {fault} | {said}")

    return say


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    said = sorted(f"{text} | {one.outcome}" for one in reports for name, text in one.user_properties if name == _TOLD)
    if said:
        terminalreporter.section("what broke, how often, and what held")
        terminalreporter.write_line("\n".join(said))
