"""Holds the sockets of a machine's processes, starts them, starts again whichever dies, and renews them one by one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from libs.common.log_files import keep_within_bounds
from libs.common.renewal import ALL_RENEWED, Askers
from libs.common.server import LAUNCHER_PIPE, READY_PIPE, bind
from libs.common.settings import Address, say, stop

HEALTHY_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 5.0
READY_SECONDS = 60.0
LEAVE_SECONDS = 20.0
"""How long a process may take beyond its drain."""


class Running:
    """A process that was started, and its word that it is ready, which comes through a pipe."""

    def __init__(self, popen: subprocess.Popen[bytes], word: int) -> None:
        self.popen, self.started_at = popen, time.monotonic()
        self._word: int | None = word
        self._said_ready = False
        os.set_blocking(word, False)

    @property
    def is_ready(self) -> bool:
        """True once it has been ready."""
        if self._word is not None:
            try:
                self._said_ready = os.read(self._word, 1) != b""
            except BlockingIOError:
                return False
            self.forget_word()
        return self._said_ready

    @property
    def has_ended(self) -> bool:
        return self.popen.poll() is not None

    def forget_word(self) -> None:
        """Wait for its word no longer: for each process that dies before it has been asked, a pipe would stay open."""
        if self._word is not None:
            os.close(self._word)
            self._word = None

    def end(self, sig: int, seconds: float) -> None:
        """Tell it to leave, and end it by force when it has not in time."""
        self.forget_word()
        self.popen.send_signal(sig)
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@dataclass
class Process:
    """One of the machine's processes, as it should run."""

    name: str
    command: list[str]
    address: Address
    environment: dict[str, str]
    drain_seconds: float
    listener: socket.socket | None = None
    running: Running | None = None
    not_before: float = 0.0
    deaths: int = 0


class Launcher:
    """Keeps a set of processes alive until it is told to stop them."""

    def __init__(
        self, log_folder: Path, before_renewal: Callable[[], str | None], tend: Callable[[], None], askers: Askers
    ) -> None:
        """`before_renewal` says why nothing may be renewed, if so; `tend` looks after what the processes stand on."""
        self.processes: Sequence[Process] = ()
        self._logs, self._before_renewal, self._tend, self._askers = log_folder, before_renewal, tend, askers
        self._signal: int | None = None
        self._renewal_asked = False
        self._has_terminal = os.isatty(sys.stderr.fileno())
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
            process.running = self._start(process)

    def wait_until_ready(self) -> None:
        """Return when every process says that it is ready; stop with one line when one does not in time."""
        deadline = time.monotonic() + READY_SECONDS
        while waiting := [one for one in self.processes if not (one.running and one.running.is_ready)]:
            if self.told_to_stop:
                return
            self.look_after_all()
            if time.monotonic() > deadline:
                self.stop(signal.SIGINT)
                stop(f"{waiting[0].name} is not ready after {READY_SECONDS:.0f} s: see {self._log_of(waiting[0])}")
            time.sleep(0.05)

    def run(self) -> None:
        """Until SIGINT or SIGTERM: start again whatever dies; upon SIGHUP, renew all. Then stop in the same way."""
        while self._signal is None:
            if self._renewal_asked:
                self._renewal_asked = False
                with self._askers.heard():
                    self._say(self._renew_all())
            self.look_after_all()
            time.sleep(0.1)
        self.stop(self._signal)

    def listen_to_signals(self) -> None:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._on_signal)

    def stop(self, sig: int) -> None:
        """Tell every process to leave, wait until each has, and end by force what has not in time."""
        alive = [(one, one.running) for one in self.processes if one.running and not one.running.has_ended]
        for _, running in alive:
            running.popen.send_signal(sig)
        deadline = time.monotonic() + LEAVE_SECONDS
        for process, running in alive:
            running.end(sig, max(0.1, deadline + process.drain_seconds - time.monotonic()))
        for process in self.processes:
            if process.listener:
                process.listener.close()

    @property
    def told_to_stop(self) -> bool:
        return self._signal is not None

    def _on_signal(self, sig: int, _: object) -> None:
        if sig != signal.SIGHUP:
            self._signal = sig
        elif self._has_terminal and not os.isatty(sys.stderr.fileno()):  # its window was closed
            self._signal = signal.SIGTERM
        else:
            self._renewal_asked = True

    def _renew_all(self) -> str:
        """Each in turn, so that at no moment one is missing; what came of it.

        The first that does not come up leaves all as they are.
        """
        if why_not := self._before_renewal():
            return f"nothing was restarted: {why_not}"
        for process in self.processes:
            if why_not := self._renew(process):
                return f"{process.name} was not restarted: {why_not}"
            self._askers.tell(f"{process.name} was restarted")
        return ALL_RENEWED

    def _renew(self, process: Process) -> str | None:
        """Put a successor in the place of a process: it listens, and is ready, before the other is told to leave.

        Why that could not be done, if so.
        """
        try:
            successor = self._start(process)
        except OSError as error:
            return f"its successor could not be started ({error.strerror})"
        deadline = time.monotonic() + READY_SECONDS
        while not successor.is_ready:
            if self.told_to_stop or successor.has_ended or time.monotonic() > deadline:
                successor.end(signal.SIGINT, LEAVE_SECONDS)
                no_successor = f"its successor did not come up, see {self._log_of(process)}"
                return "all shall stop" if self.told_to_stop else no_successor
            self.look_after_all()
            time.sleep(0.05)
        former, process.running = process.running, successor
        if former is not None:
            self._see_off(former, process.drain_seconds)
        return None

    def _see_off(self, former: Running, drain_seconds: float) -> None:
        former.popen.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + drain_seconds + LEAVE_SECONDS
        while not former.has_ended and time.monotonic() < deadline and not self.told_to_stop:
            self.look_after_all()
            time.sleep(0.05)
        former.end(signal.SIGINT, 1.0)

    def _start(self, process: Process) -> Running:
        assert process.listener is not None  # noqa: S101
        descriptor = process.listener.fileno()
        self._logs.mkdir(parents=True, exist_ok=True)
        word, speaks = os.pipe()
        try:
            with self._log_of(process).open("ab") as log:
                popen = subprocess.Popen(  # noqa: S603 - our own commands
                    [*process.command, "--descriptor", str(descriptor)],
                    env={**process.environment, LAUNCHER_PIPE: str(self._alive_read), READY_PIPE: str(speaks)},
                    pass_fds=(descriptor, self._alive_read, speaks),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except OSError:
            os.close(word)
            raise
        finally:
            os.close(speaks)
        return Running(popen, word)

    def look_after_all(self) -> None:
        """Start again whatever has ended. What cannot be done now is tried again, and stops nothing else."""
        self._tend()
        with suppress(OSError):
            keep_within_bounds(self._logs)
        for process in self.processes:
            if process.running is None:
                self._start_again(process)
            elif process.running.has_ended:
                lived = time.monotonic() - process.running.started_at
                self._put_off(process, 1 if lived > HEALTHY_SECONDS else process.deaths + 1)
                self._say(f"{process.name} ended with code {process.running.popen.returncode}, starting it again")
                process.running.forget_word()
                process.running = None

    def _start_again(self, process: Process) -> None:
        if time.monotonic() < process.not_before:
            return
        try:
            process.running = self._start(process)
        except OSError as error:
            self._put_off(process, process.deaths + 1)
            self._say(f"{process.name} cannot be started ({error.strerror}), trying again")

    @staticmethod
    def _put_off(process: Process, deaths: int) -> None:
        process.deaths = deaths
        process.not_before = time.monotonic() + min(LONGEST_PAUSE_SECONDS, 0.1 * 2 ** min(deaths - 1, 10))

    def _log_of(self, process: Process) -> Path:
        return self._logs / f"{process.name.replace(' ', '-')}.log"

    def _say(self, what: str) -> None:
        """To who started it, and to who asked for what is going on."""
        say(what)
        self._askers.tell(what)
