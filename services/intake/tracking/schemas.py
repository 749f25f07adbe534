"""What the person sees and says, with the code in the header `Tracking-Code`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.languages import Bilingual
from libs.common.wire import Wire, Words
from libs.contracts.codes import CaseState, Outcome, Solved
from services.intake.feedback.schemas import Marks

Status = Literal["received"] | CaseState


class TeamName(BaseModel):
    code: str
    name: Bilingual


class ReplyOut(BaseModel):
    """A reply of the team, interim or final."""

    given_at: datetime
    interim: bool
    outcome: Outcome | None
    text: str | None = Field(description="null once erased")


class EvaluationIn(Wire):
    """Did the answer solve it? Said by the person alone, once per answer."""

    solved: Solved
    answer: int | None = Field(None, ge=1, description="which answer it is about: 1 is the first; default: the latest")
    ratings: Marks = []
    comment: Annotated[Words, Field(min_length=1, max_length=5_000)] | None = None


class EvaluationOut(BaseModel):
    answer: int = Field(description="which answer it is about: 1 is the first")
    solved: Solved
    evaluated_at: datetime


class Tracking(BaseModel):
    """Where it stands, what happens next and by when, who answers, what was said."""

    id: UUID
    reference: str
    submitted_at: datetime
    status: Status
    next_step: Bilingual
    next_by: datetime | None = Field(description="null until a case is open, and once it is answered")
    team: TeamName | None
    replies: list[ReplyOut]
    evaluation_asked: bool = Field(description="an answer was given and not evaluated yet")
    evaluations: list[EvaluationOut]
