"""What the person sees and says, with the code in the header `Tracking-Code`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.common.wire import Wire, Words
from libs.contracts.codes import (
    Author,
    CaseState,
    ClockName,
    ClosedBecause,
    DeliveredBy,
    Outcome,
    ReopenedBy,
    Solved,
    UndeliverableBecause,
    WaitingFor,
)
from services.intake.feedback.schemas import Marks
from services.intake.teams.schemas import TeamName
from services.intake.tracking.next_steps import NEXT_STEPS, Situation

Status = Literal["awaited", "received", "withdrawn"] | CaseState


class _Entry(BaseModel):
    at: datetime


class MessageEntry(_Entry):
    """The person added something."""

    kind: Literal["message"]
    id: UUID
    author: Author
    in_answer_to: UUID | None = Field(description="`id` of the question")
    text: str | None


class ReplyEntry(_Entry):
    """The team replied. A final reply has its number in `answer`; `delivery` says whether it has reached the person."""

    kind: Literal["reply"]
    id: UUID
    answer: int | None
    outcome: Outcome | None
    text: str | None
    delivery: Literal["delivered", "undeliverable"] | None
    delivery_by: DeliveredBy | None
    undeliverable_because: UndeliverableBecause | None


class QuestionEntry(_Entry):
    """The team asks the person something; the text says what happens otherwise."""

    kind: Literal["question"]
    id: UUID
    until: datetime
    answered: bool
    text: str | None


class ExtensionEntry(_Entry):
    """The promised date moves: the text has the reason, and what can be done against it."""

    kind: Literal["extension"]
    clock: ClockName | None = Field(None, description="which promise moves; null where that was not kept")
    due_before: datetime
    due_at: datetime
    text: str | None


class MovementEntry(_Entry):
    """A team has it."""

    kind: Literal["assignment", "transfer"]
    team: TeamName


class WaitEntry(_Entry):
    """The case waits, at the latest until then."""

    kind: Literal["wait"]
    waiting_for: WaitingFor
    until: datetime


class ClosingEntry(_Entry):
    """The case is over; until when the person can come back."""

    kind: Literal["closing"]
    because: ClosedBecause
    reopen_until: datetime | None


class ReopeningEntry(_Entry):
    """The case is open again."""

    kind: Literal["reopening"]
    reopened_by: ReopenedBy


class EvaluationEntry(_Entry):
    """The person said whether an answer solved it."""

    kind: Literal["evaluation"]
    answer: int
    solved: Solved
    comment: str | None


class WithdrawalEntry(_Entry):
    """The person wants no answer any more."""

    kind: Literal["withdrawal"]


Entry = Annotated[
    MessageEntry
    | ReplyEntry
    | QuestionEntry
    | ExtensionEntry
    | MovementEntry
    | WaitEntry
    | ClosingEntry
    | ReopeningEntry
    | EvaluationEntry
    | WithdrawalEntry,
    Field(discriminator="kind"),
]


class EvaluationIn(Wire):
    """Did the answer solve it? Said by the person alone, once per answer."""

    model_config = shown(
        {
            "solved": "partly",
            "answer": 1,
            "ratings": [{"measure": "csat", "value": 4}],
            "comment": "Le passeport est là, mais personne ne m’a expliqué le retard.",
        },
        {"solved": "yes"},
    )

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

    model_config = shown(
        {
            "id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50",
            "reference": "EC-7K4Q-28M1",
            "submitted_at": "2026-11-23T14:05:00Z",
            "status": "answered",
            "situation": "answered",
            "next_step": NEXT_STEPS["answered"].model_dump(),
            "next_by": None,
            "answer_by": None,
            "team": {
                "code": "passports",
                "name": {"fr": "Équipe des passeports", "en": "Passport team"},
                "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example", "url": None},
            },
            "withheld": None,
            "conversation": [
                {
                    "at": "2026-11-23T14:05:02Z",
                    "kind": "assignment",
                    "team": {
                        "code": "passports",
                        "name": {"fr": "Équipe des passeports", "en": "Passport team"},
                        "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example", "url": None},
                    },
                },
                {
                    "at": "2026-11-26T16:00:00Z",
                    "kind": "question",
                    "id": "0199bd11-40ce-7d02-b6f5-2c8e1a7d9033",
                    "until": "2026-12-10T04:59:59Z",
                    "answered": True,
                    "text": "Quel est le numéro de votre demande ?\n\nSans réponse, nous ferons sans elle.",
                },
                {
                    "at": "2026-11-27T08:12:00Z",
                    "kind": "message",
                    "id": "0199bd52-9f3a-7a10-8c77-6e0b4d21f9aa",
                    "author": "person",
                    "in_answer_to": "0199bd11-40ce-7d02-b6f5-2c8e1a7d9033",
                    "text": "C’est le AB-1234.",
                },
                {
                    "at": "2026-12-01T15:20:00Z",
                    "kind": "reply",
                    "id": "0199c2a0-1b7c-7e55-8a41-93d2f0c6b718",
                    "answer": 1,
                    "outcome": "upheld",
                    "text": "Votre passeport part demain.",
                    "delivery": "delivered",
                    "delivery_by": "email",
                    "undeliverable_because": None,
                },
            ],
            "evaluation_asked": True,
            "evaluations": [],
            "messages_left": 49,
        }
    )

    id: UUID
    reference: str | None = Field(None, description="null while what was said with a slip's code has not arrived")
    submitted_at: datetime | None = None
    status: Status
    situation: Situation = Field(description="which of the situations `next_step` speaks of")
    next_step: Bilingual
    next_by: datetime | None = Field(
        None,
        description="the date that goes with `next_step`: of the promised answer; of a question, by when to answer it; "
        "of a wait, its end; once closed, until when to come back",
    )
    answer_by: datetime | None = Field(
        None, description="by when an answer is promised, while one is owed; null while the case waits, since it moves"
    )
    team: TeamName | None = None
    withheld: Bilingual | None = Field(None, description="why the texts of the team are not shown, where they are not")
    conversation: list[Entry] = Field([], description="everything since, the oldest first")
    evaluation_asked: bool = Field(False, description="an answer was given and not evaluated yet")
    evaluations: list[EvaluationOut] = []
    messages_left: int = Field(0, description="how many messages may still be added; 0 where none is taken")
