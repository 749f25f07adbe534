"""Log files that grow for as long as their processes live, within bounds."""

import os
import shutil
from pathlib import Path

LARGEST_BYTES = 50_000_000


def keep_within_bounds(folder: Path, largest: int = LARGEST_BYTES) -> None:
    """Once a log is full, what is in it becomes the former (`NAME.log.1`), and it begins anew.

    Its process goes on appending to the same file; what it writes in that very moment is in neither.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > largest:
            former = log.with_suffix(".log.1")
            try:
                shutil.copyfile(log, former)
            except OSError:  # no room is left: this makes some
                former.unlink(missing_ok=True)
            os.truncate(log, 0)
