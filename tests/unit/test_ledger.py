"""The ledger of erasures: on the disk before an erasure is acknowledged, and read back whatever happened meanwhile."""

import asyncio
import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from libs.common.stream.ledger import ErasureLedger, read_ledger

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


async def test_who_was_erased_is_read_back_with_the_first_moment(tmp_path: Path) -> None:
    ledger, [one, other] = ErasureLedger(tmp_path / "erasures"), [uuid4() for _ in range(2)]
    await ledger.append([one, other], NOW)
    await ledger.append([one], NOW + timedelta(days=1))
    await ledger.append([], NOW)
    assert read_ledger(tmp_path / "erasures") == {one: NOW, other: NOW}
    assert (tmp_path / "erasures").stat().st_mode & 0o077 == 0, "for its owner alone"


async def test_many_at_once_lose_no_line(tmp_path: Path) -> None:
    subjects = [uuid4() for _ in range(300)]
    ledgers = [ErasureLedger(tmp_path / "erasures") for _ in range(3)]
    await asyncio.gather(*(ledgers[n % 3].append([subject], NOW) for n, subject in enumerate(subjects)))
    assert set(read_ledger(tmp_path / "erasures")) == set(subjects)


async def test_one_waits_for_another_that_writes(tmp_path: Path) -> None:
    path, subject = tmp_path / "erasures", uuid4()
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        appending = asyncio.create_task(ErasureLedger(path).append([subject], NOW))
        await asyncio.sleep(0.1)
        assert not appending.done()
        assert read_ledger(path) == {}
    await appending
    assert set(read_ledger(path)) == {subject}


async def test_a_line_that_a_dying_process_left_unfinished_spoils_no_other(tmp_path: Path) -> None:
    path, [one, other] = tmp_path / "erasures", [uuid4() for _ in range(2)]
    await ErasureLedger(path).append([one], NOW)
    with path.open("a") as dying:
        dying.write(f"\n{NOW.isoformat()} {str(uuid4())[:20]}")
    await ErasureLedger(path).append([other], NOW)
    assert set(read_ledger(path)) == {one, other}


async def test_what_cannot_be_written_fails(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="erasures"):
        await ErasureLedger(tmp_path / "gone" / "erasures").append([uuid4()], NOW)
