"""Holds the sockets of a machine's processes, starts them, and starts again whichever dies."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from libs.common.server import LAUNCHER_PIPE, bind
from libs.common.settings import Address, stop

HEALTHY_SECONDS = 10.0


@dataclass
class Process:
    """One of the machine's processes, as it should run."""

    name: str
    command: list[str]
    address: Address
    environment: dict[str, str]
    listener: socket.socket | None = None
    running: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    not_before: float = 0.0
    deaths: int = 0


class Launcher:
    """Keeps a set of processes alive until it is told to stop them."""

    def __init__(self, log_folder: Path) -> None:
        self.processes: Sequence[Process] = ()
        self._logs = log_folder
        self._signal: int | None = None
        self._alive_read, self._alive_write = os.pipe()

    def bind(self, processes: Sequence[Process]) -> None:
        """Take every process's address, or stop with one line that names the one that is taken."""
        self.processes = processes
        for process in processes:
            try:
                process.listener = bind(process.address)
            except OSError as taken:
                setting = f"ECOUTE_{process.name.upper().replace(' ', '_').replace('_API', '')}_LISTEN"
                stop(
                    f"the address {process.address} of {process.name} cannot be used ({taken.strerror}): "
                    f"end what listens there, or set {setting} to another"
                )

    def start(self) -> None:
        for process in self.processes:
            self._start(process)

    def wait_until_ready(self, seconds: float) -> None:
        """Return when every process says that it is ready; stop with one line when one does not in time."""
        deadline = time.monotonic() + seconds
        waiting = list(self.processes)
        while waiting and self._signal is None:
            waiting = [process for process in waiting if not _is_ready(process)]
            self._restart_the_dead()
            if waiting and time.monotonic() > deadline:
                self.stop(signal.SIGINT)
                stop(f"{waiting[0].name} is not ready after {seconds:.0f} s: see {self._log_of(waiting[0])}")
            time.sleep(0.05 if waiting else 0)

    def run(self) -> None:
        """Until SIGINT or SIGTERM: start again whatever dies. Then stop everything in the same way."""
        while self._signal is None:
            self._restart_the_dead()
            time.sleep(0.1)
        self.stop(self._signal)

    def listen_to_signals(self) -> None:
        for sig in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sig, self._on_signal)

    def stop(self, sig: int) -> None:
        """Tell every process to leave, wait until each has, and end by force what has not in 20 s."""
        alive = [process.running for process in self.processes if process.running and process.running.poll() is None]
        for one in alive:
            one.send_signal(sig)
        deadline = time.monotonic() + 20
        for one in alive:
            try:
                one.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()
        for process in self.processes:
            if process.listener:
                process.listener.close()

    @property
    def told_to_stop(self) -> bool:
        return self._signal is not None

    def _on_signal(self, sig: int, _: object) -> None:
        self._signal = sig

    def _start(self, process: Process) -> None:
        assert process.listener is not None  # noqa: S101
        descriptor = process.listener.fileno()
        with self._log_of(process).open("ab") as log:
            process.running = subprocess.Popen(  # noqa: S603 - our own commands
                [*process.command, "--descriptor", str(descriptor)],
                env={**process.environment, LAUNCHER_PIPE: str(self._alive_read)},
                pass_fds=(descriptor, self._alive_read),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process.started_at = time.monotonic()

    def _restart_the_dead(self) -> None:
        now = time.monotonic()
        for process in self.processes:
            if process.running is None:
                if now >= process.not_before:
                    self._start(process)
            elif process.running.poll() is not None:
                lived = now - process.started_at
                process.deaths = 1 if lived > HEALTHY_SECONDS else process.deaths + 1
                process.not_before = now + min(5.0, 0.1 * 2 ** (process.deaths - 1))
                print(  # noqa: T201
                    f"ecoute: {process.name} ended with code {process.running.returncode}, starting it again",
                    file=sys.stderr,
                )
                process.running = None

    def _log_of(self, process: Process) -> Path:
        return self._logs / f"{process.name.replace(' ', '-')}.log"


def _is_ready(process: Process) -> bool:
    try:
        return httpx.get(f"http://{process.address}/readyz", timeout=1, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
