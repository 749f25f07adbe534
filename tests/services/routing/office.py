"""Routing as the tests use it: fed with feedback events, worked over its API, looked at in its database."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import orjson
from fastapi import FastAPI
from sqlalchemy import text

from deploy.documents import event_types
from libs.common.auth.development import DevelopmentIssuer
from libs.common.db import Database
from libs.common.stream.events import Event, Received
from libs.contracts.cases import RuleDecided, case_id_of
from libs.contracts.feedback import FeedbackSubmitted
from libs.contracts.references import new_reference
from services.routing.handlers import on_feedback
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.organisation.service import publish

TORONTO = ZoneInfo("America/Toronto")
_versions = itertools.count(1)
EVENTS: dict[str, type[Event]] = {kind.type: kind for kind in event_types()}

WORKDAY = ["08:30-12:00", "13:00-16:30"]
ORGANISATION: dict[str, Any] = {
    "teams": [
        {"code": "first-line", "name": {"fr": "Accueil", "en": "Front desk"}},
        {"code": "passports", "name": {"fr": "Passeports", "en": "Passports"}, "contact": {"phone": "1-800-555-0101"}},
        {"code": "letters", "name": {"fr": "Courrier", "en": "Letters"}},
        {"code": "access", "name": {"fr": "Accessibilité", "en": "Accessibility"}},
        {"code": "complaints-office", "name": {"fr": "Bureau des plaintes", "en": "Complaints"}, "restricted": True},
    ],
    "calendar": {
        "time_zone": "America/Toronto",
        "weekly_hours": dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), WORKDAY),
        "holidays": {"country": "CA", "subdivision": "QC", "categories": ["public", "optional"]},
    },
    "standards": [
        {
            "code": "complaints",
            "name": {"fr": "Plaintes", "en": "Complaints"},
            "when": {"kind": ["complaint"]},
            "clocks": [
                {"clock": "acknowledge", "within": {"business_days": 2}},
                {"clock": "reply", "within": {"business_days": 15}},
            ],
        },
        {
            "code": "requests",
            "name": {"fr": "Demandes", "en": "Requests"},
            "when": {"kind": ["service_request"]},
            "clocks": [{"clock": "reply", "within": {"calendar_days": 30}}],
        },
        {
            "code": "enquiries",
            "name": {"fr": "Questions", "en": "Enquiries"},
            "when": {"kind": ["enquiry"]},
            "clocks": [
                {"clock": "acknowledge", "within": {"business_days": 1}},
                {"clock": "reply", "within": {"business_days": 3}, "starts": "assignment"},
            ],
        },
    ],
    "rules": [
        {"when": {"service": ["passports"]}, "team": "passports"},
        {"when": {"kind": ["suggestion"], "topic": ["accessibility"]}, "team": "access", "opens_case": True},
        {"when": {"channel": ["letter"]}, "team": "letters"},
        {"team": "first-line"},
    ],
}


def local(moment: str) -> datetime:
    """An instant from what the clock shows in Toronto."""
    return datetime.fromisoformat(moment).replace(tzinfo=TORONTO).astimezone(UTC)


def utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def received(event: Event, subject: UUID | None = None, version: int | None = None) -> Received[Any]:
    """An event as the reader hands it over; a later version than any before, unless one is given."""
    at = getattr(event, "recorded_at", None) or datetime.now(UTC)
    return Received(uuid4(), 1, subject or uuid4(), version or next(_versions), at, at, event)


def submitted(at: datetime, **fields: Any) -> Received[FeedbackSubmitted]:
    """A feedback that was taken in at that moment."""
    said = {
        "reference": new_reference(),
        "source": "web_form",
        "channel": "web",
        "submitted_at": at,
        "recorded_at": at,
        **fields,
    }
    return received(FeedbackSubmitted.model_validate(said))


@dataclass(frozen=True)
class Routing:
    """The running application, a client without a token, and its database."""

    app: FastAPI
    http: httpx.AsyncClient

    @property
    def database(self) -> Database:
        database: Database = self.app.state.database
        return database

    def at(self, moment: datetime) -> None:
        """Set the application's clock."""
        self.app.state.clock = lambda: moment

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

    async def publish(self, document: dict[str, Any], now: datetime) -> None:
        async with self.database.transaction() as session:
            await publish(session, OrganisationDocument.model_validate(document), now)

    async def hear(self, *events: Received[Any]) -> None:
        """A slice of intake's log, through the real handler."""
        async with self.database.transaction() as session:
            await on_feedback(session, events)

    async def open(self, at: datetime, **fields: Any) -> dict[str, Any]:
        """The case that a feedback opens."""
        feedback = submitted(at, **fields)
        await self.hear(feedback)
        return await self.see(case_id_of(feedback.subject))

    async def see(self, case_id: Any) -> dict[str, Any]:
        answer = await self.http.get(f"/v1/cases/{case_id}", headers=self.staff("reviewer"))
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case

    async def do(
        self, case: dict[str, Any], verb: str, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        """A verb, by a supervisor of every team unless somebody else is named."""
        who = headers or self.staff("supervisor", teams=[team["code"] for team in ORGANISATION["teams"]])
        return await self.http.post(f"/v1/cases/{case['id']}/{verb}", json=body, headers=who)

    async def done(self, case: dict[str, Any], verb: str, **body: Any) -> dict[str, Any]:
        """The case after a verb that is allowed."""
        answer = await self.do(case, verb, **body)
        assert answer.status_code == 200, answer.text
        after: dict[str, Any] = answer.json()
        return after

    async def timeline(self, case: dict[str, Any]) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/v1/cases/{case['id']}/timeline", headers=self.staff("reviewer"))
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def events(self, case: dict[str, Any]) -> list[tuple[int, datetime, Any]]:
        """Version, time and payload of a case's events but `rule.decided`, read as their contract's classes."""
        told = await self.told(case["id"])
        assert [version for version, *_ in told] == list(range(1, len(told) + 1))
        return [one for one in told if not isinstance(one[2], RuleDecided)]

    async def told(self, subject: Any) -> list[tuple[int, datetime, Any]]:
        """Version, time and payload of every event of a subject."""
        return [
            (row.version, row.time, EVENTS[row.type].parse(orjson.loads(row.data), row.text))
            for row in await self.rows("SELECT * FROM event_pending WHERE subject = :id ORDER BY seq", id=str(subject))
        ]

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.connection() as connection:
            return list((await connection.execute(text(statement), values)).all())


def clock(case: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in case["clocks"] if one["clock"] == name)
    return found


def due(case: dict[str, Any], name: str) -> datetime | None:
    moment = clock(case, name)["due_at"]
    return datetime.fromisoformat(moment) if moment else None
