"""Intake as the tests use it: over its API, and by looking into its database."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import orjson
from fastapi import FastAPI
from sqlalchemy import text

from libs.common.auth.development import DevelopmentIssuer
from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.stream.events import Received
from libs.contracts.cases import CaseEvent, case_id_of
from services.intake.handlers import handlers
from services.intake.messages.redaction import tell_messages
from services.intake.persons.keys import MasterKey
from services.intake.verbatims.in_time import AT_MOST_SECONDS
from services.intake.verbatims.service import redact_some

COMPLAINT = {"channel": "web", "kind": "complaint", "text": "Toujours rien."}
TEAM = {"team": "passports", "team_name": {"fr": "Équipe des passeports", "en": "Passport team"}}


@dataclass(frozen=True)
class Intake:
    """The running application, a client without a token, and its database."""

    app: FastAPI
    http: httpx.AsyncClient

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    @property
    def master_key(self) -> MasterKey:
        return MasterKey(self.app.state.settings.master_key.get_secret_value())

    def staff(self, *roles: str, teams: Iterable[str] = (), subject: str = "tester") -> dict[str, str]:
        """The header of somebody with the given roles."""
        settings = self.app.state.settings
        signed = DevelopmentIssuer(settings.development_issuer).sign(
            subject=subject,
            roles=roles,
            teams=teams,
            issuer=settings.token_issuer,
            audience=settings.token_audience,
        )
        return {"Authorization": f"Bearer {signed}"}

    async def key(self, code: str, *scopes: str, kind: str = "partner", **fields: Any) -> dict[str, str]:
        """The header of a partner, or of a device, that is made now where it is not there, with a key of its own."""
        admin = self.staff("admin")
        body = {"name": {"fr": code, "en": code}, "scopes": scopes or ["feedback:write"], **fields}
        await self.http.put(f"/v1/{kind}s/{code}", json=body, headers=admin)
        answer = await self.http.post(f"/v1/{kind}s/{code}/keys", json={}, headers=admin)
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['key']}"}

    async def submit(self, body: dict[str, Any] = COMPLAINT, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """The receipt of a feedback that is taken in."""
        answer = await self.http.post("/v1/feedback", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return list((await connection.execute(text(statement), values)).all())

    async def count(self, statement: str, **values: Any) -> int:
        return int((await self.rows(f"SELECT count(*) FROM {statement}", **values))[0][0])  # noqa: S608 - our own

    async def events(self, feedback_id: str) -> list[Any]:
        """The events of a feedback, as they wait for the sequencer; `data` is read."""
        rows = await self.rows("SELECT * FROM event_pending WHERE subject = :id ORDER BY seq", id=feedback_id)
        return [{**row._mapping, "data": orjson.loads(row.data)} for row in rows]

    async def hear(self, *events: Received[Any]) -> None:
        """A slice of routing's log, through the real handler."""
        fold = handlers(self.master_key, ZoneInfo("America/Toronto")).handled[type(events[0].event)]
        async with self.database.transaction() as session:
            await fold(session, events)

    async def tell_messages(self, seconds: float = AT_MOST_SECONDS) -> int:
        async with self.database.transaction() as session:
            return await tell_messages(session, self.master_key, set(), seconds)

    async def redact(self, seconds: float = AT_MOST_SECONDS) -> int:
        async with self.database.transaction() as session:
            return await redact_some(session, self.master_key, set(), seconds)


def told(event_type: type[CaseEvent], feedback_id: str, version: int, **fields: Any) -> Received[CaseEvent]:
    """An event of routing's about a feedback's case."""
    now = utc_now()
    event = event_type.model_validate({"feedback_id": feedback_id, "channel": "web", **TEAM, **fields})
    return Received(
        id=uuid4(),
        pos=version,
        subject=case_id_of(UUID(feedback_id)),
        version=version,
        time=now,
        recorded_at=now,
        event=event,
    )
