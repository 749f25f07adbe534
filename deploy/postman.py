"""A collection of every call, for the tools with which operations teams try an API (Postman, Bruno, Insomnia).

Format: Postman Collection v2.1. Each call has the example that its document shows; addresses and tokens are variables.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.gateway.paths import service_of

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = {
    "base": "http://127.0.0.1:8000",
    "intake": "http://127.0.0.1:8001",
    "routing": "http://127.0.0.1:8002",
    "token": "",
    "tracking_code": "",
}
"""`intake`, `routing`: where their logs are, to which no gateway leads. `token`: what `ecoute token --role …` prints.
`tracking_code`: of a receipt."""

Document = Mapping[str, Any]


def collection(documents: Mapping[str, Document]) -> dict[str, Any]:
    """The calls of all services: a folder a service, in it a folder a tag."""
    return {
        "info": {"name": "Écoute", "schema": SCHEMA, "description": "Made from openapi/ by `make openapi`."},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": name, "value": value} for name, value in VARIABLES.items()],
        "item": [
            {"name": service, "item": list(_folders(service, document))} for service, document in documents.items()
        ],
    }


def _folders(service: str, document: Document) -> Iterator[dict[str, Any]]:
    for tag in document["tags"]:
        calls = [
            _call(service, document, path, method, operation)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if tag["name"] in operation["tags"]
        ]
        yield {"name": tag["name"], "description": tag["description"], "item": calls}


def _call(service: str, document: Document, path: str, method: str, operation: Document) -> dict[str, Any]:
    parameters = operation.get("parameters", [])
    base = "{{%s}}" % ("base" if service_of(path) else service)
    segments = [re.sub(r"\{(\w+)\}", r":\1", segment) for segment in path.strip("/").split("/")]
    request: dict[str, Any] = {
        "method": method.upper(),
        "description": operation["description"],
        "url": {
            "raw": "/".join([base, *segments]),
            "host": [base],
            "path": segments,
            "query": [_parameter(one) for one in parameters if one["in"] == "query"],
            "variable": [_parameter(one) for one in parameters if one["in"] == "path"],
        },
        "header": list(_headers(document, operation)),
    }
    if body := operation.get("requestBody"):
        request["body"] = _body(document, body["content"])
    if _is_open(operation) or _by_code(document, operation):
        request["auth"] = {"type": "noauth"}
    return {"name": operation["summary"], "request": request}


def _parameter(parameter: Document) -> dict[str, Any]:
    return {
        "key": parameter["name"],
        "value": _example(parameter),
        "description": parameter.get("description", ""),
        **({"disabled": True} if parameter["in"] == "query" and not parameter.get("required") else {}),
    }


def _headers(document: Document, operation: Document) -> Iterator[dict[str, Any]]:
    if _by_code(document, operation):
        yield {"key": "Tracking-Code", "value": "{{tracking_code}}"}
    for one in operation.get("parameters", []):
        if one["in"] == "header":
            key = {"key": one["name"], "description": one.get("description", "")}
            is_key = one["name"].lower() == "idempotency-key"
            yield {**key, "value": "{{$guid}}"} if is_key else {**key, "value": _example(one), "disabled": True}


def _is_open(operation: Document) -> bool:
    """An empty list of what is needed says that nothing is, and so does a way without anything."""
    ways = operation.get("security", [])
    return not ways or {} in ways


def _by_code(document: Document, operation: Document) -> bool:
    schemes = document["components"].get("securitySchemes", {})
    named = {name for one in operation.get("security", []) for name in one}
    return any(schemes[name].get("name") == "Tracking-Code" for name in named)


def _body(document: Document, content: Document) -> dict[str, Any]:
    kind, described = next(iter(content.items()))
    schema = _followed(document, described.get("schema", {}))
    example: Any = described.get("example") or next(iter(schema.get("examples", [])), {})
    if kind == "application/x-www-form-urlencoded":
        return {
            "mode": "urlencoded",
            "urlencoded": [{"key": key, "value": str(value)} for key, value in example.items()],
        }
    raw = json.dumps(example, indent=2, ensure_ascii=False)
    return {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}


def _followed(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _example(parameter: Document) -> str:
    schema = parameter.get("schema", {})
    found = parameter.get("example") or next(iter(schema.get("examples", [])), None) or schema.get("default")
    return "" if found is None else str(found)
