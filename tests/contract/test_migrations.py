"""Databases are what the models say, and code of before is content with what code of after has made of them."""

import asyncio
import threading
from collections.abc import Callable

import asyncpg
import pytest
from alembic import command
from sqlalchemy import make_url

from deploy.services import SERVICES
from libs.common.db import Database
from libs.common.health import database_is_ready
from libs.common.migrating import _config, differences, migrate, revisions_of
from tests.system import eventually, in_a_thread

EACH_SERVICE = pytest.mark.parametrize("service", SERVICES)
TOMORROW = "2099_01_01_tomorrow"


@EACH_SERVICE
def test_the_migrations_make_the_tables_of_the_models(new_database: Callable[[str], str], service: str) -> None:
    found: list[str | None] = []
    url = new_database(service)
    in_a_thread(lambda: found.append(differences(service, url)))
    assert found == [None]


AT = "UPDATE alembic_version SET version_num = $1"


def ask(url: str, query: str, *values: str) -> list[str]:
    found: list[str] = []

    async def look() -> None:
        connection = await asyncpg.connect(url)
        found.extend(row[0] for row in await connection.fetch(query, *values))
        await connection.close()

    in_a_thread(lambda: asyncio.run(look()))
    return found


@EACH_SERVICE
def test_a_database_of_a_newer_version_stays_as_it_is(
    new_database: Callable[[str], str], service: str, capfd: pytest.CaptureFixture[str]
) -> None:
    url = new_database(service)
    ask(url, AT, TOMORROW)
    in_a_thread(lambda: migrate(service, url))
    assert ask(url, "SELECT version_num FROM alembic_version") == [TOMORROW]
    assert f"the database is at {TOMORROW}, of a newer version, and stays there" in capfd.readouterr().err


@EACH_SERVICE
async def test_who_knows_no_such_revision_is_ready_and_who_knows_a_newer_one_is_not(
    new_database: Callable[[str], str], service: str
) -> None:
    url, (newest, before, *_) = new_database(service), revisions_of(service)
    database = Database(url, pool_size=1, application="test")
    check = database_is_ready(database, revisions_of(service))
    try:
        assert await check() is None
        ask(url, AT, TOMORROW)
        assert await check() is None
        ask(url, AT, before)
        assert await check() == f"migrations are at {before}, not at {newest}"
        ask(url, "DELETE FROM alembic_version")
        assert await check() == f"migrations are at None, not at {newest}"
    finally:
        await database.close()


WHO_WAITS_FOR_ANOTHER = """
    SELECT query FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
"""


async def test_cases_are_written_while_an_index_is_made_on_them(postgres: str) -> None:
    ask(postgres, "CREATE DATABASE indexed")
    url = make_url(postgres).set(database="indexed").render_as_string(hide_password=False)
    in_a_thread(lambda: command.upgrade(_config("routing", url), "2026_11_30_looked_through"))
    writing = await asyncpg.connect(url)
    begun = writing.transaction()
    await begun.start()
    await writing.execute("UPDATE cases SET version = version")
    migrating = threading.Thread(target=migrate, args=("routing", url))
    migrating.start()
    try:
        await asyncio.to_thread(eventually, lambda: ask(url, WHO_WAITS_FOR_ANOTHER))
        ask(f"{url}&options=-c%20lock_timeout%3D1s", "UPDATE cases SET version = version")
    finally:
        await begun.commit()
        await asyncio.to_thread(migrating.join)
        await writing.close()
    found: list[str | None] = []
    in_a_thread(lambda: found.append(differences("routing", url)))
    assert found == [None]
