"""Brings in a file: reads it row by row, sends it some rows at a time, and remembers how far it is."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from pydantic import ValidationError

from deploy.importing.directory import Directory, make, read_directory
from deploy.importing.doors import Addresses, Door, door, see_that_it_runs
from deploy.importing.mapping import Made, Mapping, load_mapping
from deploy.importing.reading import Row, Source, open_source
from deploy.importing.remembering import Progress, RefusedRows, fingerprint_of, forget, recall, remember
from deploy.importing.rows import Item, Refused, Wrong, item_of, names_in
from deploy.importing.taking_in import Doors, take_in
from libs.common.settings import stop

ROWS_AT_ONCE = 500
IN_FLIGHT = 3

Told = Callable[[int, int], None]
"""Called with how many rows are done, of how many."""


@dataclass(frozen=True)
class Tokens:
    """Of an importer; and of an admin, where something is made."""

    importer: str
    admin: str | None


@dataclass
class Result:
    """What became of a file."""

    source: Source
    progress: Progress
    rows: int
    rows_now: int
    """Of them, those of this run: the others were done before it was cut off."""
    seconds: float
    refused_file: Path
    made: Counter[Made]
    dry_run: bool


@dataclass
class _Chunk:
    rows: list[Row]
    items: list[Item]
    refused: dict[int, list[Wrong]]
    """By the row's place in the chunk."""
    repeats: bool = False
    """A reference of its rows was in a chunk before it, which is to be done first."""


async def bring_in(
    file: Path,
    mapping_file: Path,
    addresses: Addresses,
    tokens: Tokens,
    folder: Path,
    *,
    dry_run: bool = False,
    told: Told = lambda _done, _of: None,
) -> Result:
    """Bring in a whole file, or what is left of it; nothing is sent in a dry run."""
    mapping = load_mapping(mapping_file)
    source = open_source(file, mapping.encoding, mapping.delimiter)
    _see_that_columns_are_there(source, mapping, mapping_file)
    await see_that_it_runs(addresses)
    papers = _papers(file, mapping_file, source, folder, addresses, dry_run=dry_run)
    progress = papers.progress
    began, done_before = monotonic(), progress.rows
    async with _doors(addresses, tokens) as (doors, admins):
        directory = await read_directory(doors.senders[""], doors.hands[""])
        named, total = _names(source, mapping)
        missing = directory.missing(named)
        if missing and not dry_run:
            if tokens.admin is None:
                stop(f"{len(missing)} names of the file are unknown, and an admin must make them: --admin-token-file")
            await make(missing, *admins)
        refused = RefusedRows(papers.refused, source, progress.refused_bytes)
        seen: set[str] = set()

        def settle(chunk: _Chunk) -> None:
            _settle(chunk, mapping, progress, refused, seen)
            if not dry_run:
                remember(papers.mark, progress)
            told(progress.rows, total)

        chunks = _chunks(source, mapping, directory, progress.rows)
        await (_try_all(chunks, settle) if dry_run else _send_all(doors, chunks, settle))
    if not dry_run:
        forget(papers.mark)
    made = Counter(kind for kind, _, _ in missing)
    seconds, rows_now = monotonic() - began, progress.rows - done_before
    return Result(source, progress, total, rows_now, seconds, papers.refused, made, dry_run)


@dataclass(frozen=True)
class _Papers:
    """Where refused rows are written, where the progress, and how far it was."""

    refused: Path
    mark: Path
    progress: Progress


def _papers(
    file: Path, mapping_file: Path, source: Source, folder: Path, addresses: Addresses, *, dry_run: bool
) -> _Papers:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stem = f"{file.stem}.dry-run" if dry_run else file.stem
    refused, mark = folder / f"{stem}.refused.{source.form}", folder / f"{stem}.progress.json"
    if refused.resolve() == file.resolve():
        refused = folder / f"{stem}.again.{source.form}"
    fingerprint = fingerprint_of(file, mapping_file, sent_to=f"{addresses.intake} {addresses.routing}")
    return _Papers(refused, mark, Progress(fingerprint) if dry_run else recall(mark, fingerprint))


@asynccontextmanager
async def _doors(addresses: Addresses, tokens: Tokens) -> AsyncIterator[tuple[Doors, tuple[Door, Door]]]:
    async with (
        door(addresses.intake, tokens.importer) as intake,
        door(addresses.routing, tokens.importer) as routing,
        door(addresses.intake, tokens.admin) as admin_intake,
        door(addresses.routing, tokens.admin) as admin_routing,
    ):
        yield Doors({"": intake}, {"": routing}, lambda _: (intake, {})), (admin_intake, admin_routing)


def _see_that_columns_are_there(source: Source, mapping: Mapping, mapping_file: Path) -> None:
    missing = sorted(mapping.columns - set(source.columns))
    if source.form == "csv" and missing:
        known = ", ".join(source.columns)
        stop(f"{mapping_file}: {source.path} has no column {missing[0]!r}; it has: {known}")


def _names(source: Source, mapping: Mapping) -> tuple[set[tuple[Made, str]], int]:
    """What the file names that can be made, and how many rows it has."""
    named: set[tuple[Made, str]] = set()
    rows = 0
    for row in source.rows():
        rows += 1
        if mapping.make:
            named.update(names_in(row, mapping))
    return named, rows


def _chunks(source: Source, mapping: Mapping, directory: Directory, skip: int) -> Iterator[_Chunk]:
    chunk = _Chunk([], [], {})
    before: set[str] = set()
    here: set[str] = set()
    for place, row in enumerate(source.rows()):
        if place < skip:
            continue
        item, wrong = _read(row, mapping, directory)
        reference = item.feedback["external_reference"] if item else None
        if len(chunk.rows) == ROWS_AT_ONCE or reference in here:
            yield chunk
            before |= here
            chunk, here = _Chunk([], [], {}), set()
        if item is None:
            chunk.refused[len(chunk.rows)] = wrong
        else:
            item.repeats = reference in before
            chunk.repeats = chunk.repeats or item.repeats
            chunk.items.append(item)
            here.add(str(reference))
        chunk.rows.append(row)
    if chunk.rows:
        yield chunk


def _read(row: Row, mapping: Mapping, directory: Directory) -> tuple[Item | None, list[Wrong]]:
    try:
        return item_of(row, mapping, directory.code_of), []
    except Refused as refused:
        return None, refused.wrong


async def _send_all(doors: Doors, chunks: Iterator[_Chunk], settle: Callable[[_Chunk], None]) -> None:
    """Some chunks at once; they are settled in their order, so that what is remembered has no gap.

    What repeats a row waits for those before it: else the steps of one case were carried out twice, side by side.
    """

    async def send(chunk: _Chunk) -> _Chunk:
        await take_in(doors, chunk.items)
        return chunk

    flying: list[asyncio.Task[_Chunk]] = []
    async with asyncio.TaskGroup() as tasks:
        for chunk in chunks:
            while flying and (chunk.repeats or len(flying) == IN_FLIGHT):
                settle(await flying.pop(0))
            flying.append(tasks.create_task(send(chunk)))
        for task in flying:
            settle(await task)


async def _try_all(chunks: Iterator[_Chunk], settle: Callable[[_Chunk], None]) -> None:
    for chunk in chunks:
        _try(chunk)
        settle(chunk)


def _try(chunk: _Chunk) -> None:
    """What the services would say of the form of it, without asking them."""
    from services.intake.feedback.schemas import BatchItem  # noqa: PLC0415 - a trial alone needs them
    from services.routing.cases.verbs.service import WAYS  # noqa: PLC0415

    for item in chunk.items:
        parts: list[tuple[str, Any, Any]] = [("feedback", BatchItem.model_validate, item.feedback)]
        parts += [(step.field, WAYS[step.verb].body.model_validate, step.body) for step in item.steps]  # type: ignore[index]
        for place, read, body in parts:
            try:
                read(body)
            except ValidationError as invalid:
                error = invalid.errors(include_url=False, include_input=False)[0]
                where = ".".join("at" if part == "effective_at" else str(part) for part in error["loc"])
                item.refused.append(Wrong(f"{place}.{where}" if where else place, "invalid-request", error["msg"]))


def _settle(chunk: _Chunk, mapping: Mapping, progress: Progress, refused: RefusedRows, seen: set[str]) -> None:
    items = iter(chunk.items)
    for place, row in enumerate(chunk.rows):
        progress.rows += 1
        wrong = chunk.refused.get(place)
        if wrong is None:
            item = next(items)
            if "submitted_at" in item.feedback:
                progress.note_days(item.feedback["submitted_at"])
            wrong = item.refused
            feedback_id = item.receipt.get("id")
            if not wrong and (item.was_there or feedback_id in seen):
                progress.there_already += 1
            elif not wrong:
                progress.taken_in += 1
            if feedback_id:
                seen.add(feedback_id)
        if wrong:
            progress.refused += 1
            refused.add(row, [one.line(mapping) for one in wrong])
            for one in wrong:
                progress.problems[one.kind] = progress.problems.get(one.kind, 0) + 1
    progress.refused_bytes = refused.size
