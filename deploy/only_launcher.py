"""One launcher a folder: it holds a lock there, and its process id is in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from libs.common.settings import stop

NAME = "launcher.pid"


@contextmanager
def only_launcher(var: Path) -> Iterator[None]:
    """Be the launcher of this folder, or stop with one line when there is one."""
    with (var / NAME).open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop(f"the system runs already on the data in {var}: end it first, or set ECOUTE_VAR to another folder")
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        yield


def launcher_of(var: Path) -> int:
    """The process id of the launcher that runs on the data in this folder. Stops with one line when none does."""
    with suppress(FileNotFoundError), (var / NAME).open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(held.read())
    return stop(f"nothing runs on the data in {var}: start it with ecoute run")
