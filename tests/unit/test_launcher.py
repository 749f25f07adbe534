"""What one process, or the machine under it, does ends neither the launcher nor what else it keeps."""

import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.launcher import Launcher, Process
from libs.common.renewal import Askers
from libs.common.settings import Address


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        yield listener


@pytest.fixture
def process(listener: socket.socket) -> Process:
    """One that ends at once, whatever it is asked."""
    ends = [sys.executable, "-S", "-c", ""]
    return Process("dying api", ends, Address("127.0.0.1:1"), dict(os.environ), 0.0, listener)


@pytest.fixture
def launcher(tmp_path: Path, process: Process) -> Launcher:
    launcher = Launcher(tmp_path / "log", lambda: None, lambda: None, Askers(tmp_path))
    launcher.processes = [process]
    return launcher


def let_it_die(launcher: Launcher, process: Process, times: int) -> None:
    for _ in range(times):
        process.not_before = 0.0
        launcher.look_after_all()  # starts it
        assert process.running is not None
        process.running.popen.wait()
        launcher.look_after_all()  # finds it dead


def test_a_process_that_dies_again_and_again_leaves_nothing_open(launcher: Launcher, process: Process) -> None:
    let_it_die(launcher, process, 1)
    before = len(os.listdir("/proc/self/fd"))
    let_it_die(launcher, process, 5)
    assert len(os.listdir("/proc/self/fd")) == before


def test_after_any_number_of_deaths_it_is_tried_again_within_seconds(launcher: Launcher, process: Process) -> None:
    process.deaths = 100_000
    let_it_die(launcher, process, 1)
    assert 4.0 < process.not_before - time.monotonic() <= 5.0


def test_what_cannot_be_started_now_is_tried_again(launcher: Launcher, process: Process, tmp_path: Path) -> None:
    good, process.command = process.command, [str(tmp_path / "being installed")]
    launcher.look_after_all()
    assert (process.running, process.deaths) == (None, 1)
    process.command = good
    let_it_die(launcher, process, 1)


def test_logs_that_somebody_has_taken_away_are_begun_anew(launcher: Launcher, process: Process, tmp_path: Path) -> None:
    let_it_die(launcher, process, 1)
    shutil.rmtree(tmp_path / "log")
    let_it_die(launcher, process, 1)
    assert (tmp_path / "log" / "dying-api.log").exists()


def test_who_cannot_be_told_is_no_reason_to_end(
    launcher: Launcher, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    monkeypatch.setattr(sys, "stderr", os.fdopen(full, "w", closefd=False))
    let_it_die(launcher, process, 1)
    os.close(full)
