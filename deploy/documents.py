"""The documents that are made from the code: OpenAPI of each service, AsyncAPI, a JSON Schema of each event."""

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import yaml
from fastapi import FastAPI

from deploy.asyncapi import asyncapi, event_types
from deploy.postman import collection
from deploy.services import SERVICES
from libs.common.problems import Problem
from libs.common.settings import environment_as
from libs.common.stream.events import Event


def documents() -> dict[str, str]:
    """Each document's text, by the path that it has below `openapi/`."""
    described: dict[str, dict[str, Any]] = {service: application(service).openapi() for service in SERVICES}
    made = {f"{service}.yaml": _yaml(document) for service, document in described.items()}
    made["postman.json"] = json.dumps(collection(described), indent=1, ensure_ascii=False) + "\n"
    made["problems.md"] = _problems()
    made["asyncapi.yaml"] = _yaml(asyncapi())
    for event in event_types():
        made[f"events/{event.type}.json"] = json.dumps(_schema(event), indent=2, ensure_ascii=False) + "\n"
    return made


def write_documents(folder: Path) -> None:
    """Write every document, and take away those of events that are no more."""
    made = documents()
    for path in folder.glob("events/*.json"):
        if f"events/{path.name}" not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def _problems() -> str:
    """Every type of problem, once all applications are known."""
    lines = [
        "# Problems",
        "",
        "Every error is an RFC 9457 problem document. `type` is stable: build on it. `title` is in French or English,",
        "by `Accept-Language`; `errors` names the fields; `request_id` is what to quote when you ask for help.",
        "",
        "| type | status | English | français |",
        "| --- | --- | --- | --- |",
    ]
    for kind in sorted(_kinds(Problem), key=lambda kind: (kind.type, kind.__module__)):
        lines.append(f"| `{kind.type}` | {kind.status} | {kind.title('en')} | {kind.title('fr')} |")
    return "\n".join(lines) + "\n"


def _kinds(kind: type[Problem]) -> set[type[Problem]]:
    return {one for below in kind.__subclasses__() for one in (below, *_kinds(below))}


def _schema(event: type[Event]) -> dict[str, Any]:
    schema = event.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{event.type}", **schema}


def _yaml(document: dict[str, Any]) -> str:
    plain = json.loads(json.dumps(document))
    written: str = yaml.dump(plain, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
    return written


def application(service: str, process: Literal["main", "worker"] = "main") -> FastAPI:
    """An application as it is, with settings that are enough to look at it."""
    prefix = f"ECOUTE_{service.upper()}"
    given = {
        f"{prefix}_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        f"{prefix}_SECRET": "x" * 32,
        "ECOUTE_JWKS_URL": "http://127.0.0.1:1/jwks.json",
        "ECOUTE_SERVICE_TOKEN": "nobody's",
    }
    if service == "intake":
        given["ECOUTE_INTAKE_MASTER_KEY"] = "A" * 43 + "="
        given["ECOUTE_INTAKE_ERASURE_LEDGER"] = os.devnull
    with environment_as(given):
        application: FastAPI = import_module(f"services.{service}.{process}").app
    return application
