"""Looks into the databases of a running system, and breaks their server."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from libs.common.embedded import postmaster_of
from tests.faults.record import Record
from tests.system import System, in_a_thread


def ask(url: str, query: str, *values: object) -> list[Any]:
    """The rows of a query, or none of a statement."""
    found: list[Any] = []

    async def run() -> None:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            found.extend(await connection.fetch(query, *values) if values else await _run(connection, query))
        finally:
            await connection.close()

    in_a_thread(lambda: asyncio.run(run()))
    return found


async def _run(connection: asyncpg.Connection, query: str) -> list[Any]:
    if query.lstrip().upper().startswith(("SELECT", "WITH")):
        return list(await connection.fetch(query))
    await connection.execute(query)
    return []


def deadlocks(system: System) -> int:
    """How often two transactions have waited for each other, in all databases, since the server was started."""
    [row] = ask(system.database_of("intake"), "SELECT sum(deadlocks)::int AS n FROM pg_stat_database")
    return int(row["n"])


@contextmanager
def slow_commits(system: System, service: str, table: str, seconds: float) -> Iterator[None]:
    """Each transaction that writes to the table takes up to so long to commit, holding all its locks."""
    ask(
        system.database_of(service),
        f"""
        CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_sleep(random() * {seconds}); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER take_long AFTER INSERT ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION take_long()
        """,
    )
    try:
        yield
    finally:
        ask(system.database_of(service), "DROP FUNCTION take_long CASCADE")


def server_of(system: System) -> Path:
    """The folder of the PostgreSQL that the system brings itself."""
    return Path(system.environment["ECOUTE_VAR"]) / "postgresql"


def kill_server(system: System, record: Record) -> float:
    """kill -9 of the server and of all its processes, at once; when it was."""
    postmaster = postmaster_of(server_of(system))
    return _kill(record, "PostgreSQL", [postmaster, *_processes_of(postmaster)])


def kill_server_but_one(system: System, record: Record) -> float:
    """The same, but one of its processes is stopped: it does not notice that the others are gone, and holds memory."""
    postmaster = postmaster_of(server_of(system))
    one, *others = _processes_of(postmaster)
    os.kill(one, signal.SIGSTOP)
    return _kill(record, "PostgreSQL but for one process", [postmaster, *others])


def kill_backend(system: System, record: Record) -> float:
    """kill -9 of one process that serves a connection: the server ends all others, and recovers by itself."""
    of_the_api = "SELECT pid FROM pg_stat_activity WHERE application_name = 'intake api' LIMIT 1"
    backends = ask(system.database_of("intake"), of_the_api)
    return _kill(record, "a process of PostgreSQL", [row["pid"] for row in backends])


def _kill(record: Record, what: str, pids: list[int]) -> float:
    assert pids, f"{what} is not there"
    at = record.fault(f"kill -9 {what}")
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return at


def _processes_of(postmaster: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
