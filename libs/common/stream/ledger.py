"""The ledger of erasures: which subjects were erased and when, in a file that no backup of a database takes back.

It holds nothing else of anybody. Appended and on the disk before an erasure is acknowledged, it is what erases again
those who stand in a backup that was put back.
"""

import asyncio
import fcntl
import os
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

from libs.common.disk import sync_folder


class ErasureLedger:
    """Written by any number of processes: a line is appended whole, or, where the disk is full, fails.

    Under a lock: on a file system of the network each machine appends where it takes the end of the file to be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def append(self, subjects: Collection[UUID], erased_at: datetime) -> None:
        """Return once the subjects are on the disk. OSError when they cannot be: then nothing may be acknowledged."""
        if subjects:
            await asyncio.to_thread(self._append, subjects, erased_at)

    def _append(self, subjects: Collection[UUID], erased_at: datetime) -> None:
        # The line break before: what another process left unfinished when it died spoils no line but its own.
        lines = "".join(f"\n{erased_at.isoformat()} {subject}" for subject in subjects) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.write(descriptor, lines.encode()) < len(lines):
                raise OSError("the ledger of erasures could not be written in full")
            os.fsync(descriptor)
            if os.fstat(descriptor).st_size == len(lines):
                sync_folder(self._path.parent)
        finally:
            os.close(descriptor)


def read_ledger(path: Path) -> dict[UUID, datetime]:
    """Who was erased, and when first. A line that was left unfinished was never acknowledged, and is passed over."""
    erased: dict[UUID, datetime] = {}
    for line in path.read_text().splitlines():
        moment, _, subject = line.partition(" ")
        with suppress(ValueError):
            erased.setdefault(UUID(subject), datetime.fromisoformat(moment))
    return erased
