"""How far an import is, in a small file; and the rows that were refused, in one that can be mended and sent again."""

import csv
import hashlib
import io
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.importing.reading import ERROR_COLUMN, ROW_COLUMN, Row, Source


@dataclass
class Progress:
    """All rows up to `rows` are done. It belongs to one file and one mapping, as they are, and to where they went."""

    fingerprint: str
    rows: int = 0
    taken_in: int = 0
    there_already: int = 0
    refused: int = 0
    refused_bytes: int = 0
    first_day: str = ""
    last_day: str = ""
    problems: dict[str, int] = field(default_factory=dict)

    def note_days(self, submitted_at: str) -> None:
        day = submitted_at[:10]
        self.first_day = min(self.first_day or day, day)
        self.last_day = max(self.last_day, day)


def fingerprint_of(*paths: Path, sent_to: str) -> str:
    """What tells whether they are still the same files, and go to the same place."""
    digest = hashlib.sha256(sent_to.encode())
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def recall(path: Path, fingerprint: str) -> Progress:
    """Where an import of the same files stopped; from the start where there was none."""
    try:
        known = Progress(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Progress(fingerprint)
    return known if known.fingerprint == fingerprint else Progress(fingerprint)


def remember(path: Path, progress: Progress) -> None:
    """In one piece, whenever it is cut off."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(asdict(progress)), encoding="utf-8")
    beside.replace(path)


def forget(path: Path) -> None:
    """The import is done."""
    path.unlink(missing_ok=True)


class RefusedRows:
    """Refused rows in the form of the file, in UTF-8, with the row's number and what is wrong with it.

    A row of CSV with more cells than the heading, or fewer, is written as it was, and both behind it: nothing of it is
    lost, and it is refused until it is mended. They have names and words in clear: nobody reads them but who imports.
    """

    def __init__(self, path: Path, source: Source, size: int) -> None:
        self.path, self._source = path, source
        self._columns = [name for name in source.columns if name not in (ERROR_COLUMN, ROW_COLUMN)]
        path.touch(mode=0o600)
        path.chmod(0o600)
        with path.open("ab") as file:  # what was written after the last mark is sent, and written, again
            file.truncate(size)
        if size == 0 and source.form == "csv":
            self._append("\ufeff" + self._line([*self._columns, ROW_COLUMN, ERROR_COLUMN]))

    def add(self, row: Row, wrong: list[str]) -> None:
        reason = " | ".join(wrong)
        if self._source.form == "csv":
            cells = row.raw if row.wrong else [str(row.cells.get(name, "")) for name in self._columns]
            self._append(self._line([*cells, str(row.number), reason]))
            return
        known: dict[str, Any] = dict(row.raw) if isinstance(row.raw, dict) else {"ecoute_line": row.raw}
        line = json.dumps({**known, ROW_COLUMN: row.number, ERROR_COLUMN: reason}, ensure_ascii=bool(row.wrong))
        self._append(line + "\n")

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def _line(self, cells: list[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self._source.delimiter).writerow(cells)
        return text.getvalue()

    def _append(self, text: str) -> None:
        with self.path.open("ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
