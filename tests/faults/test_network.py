"""Row 25: what lies between two processes is slow, cuts them off, or falls silent, and all goes on once it passes.

The links: each service and PostgreSQL; each reader and the log that it reads by feed; clients and intake, clients and
routing. Kafka's are broken in `test_kafka_broker.py`; the gateway is not between, and analytics is asked directly.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.databases import make_databases
from deploy.services import SERVICES
from libs.common.embedded import postmaster_of, start_postgres
from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.load import Load, submit_and_acknowledge
from tests.faults.proxy import Proxy, Target
from tests.faults.record import Attempt, Record
from tests.system import AT_FULL_COUNT, NAMES, System, eventually, in_a_thread

LATE_SECONDS = 0.1
FAULT_SECONDS = 10 if AT_FULL_COUNT else 2
RECOVERED_SECONDS = 30
ANSWERED_SECONDS = 25
"""Who asks while a database is silent is answered within this time, and not left to wait."""
LOGS = {
    "ECOUTE_INTAKE_CASE_EVENTS_URL": ("ROUTING", "/v1/case-events"),
    "ECOUTE_ROUTING_FEEDBACK_EVENTS_URL": ("INTAKE", "/v1/feedback-events"),
    "ECOUTE_ANALYTICS_FEEDBACK_EVENTS_URL": ("INTAKE", "/v1/feedback-events"),
    "ECOUTE_ANALYTICS_CASE_EVENTS_URL": ("ROUTING", "/v1/case-events"),
}


@dataclass(frozen=True)
class Wired:
    """A system that reaches its database and its logs, and is loaded, through proxies alone."""

    system: System
    record: Record
    links: dict[str, Proxy]


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    folder = tmp_path_factory.mktemp("wired")
    system = System(folder)
    record = Record(folder / "operations.jsonl")
    with ExitStack() as stack:
        links: dict[str, Proxy] = {}

        def between(name: str, target: Callable[[], Target]) -> str:
            links[name] = stack.enter_context(Proxy(target))
            return links[name].address

        for name in NAMES:
            address = between(f"{name.lower()} and PostgreSQL", lambda: _socket_of(folder / "var" / "postgresql"))
            url = f"postgresql://postgres@{address}/ecoute_{name.lower()}"
            system.environment[f"ECOUTE_{name}_DATABASE_URL"] = url
        for setting, (source, path) in LOGS.items():
            address = between(f"{setting.split('_')[1].lower()} and {source.lower()}", _api(system, source))
            system.environment[setting] = f"http://{address}{path}"
        clients = {name: between(f"clients and {name.lower()}", _api(system, name)) for name in ("INTAKE", "ROUTING")}
        server = stack.enter_context(start_postgres(folder / "var" / "postgresql"))
        in_a_thread(lambda: make_databases(str(server.get_uri()), SERVICES))
        with system:
            system.addresses |= clients
            yield Wired(system, record, links)


def _socket_of(folder: Path) -> Path:
    lines = (folder / "postmaster.pid").read_text().splitlines()
    return Path(lines[4]) / f".s.PGSQL.{lines[3]}"


def _api(system: System, name: str) -> Callable[[], Target]:
    host, _, port = system.addresses[name].rpartition(":")
    return lambda: (host, int(port))


Break = Callable[[Proxy], AbstractContextManager[None]]
FAULTS: dict[str, Break] = {
    "late": lambda link: link.late(LATE_SECONDS),
    "cut off": lambda link: link.refusing(),
    "silent": lambda link: link.silent(),
}


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_is_between_two_processes_nothing_is_lost_or_doubled_and_all_goes_on(
    name: str, wired: Wired, tell: Tell
) -> None:
    begin = time.time()
    with Load(wired.system, wired.record, submit_and_acknowledge, clients=4, timeout=30, patience=240, pause=0.02):
        for some in _one_by_one_or_all_at_once(wired.links):
            with ExitStack() as stack:
                for link in some:
                    stack.enter_context(FAULTS[name](link))
                time.sleep(FAULT_SECONDS)
            healed_at = wired.record.fault(f"healed: {name}")
            eventually(lambda at=healed_at: wired.record.acknowledged_since(at), 2 * RECOVERED_SECONDS)
    recovered = checks.recovery_seconds(wired.record, since=begin)
    assert max(recovered) < RECOVERED_SECONDS
    feedback = checks.nothing_is_lost_or_doubled(wired.record, wired.system)
    checks.every_complaint_got_its_case(wired.system, feedback, 60)
    checks.figures_are_right(wired.system, feedback, 60)
    checks.nothing_is_parked(wired.system)
    attempts = [one for one in wired.record.attempts("submit") if one.at >= begin]
    tell(
        25,
        f"links between processes {name}",
        links=len(wired.links),
        faults=len(recovered),
        acknowledged=len(checks.acknowledged(attempts)),
        answered_503=sum(one.status == 503 for one in attempts),
        cut=sum(one.status is None for one in attempts),
        lost=0,
        doubled=0,
        slowest_recovery=f"{max(recovered):.1f} s",
    )


def _one_by_one_or_all_at_once(links: dict[str, Proxy]) -> list[list[Proxy]]:
    return [[one] for one in links.values()] if AT_FULL_COUNT else [list(links.values())]


def test_while_the_database_is_silent_who_asks_is_told_so_in_time(wired: Wired, tell: Tell) -> None:
    begin = time.time()

    def refused() -> list[Attempt]:
        return [one for one in wired.record.attempts("submit") if one.at >= begin and one.status == 503]

    with Load(wired.system, wired.record, submit_and_acknowledge, clients=40, timeout=60, patience=120):
        with wired.links["intake and PostgreSQL"].silent():
            eventually(lambda: len(refused()) >= 40, 60)
        at = wired.record.fault("healed: PostgreSQL speaks again")
        eventually(lambda: wired.record.acknowledged_since(at), 2 * RECOVERED_SECONDS)
    slowest = max(one.seconds for one in wired.record.attempts() if one.at >= begin)
    assert slowest < ANSWERED_SECONDS
    checks.nothing_is_lost_or_doubled(wired.record, wired.system)
    tell(25, "intake's database silent, 40 clients", answered_503=len(refused()), slowest_answer=f"{slowest:.1f} s")


def test_a_postgresql_that_is_stopped_for_a_while_goes_on_where_it_was(wired: Wired, tell: Tell) -> None:
    begin = time.time()
    pid = postmaster_of(wired.system.folder / "var" / "postgresql")
    whole = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    with Load(wired.system, wired.record, submit_and_acknowledge, clients=4, timeout=30, patience=240):
        for one in whole:
            os.kill(one, signal.SIGSTOP)
        time.sleep(FAULT_SECONDS)
        for one in whole:
            os.kill(one, signal.SIGCONT)
        at = wired.record.fault("PostgreSQL goes on")
        eventually(lambda: wired.record.acknowledged_since(at), 2 * RECOVERED_SECONDS)
    feedback = checks.nothing_is_lost_or_doubled(wired.record, wired.system)
    checks.every_complaint_got_its_case(wired.system, feedback, 60)
    checks.nothing_is_parked(wired.system)
    recovered = checks.recovery_seconds(wired.record, since=begin)
    tell(25, "PostgreSQL stopped (SIGSTOP)", seconds=FAULT_SECONDS, lost=0, recovery=f"{max(recovered):.1f} s")
