"""Who asks a launcher to renew its processes hears what comes of it, and whoever is not there any more is no matter."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from libs.common.renewal import ask_for_renewal

LAUNCHER = """
import os, signal, sys
from pathlib import Path
from libs.common.renewal import Askers

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
askers = Askers(Path(sys.argv[1]))
with askers.at_their_place():
    print("up", flush=True)
    while True:
        signal.sigwait({signal.SIGHUP})
        if sys.argv[2] == "deaf":
            os.kill(os.getpid(), signal.SIGKILL)
        with askers.heard():
            askers.tell("une première ligne")
            if sys.argv[2] == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            askers.tell("the last")
"""

Start = Callable[[str], int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a launcher that answers, `dies` while it does, or dies `deaf`; its process id."""
    started: list[subprocess.Popen[str]] = []

    def start(how: str) -> int:
        one = subprocess.Popen([sys.executable, "-c", LAUNCHER, str(tmp_path), how], stdout=subprocess.PIPE, text=True)
        assert one.stdout is not None
        assert one.stdout.readline() == "up\n"
        started.append(one)
        Thread(target=one.wait, daemon=True).start()  # it leaves no trace when it dies, as one of somebody else's
        return one.pid

    yield start
    for one in started:
        one.kill()
        one.communicate()


@pytest.mark.parametrize(
    ("how", "heard"), [("answers", ["une première ligne", "the last"]), ("dies", ["une première ligne"])]
)
def test_what_is_said_is_heard_until_the_launcher_is_done_or_dies(
    start: Start, tmp_path: Path, how: str, heard: list[str]
) -> None:
    launcher = start(how)
    assert list(ask_for_renewal(tmp_path, launcher)) == heard
    assert list((tmp_path / "renewals" / str(launcher)).iterdir()) == []


def test_who_waits_for_a_launcher_that_died_before_it_answered_is_let_go(start: Start, tmp_path: Path) -> None:
    assert list(ask_for_renewal(tmp_path, start("deaf"))) == []


def test_who_asked_and_was_killed_is_in_nobodys_way(start: Start, tmp_path: Path) -> None:
    launcher = start("answers")
    for name in ("1.asks", f"{os.getpid()}.asks", f"{os.getpid()}.new"):
        os.mkfifo(tmp_path / "renewals" / str(launcher) / name)
    assert list(ask_for_renewal(tmp_path, launcher)) == ["une première ligne", "the last"]
    assert list(ask_for_renewal(tmp_path, launcher)) == ["une première ligne", "the last"]


def test_a_launcher_that_answers_nobody_is_not_waited_for(start: Start, tmp_path: Path) -> None:
    start("answers")  # another one: what it has laid there is not this one's
    with pytest.raises(FileNotFoundError):
        list(ask_for_renewal(tmp_path, os.getpid()))
