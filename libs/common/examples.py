"""What a document shows of a schema: whole examples, in the class that they are of."""

import json
from typing import Any

from pydantic import ConfigDict

_SHOWN: dict[str, dict[str, Any]] = {}


def shown(*examples: dict[str, Any]) -> ConfigDict:
    """The schema with these examples: `model_config = shown({…})`."""
    _SHOWN.update((_but_for_nulls(one), one) for one in examples)
    return ConfigDict(json_schema_extra={"examples": list(examples)})


def give_back_nulls(document: dict[str, Any]) -> None:
    """FastAPI takes every null out of a document, those of examples too, which say that a field can be null."""
    for schema in document["components"]["schemas"].values():
        if "examples" in schema:
            schema["examples"] = [_SHOWN.get(_but_for_nulls(one), one) for one in schema["examples"]]


def _but_for_nulls(example: dict[str, Any]) -> str:
    return json.dumps(_without_nulls(example), sort_keys=True)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(one) for name, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value
