"""The system under test: `ecoute run` as a real process, on ports of its own, used over HTTP alone."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from deploy.databases import urls_on
from libs.common.auth.development import DevelopmentIssuer
from libs.common.embedded import uri_of
from libs.common.settings import ServiceSettings

ROOT = Path(__file__).parents[1]
AT_FULL_COUNT = os.environ.get("TESTS") == "full"
"""`make faults`: what takes long is done in full, not at a small count."""

NAMES = ("INTAKE", "ROUTING", "ANALYTICS")
"""Of the services; the gateway has an address beside theirs."""
BELOW_EPHEMERAL = range(10_000, 32_768)
"""Ports that Linux gives to nobody who does not ask for them."""
T = TypeVar("T")


class System:
    """Started on entry, stopped as by Ctrl-C on exit."""

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        ports = iter(free_ports(7))
        self.addresses = {name: f"127.0.0.1:{next(ports)}" for name in (*NAMES, "GATEWAY")}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ECOUTE_")},
            "ECOUTE_VAR": str(folder / "var"),
            "ECOUTE_DRAIN_SECONDS": "0.5",
            "ECOUTE_WORKER_NICE": "0",  # what a test waits for shares these cores with other tests
            "ECOUTE_ANONYMOUS_PER_MINUTE": "1000000",
            "ECOUTE_STAFF_PER_MINUTE": "1000000",
            **{f"ECOUTE_{name}_LISTEN": address for name, address in self.addresses.items()},
            **{f"ECOUTE_{name}_WORKER_LISTEN": f"127.0.0.1:{next(ports)}" for name in NAMES},
            **(environment or {}),
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Return when it says that it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", "run"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "Ctrl-C stops everything" in line:
                return
        raise AssertionError(f"the system did not start: {''.join(said)}{self.logs()}")

    def stop(self) -> str:
        """As by Ctrl-C; what it said at the end."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=40)
        assert self.process.returncode == 0, said
        self.process = None
        return said

    def logs(self) -> str:
        """The last lines of every process's log."""
        return "\n".join(
            f"== {path.name}\n{path.read_text()[-2000:]}" for path in sorted(self.folder.glob("var/log/*.log"))
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.stop()

    @property
    def gateway(self) -> str:
        return f"http://{self.addresses['GATEWAY']}"

    @property
    def intake(self) -> str:
        return f"http://{self.addresses['INTAKE']}"

    @property
    def routing(self) -> str:
        return f"http://{self.addresses['ROUTING']}"

    @property
    def analytics(self) -> str:
        return f"http://{self.addresses['ANALYTICS']}"

    def staff(self, role: str, *teams: str, subject: str = "developer") -> dict[str, str]:
        """The header of a member of staff, with a token of this machine's issuer."""
        fields = ServiceSettings.model_fields
        token = DevelopmentIssuer(self.folder / "var" / "issuer").sign(
            subject=subject,
            roles=[role],
            teams=teams,
            issuer=fields["token_issuer"].default,
            audience=fields["token_audience"].default,
        )
        return {"Authorization": f"Bearer {token}"}

    def ecoute(self, *words: str, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """Run the command `ecoute` in this system's environment."""
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def database_of(self, service: str) -> str:
        """The DSN of a service's database."""
        given = self.environment.get("ECOUTE_DATABASE_URL")
        return urls_on(given or uri_of(self.folder / "var" / "postgresql"), [service])[service]

    def child(self, command: str, service: str) -> int:
        """The process id of one of the launcher's children: `serve` or `work`, of a service."""
        for pid, words in self.children():
            if words[3:5] == [command, service]:
                return pid
        raise AssertionError(f"no process runs {command} {service}")

    def children(self) -> Iterator[tuple[int, list[str]]]:
        """The launcher's children: process ids, and the words that each was called by."""
        assert self.process is not None
        for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):  # one that has just ended
                yield int(pid), Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")

    def is_ready(self, command: str, service: str) -> bool:
        """What `/readyz` of an API (`serve`) or a worker (`work`) says."""
        kind = "LISTEN" if command == "serve" else "WORKER_LISTEN"
        return is_ready(self.environment[f"ECOUTE_{service.upper()}_{kind}"])


def is_ready(address: str) -> bool:
    """What `/readyz` says there."""
    try:
        return httpx.get(f"http://{address}/readyz", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, and that no connection of another process is given meanwhile."""
    found: list[socket.socket] = []
    with ExitStack() as all_of_them:
        while len(found) < count:
            one = all_of_them.enter_context(socket.socket())
            with suppress(OSError):  # somebody has it
                one.bind(("127.0.0.1", secrets.choice(BELOW_EPHEMERAL)))
                found.append(one)
        return [one.getsockname()[1] for one in found]


def eventually(look: Callable[[], T | None], seconds: float = 10.0) -> T:
    """What `look` gives once it gives something; fails when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing came within {seconds} s"
        time.sleep(0.02)
    return found


def json_of(response: httpx.Response, status: int = 200) -> Any:
    """The body, where the status is the expected one."""
    assert response.status_code == status, (response.status_code, response.text)
    return response.json()


@contextmanager
def client(url: str, headers: dict[str, str] | None = None) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers=headers, timeout=40) as made:
        yield made


def in_a_thread(work: Callable[[], None]) -> None:
    """Run what brings an event loop of its own, beside the one that the tests run in."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
