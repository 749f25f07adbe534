"""How fast readers catch up: analytics on both logs, routing on intake's.

A history is put into the logs at once while a real worker waits for it; the time runs from there until its positions
are at the heads. Only the APIs whose logs are read run beside it, and PostgreSQL.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import asyncpg

from bench.history import Told, history, write_log
from bench.processes import cpu_seconds, peak_memory_mb
from bench.table import Row
from deploy.databases import make_databases
from deploy.one_machine import environment_of
from deploy.secrets import secrets_of
from deploy.services import SERVICES
from libs.common.clock import utc_now
from libs.common.embedded import postmaster_of, start_postgres
from libs.contracts.feedback import FeedbackEvaluated
from tests.system import ROOT, eventually, free_ports, is_ready

FEEDBACKS = 12_000
DAYS = 20
ROUNDS = 3
TARGETS = {"analytics": "≥ 15,000 events/s", "routing": "≥ 6,000 events/s"}
ECOUTE = [sys.executable, "-m", "deploy.cli"]


@dataclass(frozen=True)
class Caught:
    """One round: events a second, the worker's memory in MB, and CPU microseconds an event by process."""

    a_second: float
    worker_mb: float
    cpu: Mapping[str, float]


def measure() -> list[Row]:
    intake, routing = history(FEEDBACKS, DAYS)
    logs = {"analytics": {"intake": intake, "routing": routing}, "routing": {"intake": _of_today()}}
    rounds = {reader: [_round(reader, of) for _ in range(ROUNDS)] for reader, of in logs.items()}
    return [_row(reader, sum(len(told) for told in logs[reader].values()), caught) for reader, caught in rounds.items()]


def _of_today() -> list[Told]:
    """Feedback that cases are opened for, and nothing is due of yet; with its words, before any answer."""
    intake, _ = history(FEEDBACKS, 1, utc_now() - timedelta(days=1))
    return [one for one in intake if not isinstance(one.event, FeedbackEvaluated)]


def _row(reader: str, events: int, rounds: Sequence[Caught]) -> Row:
    cpu = {name: statistics.median(one.cpu[name] for one in rounds) for name in rounds[0].cpu}
    spent = ", ".join(f"{name} {each:.0f}" for name, each in cpu.items())
    memory = max(one.worker_mb for one in rounds)
    return Row(
        f"catch-up of {reader}, by feed",
        TARGETS[reader],
        f"**{statistics.median(one.a_second for one in rounds):,.0f} events/s**",
        f"{events:,} events; CPU µs an event: {spent}; worker {memory:.0f} MB; {len(rounds)} rounds",
    )


def _round(reader: str, logs: Mapping[str, Sequence[Told]]) -> Caught:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, start_postgres(Path(folder) / "data") as server:
        environments = _prepared(Path(folder), str(server.get_uri()))
        databases = {name: settings[f"ECOUTE_{name.upper()}_DATABASE_URL"] for name, settings in environments.items()}
        commands = [*((source, "serve") for source in logs), (reader, "work")]
        with _running(commands, environments) as processes:
            processes["postgresql"] = postmaster_of(Path(folder) / "data")
            heads = {source: asyncio.run(write_log(databases[source], told)) for source, told in logs.items()}
            written = {name: cpu_seconds(process) for name, process in processes.items()}
            began = time.monotonic()
            asyncio.run(_wait_until_read(databases[reader], heads))
            seconds, events = time.monotonic() - began, sum(heads.values())
            spent = {name: cpu_seconds(process) - written[name] for name, process in processes.items()}
            memory = peak_memory_mb(processes[f"{reader} worker"])
    return Caught(events / seconds, memory, {name: 1e6 * one / events for name, one in spent.items()})


async def _wait_until_read(url: str, heads: Mapping[str, int]) -> None:
    connection = await asyncpg.connect(url)
    wanted = set(heads.items())
    while True:
        found = await connection.fetch("SELECT source, min(pos) AS pos FROM event_position GROUP BY source")
        if wanted <= {(row["source"], row["pos"]) for row in found}:
            break
        await asyncio.sleep(0.02)
    await connection.close()


def _prepared(folder: Path, server: str) -> dict[str, dict[str, str]]:
    """The environments of three services whose databases are made, each on ports of its own."""
    ports = iter(free_ports(2 * len(SERVICES)))
    listens = {
        f"ECOUTE_{service.upper()}_{listen}": f"127.0.0.1:{next(ports)}"
        for service in SERVICES
        for listen in ("LISTEN", "WORKER_LISTEN")
    }
    os.environ.update(listens)
    os.environ.update(ECOUTE_DATABASE_URL=server, ECOUTE_VAR=str(folder / "var"), ECOUTE_DRAIN_SECONDS="0")
    secrets_of(folder / "var", make_databases(server, SERVICES)["intake"])  # there is a system now
    environments: dict[str, dict[str, str]] = {service: environment_of(service) for service in SERVICES}
    for service, environment in environments.items():
        subprocess.run([*ECOUTE, "prepare", service], cwd=ROOT, env=environment, check=True)  # noqa: S603
    return environments


@contextmanager
def _running(
    commands: Sequence[tuple[str, str]], environments: Mapping[str, dict[str, str]]
) -> Iterator[dict[str, int]]:
    """Process ids, once all are ready."""
    started = {
        f"{service} {'api' if command == 'serve' else 'worker'}": subprocess.Popen(  # noqa: S603 - our own command
            [*ECOUTE, command, service], cwd=ROOT, env=environments[service], stdout=subprocess.DEVNULL
        )
        for service, command in commands
    }
    try:
        for service, command in commands:
            listen = f"ECOUTE_{service.upper()}_{'LISTEN' if command == 'serve' else 'WORKER_LISTEN'}"
            eventually(partial(is_ready, environments[service][listen]), 120)
        yield {name: process.pid for name, process in started.items()}
    finally:
        for process in started.values():
            process.terminate()
        for process in started.values():
            process.wait()
