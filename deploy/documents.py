"""The documents that are made from the code: OpenAPI of each service, JSON Schemas of each event."""

import json
from importlib import import_module
from inspect import isclass
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI

from libs.common.settings import environment_as
from libs.common.stream.events import Event
from libs.contracts import cases, catalogue, feedback, interactions, organisation

SERVICES = ("intake", "routing", "analytics")


def documents() -> dict[str, str]:
    """Each document's text, by the path that it has below `openapi/`."""
    made = {f"{service}.yaml": _yaml(_application(service).openapi()) for service in SERVICES}
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


def event_types() -> list[type[Event]]:
    """Every event of the contract, by type."""
    found = {
        one.type: one
        for module in (feedback, interactions, catalogue, cases, organisation)
        for one in vars(module).values()
        if isclass(one) and issubclass(one, Event) and "type" in vars(one)
    }
    return [found[name] for name in sorted(found)]


def _schema(event: type[Event]) -> dict[str, Any]:
    schema = event.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{event.type}", **schema}


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False, allow_unicode=True, width=120)


def _application(service: str) -> FastAPI:
    """The application as it is, with settings that are enough to look at it."""
    prefix = f"ECOUTE_{service.upper()}"
    given = {
        f"{prefix}_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        f"{prefix}_SECRET": "x" * 32,
        "ECOUTE_JWKS_URL": "http://127.0.0.1:1/jwks.json",
    }
    if service == "intake":
        given["ECOUTE_INTAKE_MASTER_KEY"] = "A" * 43 + "="
    with environment_as(given):
        application: FastAPI = import_module(f"services.{service}.main").app
    return application
