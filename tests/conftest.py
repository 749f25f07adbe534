"""A real PostgreSQL for all tests, and databases that are migrated as in production."""

import asyncio
import functools
import itertools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from sqlalchemy import make_url

from deploy.kafka.broker import Cluster
from libs.common.embedded import start_postgres
from libs.common.migrating import migrate
from tests.faults.record import COUNTS
from tests.kafka import a_kafka
from tests.services.post import PostOffice, post_office
from tests.system import System, in_a_thread

FAULTS = Path(__file__).parent / "faults"
DATA = Path(__file__).parents[2] / "shared" / "data"
ONE_EACH = ("system", "kafka", "carried", "aside", "house", "apart")
"""Fixtures that take long to start, in the order in which they are used: what takes longest begins first."""

ssl.create_default_context = functools.cache(ssl.create_default_context)
"""To make one takes longer than a request, and a client is made for many of them."""

hypothesis.settings.register_profile("slow machines too", deadline=None, max_examples=30)
hypothesis.settings.load_profile("slow machines too")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, each running system is of one, Kafka too; a file stays in one piece.

    Whatever breaks a system is slow.
    """
    groups = [*ONE_EACH, *dict.fromkeys(item.path.as_posix() for item in items)]
    for item in items:
        if item.path.is_relative_to(FAULTS):
            item.add_marker(pytest.mark.slow)
        shared = [name for name in ONE_EACH if name in getattr(item, "fixturenames", ())]
        item.add_marker(pytest.mark.xdist_group(shared[0] if shared else item.path.as_posix()))
    items.sort(key=lambda item: groups.index(item.get_closest_marker("xdist_group").args[0]))


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The counts of what was broken, wherever it ran."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    said = sorted(f"{text} | {one.outcome}" for one in reports for name, text in one.user_properties if name == COUNTS)
    if said:
        terminalreporter.section("what broke, how often, and what held")
        terminalreporter.write_line("\n".join(said))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """DSN of a PostgreSQL that lives as long as the tests."""
    with start_postgres(tmp_path_factory.mktemp("postgresql") / "data") as server:
        dsn = str(server.get_uri())
        in_a_thread(lambda: asyncio.run(_spare_the_disk(dsn)))
        yield dsn


@pytest.fixture(scope="session")
def new_database(postgres: str) -> Callable[[str], str]:
    """Makes a fresh, migrated database of a service, and gives its DSN."""
    counter = itertools.count(1)
    templates: dict[str, str] = {}

    def make(service: str) -> str:
        if service not in templates:
            templates[service] = _create(postgres, f"template_{service}")
            in_a_thread(lambda: migrate(service, templates[service]))
        return _create(postgres, f"test_{service}_{next(counter)}", template=f"template_{service}")

    return make


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real Kafka of one broker, started for the first test that asks for it."""
    with a_kafka(tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def letterbox() -> Iterator[PostOffice]:
    """A real SMTP server: what it has taken is what the whole system has told by mail."""
    with post_office() as office:
        yield office


@pytest.fixture(scope="session")
def system(postgres: str, letterbox: PostOffice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system in real processes, with the example organisation."""
    settings = {
        "ECOUTE_DATABASE_URL": postgres,
        "ECOUTE_SMTP_URL": letterbox.url,
        "ECOUTE_MAIL_FROM": "Agence des passeports <retours@agence.example>",
        "ECOUTE_INTAKE_FOLLOW_URL": "https://retours.agence.example/suivi",
    }
    with System(tmp_path_factory.mktemp("system"), settings) as running:
        yield running


@pytest.fixture(scope="session")
def aside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Another whole system, for what puts an organisation of its own beside the example."""
    with System(tmp_path_factory.mktemp("aside")) as running:
        yield running


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data beside the checkout; tests that need it are skipped where it is not."""
    if not DATA.is_dir():
        pytest.skip("the real data is not beside this checkout")
    return DATA


async def _spare_the_disk(server: str) -> None:
    """What a power cut would lose, no test here looks for; those of `tests/faults` have servers of their own."""
    connection = await asyncpg.connect(server)
    await connection.execute("ALTER SYSTEM SET fsync = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


def _create(server: str, name: str, template: str = "template1") -> str:
    async def create() -> None:
        connection = await asyncpg.connect(server)
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        await connection.close()

    in_a_thread(lambda: asyncio.run(create()))
    return make_url(server).set(database=name).render_as_string(hide_password=False)
