"""A file of feedback, row by row: CSV or NDJSON, in whatever encoding it was saved."""

import codecs
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from charset_normalizer import from_bytes

from libs.common.settings import stop
from services.intake.verbatims.encoding import restore_windows_1252

ERROR_COLUMN = "ecoute_error"
ROW_COLUMN = "ecoute_row"
"""What the file of refused rows has besides: why, and which row of the first file it was."""

SAMPLE_BYTES = 400_000
LARGEST_CELL = 1_000_000
csv.field_size_limit(LARGEST_CELL)
DELIMITERS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OF_ONE_BYTE = ["cp1252", "cp850", "cp437", "mac_roman"]
"""Of Western Europe; the mapping names any other."""

Cell = str | list[str]
Form = Literal["csv", "ndjson"]


@dataclass(frozen=True)
class Row:
    """A row as it was read; `wrong` where it cannot be one."""

    number: int
    cells: dict[str, Cell]
    raw: Any
    wrong: str | None = None


@dataclass(frozen=True)
class Source:
    """A file, and how it is to be read."""

    path: Path
    form: Form
    encoding: str
    delimiter: str
    columns: list[str]

    def rows(self) -> Iterator[Row]:
        """Every row, in order. Characters that Windows-1252 left as control characters are restored."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            yield from _csv_rows(file, self.delimiter) if self.form == "csv" else _json_rows(file)


def open_source(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Source:
    """Find out how the file is to be read, or stop with one line."""
    try:
        with path.open("rb") as file:
            sample = file.read(SAMPLE_BYTES)
        found = encoding or _encoding_of(path, sample)
        with path.open(encoding=found, errors="replace", newline="") as text:
            first = text.readline()
    except (OSError, LookupError) as unreadable:
        stop(f"the file {path} cannot be read: {unreadable}")
    if not first.strip():
        stop(f"the file {path} has no first line")
    if first.lstrip().startswith("{"):
        return Source(path, "ndjson", found, "", [])
    separator = delimiter or max(DELIMITERS, key=first.count)
    heading = [_clean(one) for one in next(csv.reader([first], delimiter=separator))]
    return Source(path, "csv", found, separator, heading)


def _encoding_of(path: Path, sample: bytes) -> str:
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if _is_utf8(path):
        return "utf-8"
    guess = from_bytes(sample, cp_isolation=_OF_ONE_BYTE).best()
    return guess.encoding if guess else _OF_ONE_BYTE[0]


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _csv_rows(file: Any, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(file, delimiter=delimiter)
    names = [_clean(one) for one in next(reader)]
    number = 0
    for raw, lines in _each(reader):
        if not raw:
            continue
        number += 1
        if isinstance(raw, csv.Error):
            yield Row(number, {}, [], f"this row is no CSV: {raw}")
            continue
        cells: dict[str, Cell] = {name: _clean(cell) for name, cell in zip(names, raw, strict=False)}
        wrong = None if len(raw) == len(names) else f"{len(raw)} cells where the heading has {len(names)}"
        if wrong and len(lines) > 1:
            wrong += f", in lines {lines[0]} to {lines[-1]}: a quote may not be closed"
        was_refused = wrong is not None and ROW_COLUMN in names
        if was_refused:  # its number and why stand behind it, whatever the heading says
            cells[ROW_COLUMN] = "".join(raw[-2:-1])
        yield _row(number, cells, raw[:-2] if was_refused else raw, wrong)


def _each(reader: Any) -> Iterator[tuple[list[str] | csv.Error, range]]:
    """Its rows, each with the lines of the file that it is in.

    Where one cannot be read, why, and then those that follow; stops where it has swallowed them.
    """
    while True:
        first = reader.line_num + 1
        try:
            raw = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raw = error
            if reader.line_num > first:
                stop(f"line {first} of the file opens a quote that is not closed: {error}")
        yield raw, range(first, reader.line_num + 1)


def _json_rows(file: Any) -> Iterator[Row]:
    number = 0
    for line in file:
        if not line.strip():
            continue
        number += 1
        try:
            found = json.loads(line)
        except ValueError as wrong:
            yield Row(number, {}, line.rstrip("\n"), f"this line is no JSON: {wrong}")
            continue
        if isinstance(found, dict):
            yield _row(number, dict(_flat(found)), found, _half_a_character(found) if "\\u" in line else None)
        else:
            yield Row(number, {}, found, "this line is no JSON object")


def _half_a_character(found: dict[str, Any]) -> str | None:
    """Of a character that JSON writes as two escapes, one alone is none, and cannot be sent."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as half:
        return f"\\u{ord(half.object[half.start]):04x} is half a character"
    return None


def _row(number: int, cells: dict[str, Cell], raw: Any, wrong: str | None) -> Row:
    """A row that was refused before keeps the number that it had."""
    said = cells.get(ROW_COLUMN)
    return Row(int(said) if isinstance(said, str) and said.isdecimal() else number, cells, raw, wrong)


def _flat(found: dict[str, Any], above: str = "") -> Iterator[tuple[str, Cell]]:
    """`{"a": {"b": 1}}` has the column `a.b`."""
    for name, value in found.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            yield f"{above}{name}", [_clean(str(one)) for one in value]
        elif value is not None:
            yield f"{above}{name}", _clean(json.dumps(value) if isinstance(value, bool) else str(value))


def _clean(cell: str) -> str:
    return restore_windows_1252(cell)
