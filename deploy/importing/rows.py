"""From a row of a file to what is sent: the feedback, the steps of its case, the person's word on the answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from deploy.importing.mapping import CaseMapping, Made, Mapping, Scalar, Strict, Value
from deploy.importing.reading import Cell, Row
from libs.contracts.codes import OWED_KINDS

NAMED: dict[str, Made] = {"service": "services", "service_point": "service_points", "topic": "topics"}
"""Fields whose values may be names: what they are names of."""

CodeOf = Callable[[Made, str], str]
"""The code of a name. KeyError where there is none."""


@dataclass(frozen=True)
class Wrong:
    """What is wrong: with which field of the mapping, what kind of thing, and in words."""

    place: str
    kind: str
    text: str

    def line(self, mapping: Mapping) -> str:
        """With the columns that the field comes from."""
        columns = ", ".join(mapping.columns_of(self.place)) if self.place else ""
        where = f"{columns} ({self.place})" if columns else self.place
        return f"{where}: {self.text}" if where else self.text


@dataclass(frozen=True)
class Step:
    """A verb of a case; `field` is where the mapping speaks of it."""

    verb: str
    body: dict[str, Any]
    field: str = ""

    @property
    def at(self) -> datetime | None:
        said = self.body.get("effective_at")
        return datetime.fromisoformat(said) if said else None


@dataclass(frozen=True)
class Evaluation:
    """What a person says of an answer; 1 is the first."""

    answer: int
    solved: str
    csat: int | None = None


@dataclass
class Item:
    """One feedback, all that became of it, and what the service said when it was sent."""

    number: int
    feedback: dict[str, Any]
    steps: list[Step] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    sender: str = ""
    hand: str = ""
    """Who sends it, and who carries out the steps, where there are several."""
    receipt: dict[str, Any] = field(default_factory=dict)
    was_there: bool = False
    repeats: bool = False
    """An earlier row of the file has its reference."""
    refused: list[Wrong] = field(default_factory=list)


class Refused(Exception):
    """What is wrong with a row."""

    def __init__(self, wrong: list[Wrong]) -> None:
        super().__init__("; ".join(one.text for one in wrong))
        self.wrong = wrong


def item_of(row: Row, mapping: Mapping, code_of: CodeOf) -> Item:
    """What is sent for a row. Raises Refused with all that is wrong with it."""
    if row.wrong:
        raise Refused([Wrong("", "unreadable", row.wrong)])
    reader = _Reader(row, mapping, code_of)
    feedback = reader.tree(mapping.feedback, "feedback")
    item = Item(row.number, {"historical": True, **feedback})
    item.steps = list(reader.steps(mapping.case))
    evaluation = mapping.case.evaluation
    if evaluation and any(step.verb == "reply" for step in item.steps):
        solved = reader.value(evaluation.solved, "case.evaluation.solved")
        csat = reader.whole(evaluation.csat, "case.evaluation.csat") if evaluation.csat else None
        if solved is not None:
            item.evaluations.append(Evaluation(1, str(solved), csat))
    if item.steps and item.feedback.get("kind") not in OWED_KINDS:
        item.feedback.setdefault("response_requested", True)
    if wrong := reader.wrong or [*_no_reference(item), *_no_moments(item)] or list(out_of_order(item)):
        raise Refused(wrong)
    return item


def _no_reference(item: Item) -> Iterator[Wrong]:
    """Without one it would be taken in again whenever it is sent again."""
    if "external_reference" not in item.feedback:
        yield Wrong("feedback.external_reference", "missing", "it is empty")


def _no_moments(item: Item) -> Iterator[Wrong]:
    """What should be a moment with a time zone, as `date` in the mapping makes one, and is none."""
    said = [("feedback.submitted_at", item.feedback.get("submitted_at"))]
    said += [(f"{step.field}.at", step.body["effective_at"]) for step in item.steps if "effective_at" in step.body]
    for place, moment in said:
        if moment is None:
            yield Wrong(place, "missing", "it is empty")
            continue
        try:
            has_zone = datetime.fromisoformat(str(moment)).tzinfo is not None
        except ValueError:
            has_zone = False
        if not has_zone:
            text = f"{moment!r} is no moment with a time zone (ISO 8601): say with `date` how it is written"
            yield Wrong(place, "cannot-be-read", text)


def out_of_order(item: Item) -> Iterator[Wrong]:
    """Steps that are said to be before what they follow: seen before anything is sent, since no step can be undone."""
    before = datetime.fromisoformat(item.feedback["submitted_at"])
    for step in item.steps:
        if step.at and step.at < before:
            yield Wrong(f"{step.field}.at", "effective-before-previous", "it is before what it follows")
        before = max(before, step.at or before)


def names_in(row: Row, mapping: Mapping) -> Iterator[tuple[Made, str]]:
    """What a row names of the catalogue and of the organisation, where the mapping makes what is missing."""
    found: list[tuple[Made, str]] = []
    if row.wrong:
        return

    def note(kind: Made, name: str) -> str:
        found.append((kind, name))
        return name

    reader = _Reader(row, mapping, note)
    for name, kind in NAMED.items():
        if value := getattr(mapping.feedback, name):
            reader.named(value, name, kind)
    if mapping.case.assigned:
        reader.named(mapping.case.assigned.team, "team", "teams")
    yield from (one for one in found if one[0] in mapping.make)


class _Reader:
    """Reads one row; what is wrong is noted, and the field left out."""

    def __init__(self, row: Row, mapping: Mapping, code_of: CodeOf) -> None:
        self.row, self.mapping, self.code_of = row, mapping, code_of
        self.wrong: list[Wrong] = []

    def tree(self, part: Strict, place: str) -> dict[str, Any]:
        """The fields of a part of the mapping that have a value."""
        made: dict[str, Any] = {}
        for name in type(part).model_fields:
            of, where = getattr(part, name), f"{place}.{name}"
            if isinstance(of, Value):
                kind = NAMED.get(name)
                value: Any = self.named(of, where, kind) if kind else self.value(of, where)
                if name == "experienced_on" and value is not None:
                    value = str(value)[:10]
            elif isinstance(of, list):
                value = [one for one in (self.tree(part, f"{where}.{n}") for n, part in enumerate(of)) if len(one) > 1]
            else:
                value = self.tree(of, where) if isinstance(of, Strict) else of
            if value not in (None, [], {}):
                made[name] = value
        return made

    def steps(self, case: CaseMapping) -> Iterator[Step]:
        for verb, name in (
            ("assign", "assigned"),
            ("acknowledge", "acknowledged"),
            ("reply", "replied"),
            ("close", "closed"),
        ):
            part = getattr(case, name)
            if part is None:
                continue
            place = f"case.{name}"
            at = self.value(part.at, f"{place}.at")
            if at is None:
                continue
            body = {"effective_at": at}
            if verb == "assign":
                body["team"] = self.named(part.team, f"{place}.team", "teams")
            if verb == "reply":
                body["outcome"] = self.value(part.outcome, f"{place}.outcome")
                body["text"] = self.value(part.text, f"{place}.text")
                if body["outcome"] is None:
                    continue
            if part.note:
                body["note"] = self.value(part.note, f"{place}.note")
            yield Step(verb, {name: value for name, value in body.items() if value is not None}, place)

    def named(self, value: Value, place: str, kind: Made) -> str | None:
        name = self.value(value, place)
        if name is None:
            return None
        try:
            return self.code_of(kind, str(name))
        except KeyError:
            self.wrong.append(Wrong(place, f"not-among-{kind}", f"{name!r} is not among the {kind.replace('_', ' ')}"))
            return None

    def value(self, value: Value, place: str) -> Any:
        """The value of a cell, or None where there is nothing."""
        try:
            found = self._cell(value)
            if isinstance(found, list):
                return list(
                    dict.fromkeys(one for one in (self._made(value, cell) for cell in found) if one is not None)
                )
            return None if found is None else self._made(value, found)
        except ValueError as wrong:
            self.wrong.append(Wrong(place, "cannot-be-read", str(wrong)))
            return None

    def whole(self, value: Value, place: str) -> int | None:
        """The whole number in a cell."""
        found = self.value(value, place)
        try:
            return None if found is None else int(str(found))
        except ValueError:
            self.wrong.append(Wrong(place, "cannot-be-read", f"{found!r} is no whole number"))
            return None

    def _cell(self, value: Value) -> Cell | Scalar:
        if "constant" in value.model_fields_set:
            return value.constant
        if value.row or value.columns:
            parts = [_text(self.row.cells.get(name)) for name in value.columns] or [str(self.row.number)]
            return value.joined_by.join(part for part in parts if part) or None
        cell = self.row.cells.get(value.column or "")
        if value.split and _text(cell):
            return [part.strip() for part in _text(cell).split(value.split)]
        is_known = value.table is not None and isinstance(cell, str) and cell in value.table
        return cell if is_known or isinstance(cell, list) else _text(cell) or None

    def _made(self, value: Value, cell: Any) -> Any:
        if isinstance(cell, str) and value.table is not None:
            if cell not in value.table and value.refuses_unknown:
                raise ValueError(f"{cell!r} is not in the table")
            cell = value.table.get(cell, cell if value.keeps_others else value.otherwise)
        if cell is not None and value.date is not None:
            return self._moment(value, str(cell))
        if isinstance(cell, str):
            return f"{value.prefix}{cell}"
        return cell

    def _moment(self, value: Value, written: str) -> str:
        form = value.date or ""
        try:
            day = datetime.strptime(written, form)  # noqa: DTZ007 - the zone follows
        except ValueError:
            raise ValueError(f"{written!r} is no date as {form!r} writes it") from None
        if not any(mark in form for mark in ("%H", "%I", "%X", "%c")):
            hours, minutes = value.at.split(":")
            day = day.replace(hour=int(hours), minute=int(minutes))
        if value.plus_days is not None:
            days = self._cell(value.plus_days)
            more = None if days is None else self._made(value.plus_days, days)
            try:
                day += timedelta(days=float(str(more or 0)))
            except OverflowError:
                raise ValueError(f"{more!r} days after {written!r} is no date") from None
        if day.tzinfo is None:
            day = day.replace(tzinfo=ZoneInfo(value.time_zone or self.mapping.time_zone))
        return day.isoformat()


def _text(cell: Cell | None) -> str:
    return " ".join(cell).strip() if isinstance(cell, list) else (cell or "").strip()
