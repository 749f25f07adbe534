"""Row 14: the disk of PostgreSQL is full for a while; who sends is told so, and all goes on once there is room."""

import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.database import ask
from tests.faults.load import Load, submit
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually

SIZE_MB = 400
FULL_SECONDS = 60 if AT_FULL_COUNT else 3
BACK_SECONDS = 60


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which can be filled."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0755", "tmpfs", str(mount)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can be mounted by root alone")
    yield mount
    subprocess.run(["umount", "--lazy", str(mount)], check=True)


def test_a_full_disk_is_answered_503_loses_nothing_and_all_goes_on_by_itself_once_there_is_room(
    small_disk: Path, tmp_path: Path, tell: Tell
) -> None:
    record = Record(tmp_path / "operations.jsonl")
    with System(small_disk) as system:
        with Load(system, record, submit, patience=2 * BACK_SECONDS):
            eventually(lambda: record.acknowledged_since(0))
            with _filled(small_disk):
                eventually(lambda: any(one.status == 503 for one in record.attempts()), 60)
                full_at = time.time()
                time.sleep(FULL_SECONDS)
            back_at = record.fault("there is room again")
            eventually(lambda: record.acknowledged_since(back_at), BACK_SECONDS)
        meanwhile = [one for one in record.attempts() if full_at < one.at < back_at]
        eventually(lambda: not ask(system.database_of("intake"), "SELECT FROM event_pending"), BACK_SECONDS)
        feedback = checks.nothing_is_lost_or_doubled(record, system)
        checks.every_complaint_got_its_case(system, feedback)
        checks.figures_are_right(system, feedback)
        checks.nothing_is_parked(system)
    assert set(Counter(one.status for one in meanwhile)) <= {201, 503}
    tell(
        14,
        "disk full for PostgreSQL",
        seconds=FULL_SECONDS,
        acknowledged=len(checks.acknowledged(record.attempts())),
        answered_503=sum(one.status == 503 for one in meanwhile),
        other_answers=0,
        lost=0,
        went_on_after=f"{checks.recovery_seconds(record)[0]:.1f} s",
    )


@contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """To the last byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1 << 16))
        except OSError:
            pass
        try:
            yield
        finally:
            filler.unlink()
