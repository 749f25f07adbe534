"""The documents that are made from the code: OpenAPI of each service, JSON Schemas of each event."""

import json
import os
import tempfile
from importlib import import_module
from inspect import isclass
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI

from libs.common.stream.events import Event
from libs.contracts import cases, feedback

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
        for module in (feedback, cases)
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
    upper = service.upper()
    os.environ.setdefault(f"ECOUTE_{upper}_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    os.environ.setdefault(f"ECOUTE_{upper}_SECRET", "x" * 32)
    os.environ.setdefault("ECOUTE_INTAKE_MASTER_KEY", "A" * 43 + "=")
    os.environ.setdefault("ECOUTE_DEVELOPMENT_ISSUER", tempfile.mkdtemp())
    application: FastAPI = import_module(f"services.{service}.main").app
    return application
