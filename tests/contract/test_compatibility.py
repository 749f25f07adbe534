"""The contract only grows: what an event once said, it says for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.compatibility import Schema, breaks

OPENAPI = Path(__file__).parents[2] / "openapi"
FROZEN = sorted((OPENAPI / "frozen" / "events").glob("*.json"))

TEXT, NUMBER, NOTHING = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def _event(properties: dict[str, Any], required: list[str] | None = None, **rest: Any) -> Schema:
    return {"type": "object", "properties": properties, "required": required or [], **rest}


GROWTH = {
    "nothing changed": (_event({"a": TEXT}), _event({"a": TEXT})),
    "an optional field more": (_event({"a": TEXT}), _event({"a": TEXT, "b": TEXT})),
    "what was required is optional": (_event({"a": TEXT}, ["a"]), _event({"a": TEXT})),
    "a value more": (
        _event({"a": {"type": "string", "enum": ["x"]}}),
        _event({"a": {"type": "string", "enum": ["x", "y"]}}),
    ),
    "may be nothing": (_event({"a": TEXT}), _event({"a": {"anyOf": [TEXT, NOTHING]}})),
    "a definition of another name": (
        _event({"a": {"$ref": "#/$defs/One"}}, **{"$defs": {"One": TEXT}}),
        _event({"a": {"$ref": "#/$defs/Other"}}, **{"$defs": {"Other": TEXT}}),
    ),
    "a bound wider": (_event({"a": {**NUMBER, "maximum": 5}}), _event({"a": {**NUMBER, "maximum": 10}})),
}
BREAKS = {
    "a field is gone": (_event({"a": TEXT, "b": TEXT}), _event({"a": TEXT}), "/b: is no longer there"),
    "a field is required": (_event({"a": TEXT}), _event({"a": TEXT, "b": TEXT}, ["b"]), "/b: is now required"),
    "another type": (_event({"a": TEXT}), _event({"a": NUMBER}), "/a: string has become integer"),
    "a value is gone": (
        _event({"a": {"type": "string", "enum": ["x", "y"]}}),
        _event({"a": {"type": "string", "enum": ["x"]}}),
        "/a: the value y is no longer known",
    ),
    "may no longer be nothing": (
        _event({"a": {"anyOf": [TEXT, NOTHING]}}),
        _event({"a": TEXT}),
        "/a: null has become string",
    ),
    "deep in a list": (
        _event({"a": {"type": "array", "items": _event({"b": TEXT})}}),
        _event({"a": {"type": "array", "items": _event({})}}),
        "/a/items/b: is no longer there",
    ),
    "a bound is tighter": (_event({"a": NUMBER}), _event({"a": {**NUMBER, "maximum": 5}}), "/a: maximum is tighter"),
    "a pattern is new": (
        _event({"a": TEXT}),
        _event({"a": {**TEXT, "pattern": "^x$"}}),
        "/a: the pattern is another one",
    ),
}


@pytest.mark.parametrize("name", GROWTH)
def test_growth_is_no_break(name: str) -> None:
    assert breaks(*GROWTH[name]) == []


@pytest.mark.parametrize("name", BREAKS)
def test_every_kind_of_break_is_found(name: str) -> None:
    before, after, said = BREAKS[name]
    assert breaks(before, after) == [said]


def test_every_event_was_promised_once() -> None:
    assert len(FROZEN) > 30


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda path: path.stem)
def test_an_event_reads_all_that_was_ever_written_of_it(frozen: Path) -> None:
    current = OPENAPI / "events" / frozen.name
    assert current.exists(), "an event of the contract is gone"
    assert breaks(json.loads(frozen.read_text("utf-8")), json.loads(current.read_text("utf-8"))) == []
