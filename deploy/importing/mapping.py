"""What is what in somebody's file: a YAML document that says from which column each field comes, and how."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from libs.common.settings import stop, zone
from libs.contracts.codes import Measure, Purpose

Scalar = str | int | float | bool | None
Made = Literal["services", "service_points", "topics", "teams"]


class Strict(BaseModel):
    """A key that is not known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(Strict):
    """One value of a row: from a column, several, a constant or the row's number. A bare word is a column's name."""

    column: str | None = None
    columns: list[str] = Field([], description="joined, those that are not empty")
    constant: Scalar = None
    row: bool = Field(False, description="the number of the row; 1 is the first below the heading")
    joined_by: str = Field(" ", description="what stands between joined columns")
    split: str | None = Field(None, min_length=1, description="a separator: the cell holds several values")
    table: dict[str, Scalar] | None = Field(None, description="what each value means; null leaves the field out")
    otherwise: Scalar = Field(None, description="what a value means that is not in the table")
    keeps_others: bool = Field(False, description="what is not in the table stays as it is")
    prefix: str = ""
    date: str | None = Field(None, description="how the date is written, as strptime reads it")
    at: str = Field("12:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="the time of a date that has none")
    time_zone: Annotated[str, AfterValidator(lambda name: str(zone(name)))] | None = None
    plus_days: "Value | None" = Field(None, description="so many days later, on the clock of the time zone")

    @model_validator(mode="before")
    @classmethod
    def _a_word_is_a_column(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        places = [self.column is not None, bool(self.columns), "constant" in self.model_fields_set, self.row]
        if sum(places) != 1:
            raise PydanticCustomError("one_place", "one of column, columns, constant and row is needed")
        if self.date is None and (self.plus_days is not None or self.time_zone is not None):
            raise PydanticCustomError("no_date", "plus_days and time_zone belong to a date: say how it is written")
        return self

    @property
    def reads(self) -> list[str]:
        """The columns that it is made of."""
        own = [self.column] if self.column is not None else list(self.columns)
        return own + (self.plus_days.reads if self.plus_days else [])

    @property
    def refuses_unknown(self) -> bool:
        return self.table is not None and not self.keeps_others and "otherwise" not in self.model_fields_set


class PersonMapping(Strict):
    name: Value | None = None
    email: Value | None = None
    phone: Value | None = None
    address: Value | None = None
    language: Value | None = None
    accessible_format: Value | None = None


class SubmittedByMapping(Strict):
    role: Value
    authority: Value | None = None
    name: Value | None = None
    email: Value | None = None
    phone: Value | None = None


class RatingMapping(Strict):
    """A mark; left out where its cell is empty."""

    measure: Measure
    value: Value
    answered_by: Value | None = None


class ConsentMapping(Strict):
    purpose: Purpose
    given: Value


class FeedbackMapping(Strict):
    """The fields of `POST /v1/feedback`. Services, points and topics are known by code or by name."""

    external_reference: Value = Field(description="the row's own id: what was sent once is not taken in twice")
    submitted_at: Value
    channel: Value | None = None
    touchpoint: Value | None = None
    about_channels: Value | None = None
    kind: Value | None = None
    topic: Value | None = None
    service: Value | None = None
    service_point: Value | None = None
    text: Value | None = None
    language: Value | None = None
    ratings: list[RatingMapping] = []
    person: PersonMapping | None = None
    respondent: Value | None = None
    submitted_by: SubmittedByMapping | None = None
    disclosure: Value | None = None
    urgent: Value | None = None
    response_requested: Value | None = None
    consent: list[ConsentMapping] = []
    experienced_on: Value | None = None


class AssignedMapping(Strict):
    at: Value
    team: Value
    note: Value | None = None


class AcknowledgedMapping(Strict):
    at: Value
    note: Value | None = None


class RepliedMapping(Strict):
    """A final reply; there is none where its outcome is left out."""

    at: Value
    outcome: Value
    text: Value
    note: Value | None = None


class ClosedMapping(Strict):
    at: Value
    note: Value | None = None


class EvaluationMapping(Strict):
    """What the person said of the reply; left out where `solved` is."""

    solved: Value
    csat: Value | None = None


class CaseMapping(Strict):
    """What was done with it, step by step: a step is left out where its date is empty."""

    assigned: AssignedMapping | None = None
    acknowledged: AcknowledgedMapping | None = None
    replied: RepliedMapping | None = None
    closed: ClosedMapping | None = None
    evaluation: EvaluationMapping | None = None


class Mapping(Strict):
    """The whole document."""

    time_zone: Annotated[str, AfterValidator(lambda name: str(zone(name)))] = Field(
        description="of the dates in the file, where they do not say their own"
    )
    encoding: str | None = Field(None, description="found where missing")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="found where missing")
    make: list[Made] = Field([], description="what the file names and the organisation lacks is made; needs an admin")
    feedback: FeedbackMapping
    case: CaseMapping = CaseMapping()

    @property
    def columns(self) -> set[str]:
        """All columns that it reads."""
        return {column for value in values_in(self) for column in value.reads}

    def columns_of(self, place: str) -> list[str]:
        """The columns behind a field, such as `feedback.person.email`."""
        at: Any = self
        for part in place.split("."):
            if isinstance(at, Value):
                break
            if isinstance(at, list):
                at = at[int(part)] if part.isdecimal() and int(part) < len(at) else None
            else:
                at = getattr(at, part, None)
        return sorted({column for value in values_in(at) for column in value.reads})


def values_in(tree: Any) -> list[Value]:
    """Every value of a part of a mapping."""
    if isinstance(tree, Value):
        return [tree]
    if isinstance(tree, list):
        return [value for one in tree for value in values_in(one)]
    if isinstance(tree, Strict):
        return [value for name in type(tree).model_fields for value in values_in(getattr(tree, name))]
    return []


class _Loader(yaml.SafeLoader):
    """YAML in which `Yes`, `No` and dates are the words that they are in the file."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first, _words in (("t", "true"), ("f", "false")):
    _Loader.yaml_implicit_resolvers.setdefault(_first, []).append(("tag:yaml.org,2002:bool", re.compile(f"^{_words}$")))


def load_mapping(path: Path) -> Mapping:
    """Read a mapping, or stop with one line that says what is wrong, and where."""
    try:
        document = path.read_text(encoding="utf-8")
        node = yaml.compose(document, _Loader)
        return Mapping.model_validate(yaml.load(document, _Loader))  # noqa: S506 - it makes plain values alone
    except (OSError, UnicodeDecodeError) as unreadable:
        stop(f"the mapping {path} cannot be read: {unreadable}")
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        stop(f"{path}, line {line}: this is no YAML: {wrong.problem}")
    except ValidationError as invalid:
        error = invalid.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in error["loc"]) or "the document"
        stop(f"{path}, line {_line_of(node, error['loc'])}: {place}: {error['msg'].removeprefix('Value error, ')}")


def _line_of(node: yaml.Node | None, place: tuple[int | str, ...]) -> int:
    """Where in the document a place lies; the last line above it that is there."""
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
