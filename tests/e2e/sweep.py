"""Looks everywhere where something can stay: tables, logs, events, metrics, answers that are errors."""

import asyncio
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.services import SERVICES
from libs.common.words import Held
from tests.e2e.bodies import Body, fill, spoiled
from tests.e2e.log import CASES, FEEDBACK, events_of
from tests.system import NAMES, System, in_a_thread
from tests.tables import fields_with

WRITES = ("post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """A call that writes, as its service's document has it."""

    service: str
    method: str
    path: str
    schema: dict[str, Any] | None
    document: dict[str, Any]


@dataclass
class Sweep:
    """Writes with marks in every field, keeps what was answered, and searches."""

    system: System
    words: dict[str, str]
    operations: dict[str, Operation] = field(default_factory=dict)
    marked: dict[str, set[str]] = field(default_factory=dict)
    """By operation, the fields that went through with a mark in them."""
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for service in SERVICES:
            document = self._document(service)
            for path, item in document["paths"].items():
                for method in WRITES:
                    if method in item:
                        body = item[method].get("requestBody", {}).get("content", {})
                        schema = body.get("application/json", {}).get("schema")
                        self.operations[item[method]["operationId"]] = Operation(
                            service, method, path, schema, document
                        )

    def write(
        self, name: str, who: dict[str, str], overrides: dict[str, Any] | None = None, /, **places: str
    ) -> dict[str, Any]:
        """Carry out an operation with every field filled, after having sent it in a form that is refused."""
        operation = self.operations[name]
        body = self._body(operation, overrides or {})
        self.refused(name, who, spoiled(body.value, self.words["name"]), **places)
        answer = self._send(operation, who, body.value, places)
        assert answer.is_success, (name, answer.status_code, answer.text)
        self.marked.setdefault(name, set()).update(body.marked)
        told: dict[str, Any] = answer.json() if answer.content else {}
        return told

    def refused(self, name: str, who: dict[str, str], body: Any, **places: str) -> None:
        answer = self._send(self.operations[name], who, body, places)
        assert 400 <= answer.status_code < 500, (name, answer.status_code)
        self.errors.append(f"{answer.text} {answer.headers}")

    def _body(self, operation: Operation, overrides: dict[str, Any]) -> Body:
        if operation.schema is None:
            return Body(None)
        return fill(operation.document, operation.schema, self.words, overrides)

    def _send(self, operation: Operation, who: dict[str, str], body: Any, places: dict[str, str]) -> httpx.Response:
        url = getattr(self.system, operation.service) + operation.path.format(**places)
        while True:
            answer = httpx.request(operation.method, url, json=body, headers=who, timeout=30)
            if answer.status_code != 503:  # it may be asked again, as any client does
                return answer
            time.sleep(0.5)

    def _document(self, service: str) -> dict[str, Any]:
        """As the service gives it, which makes it when it is first asked for."""
        return httpx.get(f"{getattr(self.system, service)}/openapi.json", timeout=30).json()

    def ask_everything(self, who: dict[str, str], mark: str) -> None:
        """Every call that reads, with the mark in every parameter that takes text."""
        for service in SERVICES:
            document = self._document(service)
            for path, item in document["paths"].items():
                asked = [one["name"] for one in item.get("get", {}).get("parameters", []) if one["in"] == "query"]
                if asked and "-events" not in path:
                    url = getattr(self.system, service) + re.sub(r"{\w+}", mark, path)
                    for name in asked:
                        answer = httpx.get(url, params={name: mark}, headers=who, timeout=30)
                        if answer.is_error:
                            self.errors.append(answer.text)

    def held(self, words: Iterable[Held], feedback_ids: Sequence[str]) -> set[str]:
        """The columns of words, of contact and of keys, at intake, that still hold something of these."""
        found: set[str] = set()

        async def look() -> None:
            connection = await asyncpg.connect(self.system.database_of("intake"))
            persons = await connection.fetch("SELECT person_id FROM feedback WHERE id = ANY($1::uuid[])", feedback_ids)
            whose = {"feedback": list(feedback_ids), "person": [str(row["person_id"]) for row in persons]}
            for one in words:
                for name in one.columns or (one.key,):
                    left = f"SELECT 1 FROM {one.table} WHERE {one.key} = ANY($1::uuid[]) AND {name} IS NOT NULL LIMIT 1"  # noqa: S608
                    if await connection.fetch(left, whose[one.whose]):
                        found.add(f"{one.table}.{name}")
            await connection.close()

        in_a_thread(lambda: asyncio.run(look()))
        return found

    # Where something may have stayed.

    def tables(self, pieces: Iterable[str]) -> dict[str, set[str]]:
        """By piece, every `service.table.column` that has it, as text or as bytes."""
        found: dict[str, set[str]] = {}
        in_a_thread(lambda: asyncio.run(self._look_into_tables(list(pieces), found)))
        return found

    async def _look_into_tables(self, pieces: list[str], found: dict[str, set[str]]) -> None:
        for service in SERVICES:
            connection = await asyncpg.connect(self.system.database_of(service))
            for piece, fields in (await fields_with(connection, pieces)).items():
                found.setdefault(piece, set()).update(f"{service}.{field}" for field in fields)
            await connection.close()

    def elsewhere(self, pieces: Sequence[str]) -> dict[str, set[str]]:
        """By piece, where else it is: a log, an event's data, metrics, an error that was answered."""
        texts = {f"log {path.name}": path.read_text(errors="replace") for path in self._logs()}
        for log in (FEEDBACK, CASES):
            texts[f"events {log}"] = str([{**one, "text": None} for one in events_of(self.system, log)])
        for name in NAMES:
            for kind in ("LISTEN", "WORKER_LISTEN"):
                address = self.system.environment[f"ECOUTE_{name}_{kind}"]
                texts[f"metrics {name} {kind}"] = httpx.get(f"http://{address}/metrics", timeout=30).text
        texts["errors"] = " ".join(self.errors)
        return {
            piece: where
            for piece in pieces
            if (where := {name for name, text in texts.items() if piece in text.lower()})
        }

    def words_of_events(self, pieces: Sequence[str]) -> dict[str, set[str]]:
        """By piece, the logs whose events have it in their words."""
        texts = {log: str([one.get("text") for one in events_of(self.system, log)]) for log in (FEEDBACK, CASES)}
        return {
            piece: where
            for piece in pieces
            if (where := {name for name, text in texts.items() if piece in text.lower()})
        }

    def _logs(self) -> list[Path]:
        """Of the six processes, and of the database server: the tests' one, one beside the system, or its own."""
        folder = self.system.folder
        servers = [
            *folder.parent.glob("postgresql*/data/log"),
            *folder.glob("postgresql/data/log"),
            *folder.glob("var/postgresql/log"),
        ]
        assert servers
        return [*folder.glob("var/log/*.log"), *servers]
