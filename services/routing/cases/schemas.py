"""Cases over the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from libs.common.wire import Wire
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
    AwareDatetime, Field(ge=FIRST_MOMENT, le=LAST_MOMENT), AfterValidator(lambda moment: moment.astimezone(UTC))
]
"""A moment that can be kept, in UTC whatever it was written in."""

CaseId = Annotated[UUID, Path(description="of the case: made of the feedback's, so that it is the same for ever")]

Task = Literal["read_message", "answer_asked", "wait_over", "not_solved", "reply_undelivered", "deliver_reply"]
"""A message of the person; their answer to a question; a wait that ended by itself; an answer that did not solve it; a
reply that did not reach them; a reply that staff must bring, by telephone or letter."""


class ClockOut(BaseModel):
    """A clock: `met` is null while it runs, and `due_at` until it has started."""

    clock: ClockName
    standard: str
    standard_version: int
    starts: Starts
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

    waiting_for: WaitingFor = Field(serialization_alias="for")
    until: datetime


class SuspensionOut(BaseModel):
    """A span in which the case waited: the ledger that moved due moments are computed from."""

    waiting_for: WaitingFor = Field(serialization_alias="for")
    reason: str
    from_at: datetime = Field(serialization_alias="from")
    until_at: datetime = Field(serialization_alias="until", description="as it was foreseen")
    ended_at: datetime | None = Field(description="as it was; null while the case waits")
    resumed_by: ResumedBy | None


class CaseSummary(BaseModel):
    """A case without words."""

    id: UUID
    feedback_id: UUID
    reference: str
    external_reference: str | None
    version: int = Field(description="the `ETag` of the case")
    state: CaseState
    waiting: Waiting | None
    tasks: list[TaskOut]
    priority: Priority
    verbs: list[Verb] = Field(description="what can be done in this state")
    team: TeamName
    member: str | None
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

    suspensions: list[SuspensionOut]
    linked: list[UUID] = Field(description="cases that belong together with it")
    hidden_from: list[str] = Field(description="teams complained about: they never see the case")
    verbatim: str | None = Field(description="null until redaction is done, where there were no words, or once erased")


class Counts(BaseModel):
    """Of all cases that you may see and the filters hold for, except `state`, `due`, `clock` and `task`."""

    by_state: dict[CaseState, int]
    by_task: dict[Task, int]
    overdue: int
    due_today: int
    urgent: int


class Cases(BaseModel):
    items: list[CaseSummary]
    counts: Counts | None = Field(None, description="with the first page")


class TimelineLine(BaseModel):
    place: int
    verb: str
    by: str
    effective_at: datetime
    recorded_at: datetime
    details: dict[str, str | int | bool | None]
    note: str | None
    late_entry_reason: str | None
    text: str | None


class Timeline(BaseModel):
    items: list[TimelineLine]


class OpenCase(Wire):
    """Of which feedback."""

    feedback_id: UUID


class OpenedCase(BaseModel):
    """The case that is open now; the team that the rules chose sees it."""

    id: UUID
    feedback_id: UUID
