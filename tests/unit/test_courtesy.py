"""What a worker leaves to others, by what the kernel tells of cores."""

import os
from pathlib import Path

import pytest

from libs.common import courtesy
from libs.common.courtesy import FACTOR, LONGEST_SECONDS, LOOK_SECONDS, Courtesy

CORES = 2


class Kernel:
    """Two files of /proc, as a kernel would write them, and the time."""

    def __init__(self, folder: Path) -> None:
        self.threads, self.uptime = folder / "task", folder / "uptime"
        (self.threads / "1").mkdir(parents=True)
        self.now = self.waited = self.idle = 0.0
        self.after(0)

    def after(self, seconds: float, *, waited: float = 0, idle: float = 0) -> None:
        """Time has passed: some of it this process waited for a core, for some of it cores were idle."""
        self.now, self.waited, self.idle = self.now + seconds, self.waited + waited, self.idle + idle
        (self.threads / "1" / "schedstat").write_text(f"7 {self.waited * 1e9:.0f} 3\n")
        self.uptime.write_text(f"{self.now:.2f} {self.idle:.2f}\n")


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    told = Kernel(tmp_path)
    monkeypatch.setattr(courtesy, "_THREADS", told.threads)
    monkeypatch.setattr(courtesy, "_UPTIME", told.uptime)
    monkeypatch.setattr(os, "cpu_count", lambda: CORES)
    monkeypatch.setattr(os, "nice", lambda _: 10)
    return told


def test_who_was_kept_waiting_while_no_core_was_idle_waits_four_times_as_long_and_a_second_at_most(
    kernel: Kernel,
) -> None:
    worker = Courtesy(lambda: kernel.now)
    kernel.after(1, waited=0.3, idle=0.05)
    assert worker.owed() == 0, "from now on it counts"
    kernel.after(0.01, waited=0.02)
    assert worker.owed() == pytest.approx(FACTOR * 0.02)
    kernel.after(1, waited=0.1, idle=0.05)
    assert worker.owed() == pytest.approx(FACTOR * 0.1)
    kernel.after(1, waited=0.9)
    assert worker.owed() == LONGEST_SECONDS
    kernel.after(1)
    assert worker.owed() == 0, "what was paid is paid"


def test_nothing_is_owed_while_a_core_is_idle(kernel: Kernel) -> None:
    worker = Courtesy(lambda: kernel.now)
    kernel.after(1, waited=0.3, idle=0.05)
    worker.owed()
    kernel.after(1, waited=0.3, idle=0.5)
    assert worker.owed() == 0
    kernel.after(LOOK_SECONDS, waited=0.3)
    assert worker.owed() == 0, "what was waited while one was idle is owed to nobody"
    kernel.after(LOOK_SECONDS, waited=0.1)
    assert worker.owed() == pytest.approx(FACTOR * 0.1)


def test_who_is_not_nice_owes_nothing(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "nice", lambda _: 0)
    worker = Courtesy(lambda: kernel.now)
    kernel.after(1, waited=0.5)
    assert worker.owed() == 0
