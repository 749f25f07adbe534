"""Bodies made from the OpenAPI documents, with marks in every field that takes words of anybody's choice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
OMIT = object()
"""In the place of a value: leave the field out."""


@dataclass
class Body:
    """A body, and the fields of it that hold marks: `person/name`, `ratings/0/…`."""

    value: Json
    marked: set[str] = field(default_factory=set)


def fill(document: Json, schema: Json, words: Mapping[str, str], overrides: Mapping[str, Any]) -> Body:
    """Every optional field too. `words` by the name of a field, `""` for any other; overrides by path."""
    marked: set[str] = set()
    value = _value(document, schema, "", words, overrides, marked)
    return Body({} if value is OMIT else value, marked)


def fields_for_words(document: Json, schema: Json) -> set[str]:
    """Where a body takes text that is no code, no date and no id."""
    return {path for path, one in _leaves(document, schema, "") if _takes_words(one)}


def _takes_words(schema: Json) -> bool:
    is_text = schema.get("type") == "string"
    return is_text and not {"enum", "const", "pattern"} & schema.keys() and schema.get("format") in (None, "email")


def _value(
    document: Json, schema: Json, path: str, words: Mapping[str, str], overrides: Mapping[str, Any], marked: set[str]
) -> Json:
    schema = _resolved(document, schema)
    if path in overrides:
        if isinstance(overrides[path], str) and _takes_words(schema):
            marked.add(path)
        return overrides[path]
    if _takes_words(schema):
        marked.add(path)
        return words.get(path.rpartition("/")[2], words[""])
    if "properties" in schema:
        pairs = {
            name: _value(document, one, f"{path}/{name}".strip("/"), words, overrides, marked)
            for name, one in schema["properties"].items()
        }
        return {name: value for name, value in pairs.items() if value is not OMIT}
    if schema.get("type") == "array":
        item = _value(document, schema["items"], f"{path}/0", words, overrides, marked)
        return OMIT if item is OMIT else [item]
    return schema.get("const", schema.get("enum", [schema.get("default", OMIT)])[0])


def _leaves(document: Json, schema: Json, path: str) -> Iterator[tuple[str, Json]]:
    schema = _resolved(document, schema)
    if "properties" in schema:
        for name, one in schema["properties"].items():
            yield from _leaves(document, one, f"{path}/{name}".strip("/"))
    elif schema.get("type") == "array":
        yield from _leaves(document, schema["items"], f"{path}/0")
    else:
        yield path, schema


def _resolved(document: Json, schema: Json) -> Json:
    """Without references and without the choice of null; of several kinds, the first."""
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema or "oneOf" in schema:
            kinds = schema.get("anyOf") or schema["oneOf"]
            schema = next(one for one in kinds if one.get("type") != "null")
        else:
            return schema


def spoiled(value: Json, mark: str) -> Json:
    """The same with every text where none is expected, and a field that nobody knows, named and filled by the mark."""
    if isinstance(value, dict):
        return {name: spoiled(one, mark) for name, one in value.items()} | {mark: mark}
    if isinstance(value, list):
        return [spoiled(one, mark) for one in value] + [mark]
    return {mark: value} if isinstance(value, str) else mark
