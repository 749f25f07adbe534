"""Cases over the wire."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.wire import Line, Wire, Words
from libs.contracts.codes import CaseState, Channel, ClockName, Code, Kind, Outcome, Solved, Starts
from services.routing.teams.schemas import TeamName

Verb = Literal["assign", "acknowledge", "reply", "close"]

Note = Annotated[Words, Field(min_length=1, max_length=5_000)]


class Action(Wire):
    """What every verb takes."""

    effective_at: AwareDatetime | None = Field(
        None,
        ge=datetime(1970, 1, 1, tzinfo=UTC),
        description="when it was really done: not before the previous event of the case, not after now; default: now",
    )
    late_entry_reason: Annotated[Words, Field(min_length=1, max_length=1_000)] | None = Field(
        None, description="needed, from a supervisor, where it was done more than one business day ago"
    )
    note: Note | None = Field(None, description="for the timeline; the person does not see it")


class Assign(Action):
    """Give the case to a team, or to a member of it."""

    team: Code
    member: Annotated[Line, Field(max_length=200)] | None = None


class Acknowledge(Action):
    """The person was told by a human that it is in hand."""


class Reply(Action):
    """An answer to the person. Only a final one (`interim: false`) answers the case; it needs an outcome."""

    text: Annotated[Words, Field(min_length=1, max_length=20_000)]
    interim: bool = False
    outcome: Outcome | None = None
    reasons: Annotated[Words, Field(min_length=1, max_length=10_000)] | None = None
    recourse: Annotated[Words, Field(min_length=1, max_length=5_000)] | None = Field(
        None, description="what the person can do if they disagree, and until when"
    )

    @model_validator(mode="after")
    def _has_an_outcome_if_final(self) -> Self:
        if self.interim == (self.outcome is not None):
            raise PydanticCustomError(
                "outcome_of_a_final_reply",
                "A final reply needs an outcome, an interim one has none.",
                {"fr": "Une réponse finale a besoin d'une issue, une réponse provisoire n'en a pas."},
            )
        return self

    def told(self) -> str:
        """The reply with its reasons and recourse, as the person reads it."""
        return "\n\n".join(part for part in (self.text, self.reasons, self.recourse) if part)


class Close(Action):
    """The time to come back has passed."""


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


class CaseSummary(BaseModel):
    """A case without words."""

    id: UUID
    feedback_id: UUID
    reference: str
    external_reference: str | None
    state: CaseState
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
    outcome: Outcome | None
    solved: Solved | None = Field(description="said by the person alone")
    erased_at: datetime | None = Field(description="when all that was said was erased, as the person asked")
    clocks: list[ClockOut]


class CaseOut(CaseSummary):
    """A case with the person's words, redacted. The words as they were, and the contact, are at intake."""

    verbatim: str | None = Field(description="null until redaction is done, where there were no words, or once erased")


class Cases(BaseModel):
    items: list[CaseSummary]


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
