"""A running system to break, the record of what was done to it, and the counts for the end."""

import secrets
from collections.abc import Callable, Iterator
from typing import Literal

import pytest

from libs.common.embedded import start_postgres
from tests.faults.record import COUNTS, Record
from tests.system import AT_FULL_COUNT, System

Tell = Callable[..., None]


def one_for_all_or_each(fixture_name: str, config: pytest.Config) -> Literal["package", "module"]:
    """At the small count the modules share what takes long to start; at the full one each has its own."""
    return "module" if AT_FULL_COUNT else "package"


@pytest.fixture(scope=one_for_all_or_each)
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """All that was done to `house`."""
    return Record(tmp_path_factory.mktemp("record") / "operations.jsonl")


@pytest.fixture(scope=one_for_all_or_each)
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A running system with a PostgreSQL of its own, that the tests may break."""
    with System(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope=one_for_all_or_each)
def record_apart(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """All that was done to `apart`."""
    return Record(tmp_path_factory.mktemp("record") / "operations.jsonl")


@pytest.fixture(scope=one_for_all_or_each)
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Another one, for what stays in its logs; its PostgreSQL goes on while it is stopped."""
    folder = tmp_path_factory.mktemp("apart")
    with (
        start_postgres(folder / "postgresql" / "data") as server,
        System(folder, {"ECOUTE_DATABASE_URL": str(server.get_uri())}) as running,
    ):
        yield running


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    """Says what was done and found, for the end: `tell(row, "kills of intake", kills=200, lost=0)`."""

    def say(row: int, fault: str, **counts: object) -> None:
        said = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items())
        record_property(COUNTS, f"row {row:>2} | {fault} | {said}")

    return say


@pytest.fixture
def new_words() -> Callable[[], str]:
    """Each time another word that stands nowhere else, in lower case, and that no rule takes for personal data."""
    letters = "bcdfghklmnprstvz"
    return lambda: "".join(secrets.choice(letters) + secrets.choice("aeiou") for _ in range(8))
