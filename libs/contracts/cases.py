"""What routing tells: events of subject case."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from libs.common.languages import Bilingual
from libs.common.stream.events import Event
from libs.contracts.codes import AssignedBy, CaseState, Channel, ClockName, Kind, Outcome, Starts

_CASES = UUID("5f1d2a56-7a0c-5d0e-9c38-9a2f4c1b7e11")


def case_id_of(feedback_id: UUID) -> UUID:
    """The id of a feedback's case: uuid5 of the feedback's, so that everyone knows it beforehand."""
    return uuid5(_CASES, str(feedback_id))


class ClockState(BaseModel):
    """A clock as it now stands. `starts: assignment` has no moments until the first assignment."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    clock: ClockName
    standard: str
    standard_version: int
    starts: Starts
    started_at: datetime | None = None
    due_at: datetime | None = None


class ClockEnd(BaseModel):
    """A clock that has ended. `met` is `ended_at ≤ due_at`, both as they really were."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    clock: ClockName
    standard: str
    standard_version: int
    started_at: datetime
    due_at: datetime
    ended_at: datetime
    elapsed_seconds: int = Field(description="from started_at to ended_at")
    business_seconds: int = Field(description="the same, in the open hours of the standard's calendar")
    met: bool


class CaseEvent(Event):
    """What every case event says."""

    feedback_id: UUID
    state: CaseState
    team: str
    team_name: Bilingual
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    channel: Channel
    kind: Kind | None = None
    language: str | None = None


class CaseOpened(CaseEvent):
    """A case exists: an answer is owed."""

    type: ClassVar[str] = "ca.ecoute.case.opened.v1"

    historical: bool = False
    submitted_at: datetime
    clocks: tuple[ClockState, ...] = ()


class CaseAssigned(CaseEvent):
    """A team, or a member of it, has the case."""

    type: ClassVar[str] = "ca.ecoute.case.assigned.v1"

    effective_at: datetime
    assigned_by: AssignedBy
    member: str | None = None
    clocks: tuple[ClockState, ...] = ()


class CaseAcknowledged(CaseEvent):
    """The person was told that it is in hand: by a human, unless `automatic`."""

    type: ClassVar[str] = "ca.ecoute.case.acknowledged.v1"

    effective_at: datetime
    automatic: bool = False
    elapsed_seconds: int = Field(description="from submitted_at to effective_at")
    business_seconds: int = Field(description="the same, in the open hours of the calendar")
    ended: tuple[ClockEnd, ...] = ()


class CaseReplied(CaseEvent):
    """A reply was given; a final one is what makes a case answered."""

    type: ClassVar[str] = "ca.ecoute.case.replied.v1"
    words: ClassVar[str | None] = "text"

    effective_at: datetime
    automatic: bool = False
    interim: bool
    answer: int | None = Field(None, description="which answer it is, where final: 1 is the first")
    outcome: Outcome | None = None
    text: str | None = Field(None, description="the reply with its reasons and recourse")
    elapsed_seconds: int = Field(description="from submitted_at to effective_at")
    business_seconds: int = Field(description="the same, in the open hours of the calendar")
    ended: tuple[ClockEnd, ...] = ()


class CaseClosed(CaseEvent):
    """The case is over."""

    type: ClassVar[str] = "ca.ecoute.case.closed.v1"

    effective_at: datetime
    outcome: Outcome | None = None
