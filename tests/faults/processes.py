"""Kills and stops the processes of a running system, by name."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.services import SERVICES
from tests.faults.record import Record
from tests.system import ROOT, System, eventually, free_ports, is_ready

PROCESSES = [(command, service) for service in SERVICES for command in ("serve", "work")]
"""An API serves, a worker works."""


def kill(system: System, record: Record, command: str, service: str) -> int:
    """kill -9; the process id that it had."""
    pid = system.child(command, service)
    record.fault(f"kill -9 {command} {service}")
    os.kill(pid, signal.SIGKILL)
    return pid


def wait_for_successor(system: System, command: str, service: str, pid: int, seconds: float = 30) -> float:
    """Return once another process runs in the place of `pid`, and is ready; how many seconds it took."""
    started = time.monotonic()

    def is_there() -> bool:
        try:
            return system.child(command, service) != pid and system.is_ready(command, service)
        except AssertionError:
            return False

    eventually(is_there, seconds)
    return time.monotonic() - started


def is_alive(pid: int) -> bool:
    """False for one that has ended and that nobody has taken note of."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(system: System) -> list[int]:
    """The launcher's: each API, each worker, the gateway."""
    return [pid for pid, words in system.children() if "--descriptor" in words]


@contextmanager
def another(system: System, command: str, service: str) -> Iterator[tuple[int, str]]:
    """One more process of a kind beside the launcher's, on a port of its own, until exit: its id and its address."""
    environment = environment_of(system.child(command, service))
    name = f"ECOUTE_{service.upper()}_{'LISTEN' if command == 'serve' else 'WORKER_LISTEN'}"
    environment[name] = f"127.0.0.1:{free_ports(1)[0]}"
    with (system.folder / "var" / "log" / f"{service}-another-{command}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", command, service],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        eventually(lambda: is_ready(environment[name]) or process.poll() is not None, 60)
        assert process.poll() is None, f"the other {command} {service} ended"
        yield process.pid, environment[name]
    finally:
        process.kill()
        process.wait()


def environment_of(pid: int) -> dict[str, str]:
    """What the launcher gave a process."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().rstrip("\0").split("\0")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs) if not name.endswith("_PIPE")}
