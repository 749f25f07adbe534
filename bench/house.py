"""What is measured: the whole system, as `make run` starts it, and the floor, on one PostgreSQL."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
from sqlalchemy import make_url

from deploy.services import SERVICES
from libs.common.embedded import postmaster_of, start_postgres
from libs.common.settings import ServiceSettings
from tests.system import ROOT, System, free_ports

UNLIMITED = 100_000_000
"""Requests a minute: limits are counted in every leg, and met in none."""

_READERS = {"intake": ("routing",), "routing": ("intake",), "analytics": ("intake", "routing")}


@dataclass(frozen=True)
class House:
    """The running system, and the server under it."""

    system: System
    postgres: str
    """DSN of the server."""
    postmaster: int
    """The server's own process."""

    @property
    def processes(self) -> dict[str, int]:
        """Process ids, by what they are."""
        kinds = {"serve": "api", "work": "worker"}
        ours = {
            f"{service} {kind}": self.system.child(command, service)
            for service in SERVICES
            for command, kind in kinds.items()
        }
        return {**ours, "postgresql": self.postmaster}

    def dsn(self, database: str) -> str:
        return make_url(self.postgres).set(database=database).render_as_string(hide_password=False)

    def partner_key(self, code: str = "bench") -> dict[str, str]:
        """The header of a new partner that may send feedback."""
        with httpx.Client(base_url=self.system.intake, headers=self.system.staff("admin"), timeout=10) as admin:
            partner = {"name": {"fr": "Mesure", "en": "Bench"}, "scopes": ["feedback:write"]}
            admin.put(f"/v1/partners/{code}", json=partner).raise_for_status()
            made = admin.post(f"/v1/partners/{code}/keys", json={}).raise_for_status().json()
        return {"Authorization": f"Bearer {made['key']}"}

    def wait_until_quiet(self, seconds: float = 600) -> float:
        """Until every word is redacted and every reader has read everything: what one leg left is no load of the next.

        How many seconds that took.
        """
        began = time.monotonic()
        while not asyncio.run(self._is_quiet()):
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"the workers are not done after {seconds:.0f} s")
            time.sleep(0.5)
        return time.monotonic() - began

    def disk_bytes(self) -> tuple[int, int]:
        """How much the three databases take, and how much WAL was ever written."""
        data = "SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname LIKE 'ecoute_%'"
        wal = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"
        return int(asyncio.run(self._value("intake", data))), int(asyncio.run(self._value("intake", wal)))

    async def _is_quiet(self) -> bool:
        heads = {service: await self._value(service, "SELECT pos FROM event_head") for service in ("intake", "routing")}
        waiting = "SELECT EXISTS (SELECT FROM event_pending) OR EXISTS (SELECT FROM feedback WHERE verbatim_pending)"
        if await self._value("intake", waiting) or await self._value(
            "routing", "SELECT EXISTS (SELECT FROM event_pending)"
        ):
            return False
        for reader, sources in _READERS.items():
            for source in sources:
                read = f"SELECT max(pos) FROM event_position WHERE source = '{source}'"  # noqa: S608 - our own words
                if (await self._value(reader, read) or 0) < heads[source]:
                    return False
        return True

    async def _value(self, service: str, query: str) -> int:
        connection = await asyncpg.connect(self.dsn(f"ecoute_{service}"))
        try:
            value: int = await connection.fetchval(query)
            return value
        finally:
            await connection.close()


@contextmanager
def house(settings: Mapping[str, str] | None = None) -> Iterator[House]:
    """The whole system in real processes, on an empty PostgreSQL of its own; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_postgres(Path(folder) / "data") as server:
        postmaster = postmaster_of(Path(folder) / "data")
        given = {
            "ECOUTE_DATABASE_URL": str(server.get_uri()),
            "ECOUTE_ANONYMOUS_PER_MINUTE": str(UNLIMITED),
            "ECOUTE_PARTNER_PER_MINUTE": str(UNLIMITED),
            "ECOUTE_STAFF_PER_MINUTE": str(UNLIMITED),
            "ECOUTE_WORKER_NICE": str(ServiceSettings.model_fields["worker_nice"].default),
            **(settings or {}),
        }
        with System(Path(folder), given) as system:
            yield House(system, str(server.get_uri()), postmaster)


@contextmanager
def floor(of: House) -> Iterator[str]:
    """The floor's address: `bench.floor` in a process of its own, on a database of the same server."""
    asyncio.run(_make_floor_database(of))
    port = free_ports(1)[0]
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "bench.floor", str(port)], cwd=ROOT, env={**os.environ, "FLOOR": of.dsn("bench_floor")}
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/docs")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


async def _make_floor_database(of: House) -> None:
    connection = await asyncpg.connect(of.postgres)
    await connection.execute("CREATE DATABASE bench_floor")
    await connection.close()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)
