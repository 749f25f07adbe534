"""What routing tells: events of subject case."""

from datetime import datetime
from functools import lru_cache
from typing import ClassVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

from libs.common.languages import Bilingual
from libs.common.stream.events import Event
from libs.contracts.codes import (
    AssignedBy,
    CaseState,
    Channel,
    ClockName,
    ClosedBecause,
    CorrectedBecause,
    Kind,
    Outcome,
    Priority,
    ReopenedBy,
    ResumedBy,
    Starts,
    WaitingFor,
)

_CASES = UUID("5f1d2a56-7a0c-5d0e-9c38-9a2f4c1b7e11")


@lru_cache(maxsize=8192)
def case_id_of(feedback_id: UUID) -> UUID:
    """The id of a feedback's case: uuid5 of the feedback's, so that everyone knows it beforehand."""
    return uuid5(_CASES, str(feedback_id))


def subjects_of(feedback_id: UUID) -> tuple[UUID, UUID]:
    """The subjects under which words of a feedback are told: its own, and its case's."""
    return feedback_id, case_id_of(feedback_id)


class ClockState(BaseModel):
    """A clock as it now stands. One that waits for its start (`assignment`, `reopening`) has no moments until then."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    clock: ClockName
    standard: str
    standard_version: int
    starts: Starts
    started_at: datetime | None = None
    due_at: datetime | None = None
    suspended_seconds: int = Field(0, description="by how much suspensions have moved the due moment, so far")
    extended: bool = False
    running: bool = Field(False, description="it has started, and has neither ended nor lapsed")
    cancelled_at: datetime | None = Field(
        None, description="the promise lapsed (withdrawn, erased): it is not owed where it was due later than this"
    )


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
    suspended_seconds: int = Field(0, description="by how much suspensions had moved the due moment")
    extended: bool = False
    late_entry: bool = Field(False, description="it was written down more than one business day after it was done")


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
    priority: Priority = "normal"
    hidden_from: tuple[str, ...] = Field((), description="teams complained about: they never see the case")


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
    elapsed_seconds: int | None = Field(None, description="from submitted_at to effective_at")
    business_seconds: int | None = Field(None, description="the same, in the open hours of the calendar")
    clocks: tuple[ClockState, ...] = ()


class CasePromised(CaseEvent):
    """A case that opened without a promise has one, once it is known what it is about."""

    type: ClassVar[str] = "ca.ecoute.case.promised.v1"

    effective_at: datetime
    clocks: tuple[ClockState, ...] = ()


class CaseClassified(CaseEvent):
    """Staff corrected what it is about; what was declared stays with the feedback."""

    type: ClassVar[str] = "ca.ecoute.case.classified.v1"

    effective_at: datetime
    changed: tuple[str, ...] = ()


class CaseTransferred(CaseEvent):
    """Another team has the case; the promise is unchanged."""

    type: ClassVar[str] = "ca.ecoute.case.transferred.v1"

    effective_at: datetime
    assigned_by: AssignedBy = "staff"
    member: str | None = None
    from_team: str
    elapsed_seconds: int | None = Field(None, description="from submitted_at to effective_at")
    business_seconds: int | None = Field(None, description="the same, in the open hours of the calendar")
    clocks: tuple[ClockState, ...] = ()


class CaseAsked(CaseEvent):
    """The person is asked something; what happens otherwise is part of the text."""

    type: ClassVar[str] = "ca.ecoute.case.asked.v1"
    words: ClassVar[str | None] = "text"

    effective_at: datetime
    until: datetime
    text: str | None = None


class CaseUnasked(CaseEvent):
    """The question of that moment reached nobody: nothing was asked, and nothing waited for its answer."""

    type: ClassVar[str] = "ca.ecoute.case.unasked.v1"

    asked_at: datetime = Field(description="`effective_at` of its `case.asked`")


class CaseSuspended(CaseEvent):
    """The case waits, with a reason and an end: then it resumes by itself."""

    type: ClassVar[str] = "ca.ecoute.case.suspended.v1"

    effective_at: datetime
    assigned_by: AssignedBy = "staff"
    member: str | None = None
    waiting_for: WaitingFor
    reason: str = Field(description="a code")
    until: datetime
    clocks: tuple[ClockState, ...] = ()


class CaseResumed(CaseEvent):
    """The case no longer waits: the due moments have moved by the time suspended."""

    type: ClassVar[str] = "ca.ecoute.case.resumed.v1"

    effective_at: datetime
    assigned_by: AssignedBy = "staff"
    member: str | None = None
    resumed_by: ResumedBy
    clocks: tuple[ClockState, ...] = ()


class CaseExtended(CaseEvent):
    """The promise is moved, before it is due: `text` has the reason and the recourse, as the person is told."""

    type: ClassVar[str] = "ca.ecoute.case.extended.v1"
    words: ClassVar[str | None] = "text"

    effective_at: datetime
    assigned_by: AssignedBy = "staff"
    member: str | None = None
    clock: ClockName
    due_before: datetime
    due_at: datetime
    text: str | None = None
    clocks: tuple[ClockState, ...] = ()


class CaseEscalated(CaseEvent):
    """The case comes before others: `priority` says how far."""

    type: ClassVar[str] = "ca.ecoute.case.escalated.v1"

    effective_at: datetime


class CaseLinked(CaseEvent):
    """The case belongs together with another one, which may be closed."""

    type: ClassVar[str] = "ca.ecoute.case.linked.v1"

    effective_at: datetime
    linked_feedback_id: UUID
    linked_case_id: UUID
    linked_opened_at: datetime | None = Field(None, description="when the other case was opened")


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
    remedy: str | None = Field(None, description="a code: what was done for the person")
    on_the_spot: bool = Field(False, description="resolved where it was said, by the agent who heard it")
    text: str | None = Field(None, description="the reply with its reasons and recourse")
    elapsed_seconds: int = Field(description="from submitted_at to effective_at")
    business_seconds: int = Field(description="the same, in the open hours of the calendar")
    ended: tuple[ClockEnd, ...] = ()


class CaseClosed(CaseEvent):
    """The case is over. `ended` has the clocks that closing ends: `resolve`, at the reply that stood."""

    type: ClassVar[str] = "ca.ecoute.case.closed.v1"

    effective_at: datetime
    outcome: Outcome | None = None
    because: ClosedBecause = "staff"
    reopen_until: datetime | None = Field(None, description="until when the person can come back")
    ended: tuple[ClockEnd, ...] = ()
    clocks: tuple[ClockState, ...] = ()


class CaseReopened(CaseEvent):
    """The case is open again; the reply that was given stays given."""

    type: ClassVar[str] = "ca.ecoute.case.reopened.v1"

    effective_at: datetime
    reopened_by: ReopenedBy = "staff"
    reopened_count: int
    clocks: tuple[ClockState, ...] = ()


class ClockEvent(CaseEvent):
    """What happened to one clock."""

    clock: ClockName
    standard: str
    standard_version: int
    started_at: datetime
    due_at: datetime


class ClockApproaching(ClockEvent):
    """A promise is about to fall due."""

    type: ClassVar[str] = "ca.ecoute.clock.approaching.v1"


class ClockBreached(ClockEvent):
    """A promise was not kept; `time` of the event is the due moment."""

    type: ClassVar[str] = "ca.ecoute.clock.breached.v1"


class ClockCorrected(ClockEvent):
    """What was told of a clock is not so: a late entry makes a breach untrue, or an end did not hold.

    Without `ended_at` the clock runs on as if it had never stopped.
    """

    type: ClassVar[str] = "ca.ecoute.clock.corrected.v1"

    because: CorrectedBecause
    ended_at: datetime | None = None
    elapsed_seconds: int | None = None
    business_seconds: int | None = None
    met: bool | None = None
    suspended_seconds: int | None = Field(None, description="null in what was told before it could be corrected")
    late_entry: bool | None = Field(None, description="of its end; null likewise")
    breach_untrue: bool = Field(False, description="a breach was told, and there was none")
    cancelled_at: datetime | None = Field(
        None, description="it runs on no further than this: the promise lapsed (withdrawn, erased)"
    )


class RuleDecided(CaseEvent):
    """A rule chose the team; words without a kind are sorted by someone first."""

    type: ClassVar[str] = "ca.ecoute.rule.decided.v1"

    rule_set_version: int
    rule: int = Field(description="its place in the rule set: 1 is the first")
    chosen_team: str
    overruled: bool = Field(False, description="the team it names must not see the case: another has it")
