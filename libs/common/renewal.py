"""How somebody asks a launcher to renew its processes, and hears line by line what comes of it.

Who asks lays a named pipe into a folder of the launcher's, and sends SIGHUP. The launcher speaks into the pipes that
lie there when it begins, and lets go of them at the end; where it dies, the operating system does so.
"""

import os
import select
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

ALL_RENEWED: Final = "every process was restarted"
"""The last line where all went well."""
_FOLDER: Final = "renewals"
_ASKS: Final = ".asks"
_LOOK_SECONDS: Final = 1.0
_READ_BYTES: Final = 4096


class Askers:
    """Those who asked this launcher for the renewal that is going on."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._pipes: list[int] = []

    @contextmanager
    def at_their_place(self) -> Iterator[None]:
        """For as long as the launcher answers: who finds no place there does not wait for one that answers nobody."""
        folder = _folder_of(self._var, os.getpid())
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield
        finally:
            shutil.rmtree(folder.parent, ignore_errors=True)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Those who have asked by now are told what is said meanwhile."""
        for place in _folder_of(self._var, os.getpid()).glob(f"*{_ASKS}"):
            with suppress(OSError):  # who laid it there waits no more
                self._pipes.append(os.open(place, os.O_WRONLY | os.O_NONBLOCK))
            place.unlink(missing_ok=True)
        try:
            yield
        finally:
            while self._pipes:
                os.close(self._pipes.pop())

    def tell(self, line: str) -> None:
        for pipe in self._pipes:
            with suppress(OSError):
                os.write(pipe, f"{line}\n".encode())


def ask_for_renewal(var: Path, launcher: int) -> Iterator[str]:
    """What the launcher says, line by line, until it is done or has ended.

    FileNotFoundError where it is of a version that answers nobody.
    """
    place = _folder_of(var, launcher) / f"{os.getpid()}{_ASKS}"
    being_made = place.with_suffix(".new")
    being_made.unlink(missing_ok=True)  # of one who was killed, and whose number this process has by now
    os.mkfifo(being_made)
    try:
        pipe = os.open(being_made, os.O_RDONLY | os.O_NONBLOCK)
        being_made.rename(place)  # from now on somebody is at the other end
        try:
            os.kill(launcher, signal.SIGHUP)
            yield from _lines(pipe, launcher)
        finally:
            os.close(pipe)
    finally:
        place.unlink(missing_ok=True)


def _folder_of(var: Path, launcher: int) -> Path:
    return var / _FOLDER / str(launcher)


def _lines(pipe: int, launcher: int) -> Iterator[str]:
    poll, begun = select.poll(), b""
    poll.register(pipe, select.POLLIN)
    while True:
        if poll.poll(_LOOK_SECONDS * 1000):
            said = os.read(pipe, _READ_BYTES)
            if not said:  # it has let go
                return
            *whole, begun = (begun + said).split(b"\n")
            yield from (line.decode() for line in whole)
        elif not psutil.pid_exists(launcher):
            return
