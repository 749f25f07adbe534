"""Cases over the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from libs.common.examples import shown
from libs.common.wire import DATED, Wire
from libs.contracts.codes import (
    CaseState,
    Channel,
    ClockName,
    Kind,
    Outcome,
    Priority,
    ResumedBy,
    Solved,
    Starts,
    WaitingFor,
)
from services.routing.standards.schemas import Within
from services.routing.teams.schemas import TeamName

Verb = Literal[
    "assign",
    "classify",
    "transfer",
    "refer",
    "decline",
    "acknowledge",
    "ask",
    "suspend",
    "extend",
    "escalate",
    "note",
    "reply",
    "resume",
    "reopen",
    "close",
    "link",
]

FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 1, 1, tzinfo=UTC)

Instant = Annotated[
    AwareDatetime,
    Field(ge=FIRST_MOMENT, le=LAST_MOMENT),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    DATED,
]
"""A moment that can be kept, in UTC whatever it was written in."""

CaseId = Annotated[UUID, Path(description="of the case: made of the feedback's, so that it is the same for ever")]

Task = Literal[
    "read_message",
    "answer_asked",
    "wait_over",
    "not_solved",
    "reply_undelivered",
    "deliver_reply",
    "bring_question",
    "bring_extension",
    "bring_apology",
    "bring_transfer",
    "alert_undelivered",
]
"""A message of the person; their answer to a question; a wait that ended by itself; an answer that did not solve it; a
reply that did not reach them; a reply, a question, a new date, an apology for a late answer or the name of another team
that staff must bring by telephone or letter: a note, say, that they were told, ends those four; and mail to the team
about something urgent that reached nobody."""


class ClockOut(BaseModel):
    """A clock: `met` is null while it runs, and `due_at` until it has started."""

    clock: ClockName
    standard: str
    standard_version: int
    starts: Starts
    within: Within = Field(description="what was promised; where there are business days, by `calendar`")
    calendar: str
    started_at: datetime | None
    due_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: int | None
    business_seconds: int | None
    met: bool | None
    late_entry: bool = Field(description="its end was written down more than one business day after it was")
    suspended_seconds: int = Field(
        description="by how much suspensions have moved the due moment, in open time for business days, else elapsed"
    )
    extended: bool
    cancelled_at: datetime | None = Field(description="it is not owed any more")


class TaskOut(BaseModel):
    """What is to be done, besides the next verb."""

    task: Task
    since: datetime


class Waiting(BaseModel):
    """For whom the case waits, and until when; then it goes on by itself."""

    model_config = ConfigDict(populate_by_name=True)

    waiting_for: WaitingFor = Field(alias="for")
    until: datetime


class SuspensionOut(BaseModel):
    """A span in which the case waited: the ledger that moved due moments are computed from."""

    model_config = ConfigDict(populate_by_name=True)

    waiting_for: WaitingFor = Field(alias="for")
    reason: str
    from_at: datetime = Field(alias="from")
    until_at: datetime = Field(alias="until", description="as it was foreseen")
    ended_at: datetime | None = Field(description="as it was; null while the case waits")
    resumed_by: ResumedBy | None


_CASE = {
    "id": "ce60775e-905e-5144-ad9f-ba1c04124770",
    "feedback_id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50",
    "reference": "EC-7K4Q-28M1",
    "external_reference": None,
    "version": 3,
    "state": "acknowledged",
    "waiting": None,
    "tasks": [{"task": "read_message", "since": "2026-11-27T08:12:01Z"}],
    "priority": "normal",
    "verbs": [
        "assign",
        "classify",
        "transfer",
        "refer",
        "decline",
        "ask",
        "suspend",
        "extend",
        "escalate",
        "note",
        "reply",
        "link",
    ],
    "team": {"code": "passports", "name": {"fr": "Équipe des passeports", "en": "Passport team"}},
    "member": "zoe",
    "kind": "complaint",
    "service": "passport-renewal",
    "service_point": None,
    "topic": "waiting-time",
    "channel": "web",
    "language": "fr",
    "historical": False,
    "submitted_at": "2026-11-23T14:05:00Z",
    "opened_at": "2026-11-23T14:05:01Z",
    "next_due_at": "2026-12-14T21:30:00Z",
    "answered_at": None,
    "final_replies": 0,
    "outcome": None,
    "remedy": None,
    "reopened_count": 0,
    "reopen_until": None,
    "solved": None,
    "erased_at": None,
    "clocks": [
        {
            "clock": "acknowledge",
            "standard": "complaints",
            "standard_version": 1,
            "starts": "submission",
            "within": {"business_days": 2},
            "calendar": "default",
            "started_at": "2026-11-23T14:05:00Z",
            "due_at": "2026-11-25T21:30:00Z",
            "ended_at": "2026-11-24T13:40:00Z",
            "elapsed_seconds": 84900,
            "business_seconds": 15900,
            "met": True,
            "late_entry": False,
            "suspended_seconds": 0,
            "extended": False,
            "cancelled_at": None,
        },
        {
            "clock": "reply",
            "standard": "complaints",
            "standard_version": 1,
            "starts": "submission",
            "within": {"business_days": 15},
            "calendar": "default",
            "started_at": "2026-11-23T14:05:00Z",
            "due_at": "2026-12-14T21:30:00Z",
            "ended_at": None,
            "elapsed_seconds": None,
            "business_seconds": None,
            "met": None,
            "late_entry": False,
            "suspended_seconds": 0,
            "extended": False,
            "cancelled_at": None,
        },
    ],
}
"""The case that the documents show."""


class CaseSummary(BaseModel):
    """A case without words."""

    model_config = shown(_CASE)

    id: UUID
    feedback_id: UUID
    reference: str
    external_reference: str | None
    version: int = Field(description="the `ETag` of the case; rises with what staff do, and with what the person says")
    state: CaseState
    waiting: Waiting | None
    tasks: list[TaskOut]
    priority: Priority
    verbs: list[Verb] = Field(description="what can be done in this state")
    team: TeamName
    member: str | None = Field(description="the `sub` of who has it; null for who only sent it")
    kind: Kind | None
    service: str | None
    service_point: str | None
    topic: str | None
    channel: Channel
    language: str | None
    historical: bool
    submitted_at: datetime
    opened_at: datetime
    next_due_at: datetime | None = Field(description="the earliest moment that a clock can fall due; it may be over")
    answered_at: datetime | None
    final_replies: int = Field(description="how many were given")
    outcome: Outcome | None
    remedy: str | None
    reopened_count: int
    reopen_until: datetime | None = Field(description="until when the person can come back, once it is closed")
    solved: Solved | None = Field(description="said by the person alone")
    erased_at: datetime | None = Field(description="when all that was said was erased, as the person asked")
    clocks: list[ClockOut]


class CaseOut(CaseSummary):
    """A case with the person's words, redacted. The words as they were, and the contact, are at intake."""

    model_config = shown(
        {
            **_CASE,
            "suspensions": [],
            "linked": [],
            "hidden_from": [],
            "verbatim": "Trois semaines, et toujours aucune nouvelle de mon passeport.",
        }
    )

    suspensions: list[SuspensionOut]
    linked: list[UUID] = Field(description="cases that belong together with it")
    hidden_from: list[str] = Field(description="teams complained about: they never see the case")
    verbatim: str | None = Field(
        description="null until redaction is done, where there were no words, once erased, and for who only sent it"
    )


class Counts(BaseModel):
    """Of all cases that you may see and the filters hold for, except `state`, `open`, `due`, `clock` and `task`."""

    by_state: dict[CaseState, int]
    by_task: dict[Task, int]
    overdue: int
    due_today: int
    urgent: int


class Cases(BaseModel):
    model_config = shown(
        {
            "items": [_CASE],
            "counts": {
                "by_state": {"new": 0, "assigned": 4, "acknowledged": 11, "waiting": 2, "answered": 31, "closed": 208},
                "by_task": {"read_message": 3},
                "overdue": 1,
                "due_today": 2,
                "urgent": 0,
            },
        }
    )

    items: list[CaseSummary]
    counts: Counts | None = Field(None, description="with the first page")


class TimelineLine(BaseModel):
    place: int
    verb: str
    by: str = Field(
        description="`sub` of staff; of a partner's tool its code and agent; `rule`, `timer`, `intake`, `person` or "
        "`submitter`. To who sees the case for having sent it: `staff`"
    )
    effective_at: datetime
    recorded_at: datetime
    details: dict[str, str | int | bool | None]
    note: str | None
    late_entry_reason: str | None
    text: str | None


class Timeline(BaseModel):
    model_config = shown(
        {
            "items": [
                {
                    "place": 4,
                    "verb": "reply",
                    "by": "zoe",
                    "effective_at": "2026-12-01T15:20:00Z",
                    "recorded_at": "2026-12-01T15:20:03Z",
                    "details": {"outcome": "upheld", "interim": False, "answer": 1},
                    "note": None,
                    "late_entry_reason": None,
                    "text": "Votre passeport part demain.",
                }
            ]
        }
    )

    items: list[TimelineLine]


class OpenCase(Wire):
    """Of which feedback."""

    model_config = shown({"feedback_id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50"})

    feedback_id: UUID


class OpenedCase(BaseModel):
    """The case that is open now; the team that the rules chose sees it."""

    id: UUID
    feedback_id: UUID
