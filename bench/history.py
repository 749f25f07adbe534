"""A history of feedback and cases, as the two logs would tell it: what readers catch up on when they are measured.

Some hundred feedbacks a day, spread over services, points, topics, channels and teams as an organisation has them; of
three quarters a case is opened, assigned, acknowledged, answered and closed over the following days.
"""

import random
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from libs.common.stream.events import Event
from libs.common.stream.tables import SHARDS
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAssigned,
    CaseClosed,
    CaseOpened,
    CaseReplied,
    ClockEnd,
    ClockState,
    RuleDecided,
    case_id_of,
)
from libs.contracts.feedback import FeedbackEvaluated, FeedbackSubmitted, FeedbackVerbatimRedacted, Rating

SINCE = datetime(2026, 3, 2, 5, tzinfo=UTC)
WORDS = (
    "J’attends depuis trois semaines et personne ne répond ; au guichet on m’a dit que le dossier était complet. " * 6
)
REPLY = "Votre dossier a été traité ce matin ; le document part demain par courrier recommandé à votre adresse. " * 3
TEAM_NAMES = {code: {"fr": f"Équipe {code}", "en": f"Team {code}"} for code in "abcdefgh"}
PROMISED = {"standard": "complaints", "standard_version": 1}
COLUMNS = ("pos", "epoch", "shard", "prev", "id", "type", "subject", "version", "time", "recorded_at", "data", "text")


@dataclass(frozen=True, slots=True)
class Told:
    """An event before it has its place in a log."""

    subject: UUID
    version: int
    time: datetime
    event: Event


def history(feedbacks: int, days: int, since: datetime = SINCE) -> tuple[list[Told], list[Told]]:
    """Intake's log and routing's, each in order of time; the same at each run, but for when it begins."""
    chance = random.Random(6)  # noqa: S311 - nothing here is a secret
    intake: list[Told] = []
    routing: list[Told] = []
    for _ in range(feedbacks):
        of_feedback, of_case = _story(chance, since + timedelta(seconds=chance.randrange(days * 86_400)))
        intake += of_feedback
        routing += of_case
    return sorted(intake, key=lambda one: one.time), sorted(routing, key=lambda one: one.time)


async def write_log(url: str, told: Iterable[Told]) -> int:
    """Put the events into the log of a database, all at once; its head."""
    rows = list(_rows(told))
    shards = [0] * SHARDS
    for row in rows:
        shards[row[2]] = row[0]
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.copy_records_to_table("event_log", records=rows, columns=COLUMNS)
            await connection.execute("UPDATE event_head SET pos = $1, shards = $2", len(rows), shards)
            await connection.execute("SELECT pg_notify('event_log', $1)", str(len(rows)))
    finally:
        await connection.close()
    return len(rows)


def _rows(told: Iterable[Told]) -> Iterator[tuple[Any, ...]]:
    last = [0] * SHARDS
    for pos, one in enumerate(told, start=1):
        subject = str(one.subject)
        shard = zlib.crc32(subject.encode()) % SHARDS
        event = one.event
        about = (pos, 1, shard, last[shard], UUID(int=pos), event.type, subject, one.version, one.time, one.time)
        yield (*about, event.to_data(), event.to_text())
        last[shard] = pos


def _story(chance: random.Random, at: datetime) -> tuple[list[Told], list[Told]]:
    feedback_id = UUID(int=chance.getrandbits(128), version=4)
    kind = chance.choices(["complaint", "enquiry", "suggestion", "compliment", None], [50, 20, 10, 10, 10])[0]
    language = chance.choices(["fr", "en", "es"], [60, 36, 4])[0]
    said = {
        "reference": f"EC-{chance.getrandbits(32):08X}",
        "source": chance.choices(["web_form", "staff", "partner", "device"], [60, 20, 15, 5])[0],
        "submitted_at": at,
        "recorded_at": at,
        "channel": chance.choices(["web", "phone", "counter", "email", "app"], [45, 25, 15, 10, 5])[0],
        "touchpoint": chance.choice([None, *(f"touchpoint-{number}" for number in range(12))]),
        "kind": kind,
        "declared_kind": kind,
        "topic": chance.choice([None, *(f"topic-{number}" for number in range(15))]),
        "service": chance.choices([None, *(f"service-{number}" for number in range(12))], [1, *range(12, 0, -1)])[0],
        "service_point": chance.choice([None, *(f"office-{number}" for number in range(20))]),
        "phase": chance.choice([None, "apply", "wait", "receive"]),
        "has_text": True,
        "ratings": tuple(
            Rating(measure=measure, value=chance.randint(1, 5)) for measure in ("csat", "ease") if chance.random() < 0.6
        ),
        "respondent": chance.choices([None, "client", "former_client"], [30, 60, 10])[0],
        "reply_by": chance.choice(["tracking", "email"]),
    }
    submitted = FeedbackSubmitted.model_validate(said)
    redacted = FeedbackVerbatimRedacted(text=WORDS, language=language, language_confidence=0.98)
    intake = [
        Told(feedback_id, 1, at, submitted),
        Told(feedback_id, 2, at + timedelta(milliseconds=120), redacted),
    ]
    if kind not in ("complaint", "enquiry", None):
        return intake, []
    routing, replied_at = _case(chance, feedback_id, submitted)
    if chance.random() < 0.3:
        evaluated_at = replied_at + timedelta(hours=chance.randint(1, 90))
        solved = chance.choice(["yes", "yes", "partly", "no"])
        marks = (Rating(measure="csat", value=chance.randint(1, 5)),)
        said_of_it = FeedbackEvaluated.model_validate({"answer": 1, "solved": solved, "ratings": marks})
        intake.append(Told(feedback_id, 3, evaluated_at, said_of_it))
    return intake, routing


def _case(chance: random.Random, feedback_id: UUID, submitted: FeedbackSubmitted) -> tuple[list[Told], datetime]:
    """Opened, assigned at once by a rule, acknowledged, answered, closed; and when it was answered."""
    at, case_id, told = submitted.submitted_at, case_id_of(feedback_id), list[Told]()
    acknowledged_at = at + timedelta(minutes=chance.randint(20, 3 * 1440))
    replied_at = acknowledged_at + timedelta(minutes=chance.randint(60, 14 * 1440))
    closed_at = replied_at + timedelta(minutes=chance.randint(60, 10 * 1440))
    due = {"acknowledge": at + timedelta(days=2), "reply": at + timedelta(days=10)}
    clocks = tuple(
        ClockState.model_validate(
            {**PROMISED, "clock": clock, "starts": "submission", "started_at": at, "due_at": due_at}
        )
        for clock, due_at in due.items()
    )
    team = chance.choice([*TEAM_NAMES])

    def tell(kind: type[Event], state: str, when: datetime, team: str = team, **fields: Any) -> None:
        common = {name: getattr(submitted, name) for name in ("service", "service_point", "topic", "channel", "kind")}
        whose = {"feedback_id": feedback_id, "state": state, "team": team, "team_name": TEAM_NAMES[team]}
        event = kind.model_validate({**whose, **common, **fields})
        told.append(Told(case_id, len(told) + 1, when, event))

    def ended(clock: str, ended_at: datetime) -> tuple[ClockEnd, ...]:
        ran = {"clock": clock, "started_at": at, "due_at": due[clock], "ended_at": ended_at}
        seconds = int((ended_at - at).total_seconds())
        took = {"elapsed_seconds": seconds, "business_seconds": seconds // 3, "met": ended_at <= due[clock]}
        end = ClockEnd.model_validate({**PROMISED, **ran, **took})
        return (end,)

    def took(when: datetime) -> dict[str, Any]:
        seconds = int((when - at).total_seconds())
        return {"effective_at": when, "elapsed_seconds": seconds, "business_seconds": seconds // 3}

    opened_at = at + timedelta(milliseconds=60)
    tell(CaseOpened, "new", opened_at, team="a", submitted_at=at, clocks=clocks)
    tell(RuleDecided, "new", opened_at, team="a", rule_set_version=1, rule=2, chosen_team=team)
    tell(CaseAssigned, "assigned", opened_at, assigned_by="rule", clocks=clocks, **took(opened_at))
    tell(
        CaseAcknowledged,
        "acknowledged",
        acknowledged_at,
        ended=ended("acknowledge", acknowledged_at),
        **took(acknowledged_at),
    )
    tell(
        CaseReplied,
        "answered",
        replied_at,
        interim=False,
        answer=1,
        outcome="upheld",
        text=REPLY,
        ended=ended("reply", replied_at),
        **took(replied_at),
    )
    tell(CaseClosed, "closed", closed_at, effective_at=closed_at, outcome="upheld", because="time_passed")
    return told, replied_at
