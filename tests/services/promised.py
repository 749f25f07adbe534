"""What events say, and once said: a log of every event of the contract, as it was first promised."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.asyncapi import event_types
from libs.common.stream.events import Envelope
from libs.common.stream.tables import SHARDS

OPENAPI = Path(__file__).parents[2] / "openapi"
LOGS = {"intake": "feedback-events", "routing": "case-events"}
AT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
WORDS = "text"
_FIRST, _LAST = ("feedback.submitted", "case.opened"), ("person.erased",)

Schema = Mapping[str, Any]


def log_of(source: str) -> list[Envelope]:
    """The source's log: for one subject each event with the least that it may say, for another with all of it."""
    known = {kind.type: kind for kind in event_types(LOGS[source])}
    paths = [*OPENAPI.glob("events/*.json"), *OPENAPI.glob("frozen/events/*.json")]
    schemas = {path.stem: json.loads(path.read_text("utf-8")) for path in paths if path.stem in known}
    return [
        _line(pos, type_, subject, version, _sample(schema, schema, subject, in_full=in_full))
        for pos, (type_, schema, subject, version, in_full) in enumerate(_told(schemas), start=1)
    ]


def _told(schemas: Mapping[str, Schema]) -> Iterator[tuple[str, Schema, UUID, int, bool]]:
    for in_full in (False, True):
        for version, type_ in enumerate(sorted(schemas, key=_turn), start=1):
            yield type_, schemas[type_], UUID(int=1 + in_full), version, in_full


def _turn(type_: str) -> tuple[int, str]:
    name = type_.removeprefix("ca.ecoute.").removesuffix(".v1")
    return (0 if name in _FIRST else 2 if name in _LAST else 1), name


def _line(pos: int, type_: str, subject: UUID, version: int, said: dict[str, Any]) -> Envelope:
    return Envelope(
        pos=pos,
        prev=pos - 1,
        epoch=1,
        shard=0,
        id=UUID(int=(pos << 64)),
        type=type_,
        subject=str(subject),
        version=version,
        time=AT,
        recorded_at=AT,
        traceparent=None,
        data={name: value for name, value in said.items() if name != WORDS},
        text=said.get(WORDS),
    )


def _sample(schema: Schema, root: Schema, subject: UUID, *, in_full: bool) -> Any:
    """A value that the schema allows. Every UUID is the subject's: events name the feedback that they are about."""
    if "$ref" in schema or "anyOf" in schema:
        one = schema["anyOf"][0] if "anyOf" in schema else root["$defs"][schema["$ref"].rpartition("/")[2]]
        return _sample(one, root, subject, in_full=in_full)
    match schema.get("type"):
        case "object":
            names = schema.get("properties", {}) if in_full else schema.get("required", ())
            return {name: _sample(schema["properties"][name], root, subject, in_full=in_full) for name in names}
        case "array":
            return [_sample(schema["items"], root, subject, in_full=in_full)] if in_full else []
        case kind:
            return _plain(str(kind), schema, subject)


def _plain(kind: str, schema: Schema, subject: UUID) -> Any:
    if "enum" in schema or "const" in schema:
        return schema["enum"][0] if "enum" in schema else schema["const"]
    if kind == "string":
        by_format = {"uuid": str(subject), "date-time": AT.isoformat(), "date": AT.date().isoformat()}
        return by_format.get(schema.get("format", ""), "passports")
    return {"boolean": True, "integer": schema.get("minimum", 1), "number": 0.5}[kind]


EVERYWHERE = dict.fromkeys(range(SHARDS), 0)
"""Where a reader stands that has read nothing."""
