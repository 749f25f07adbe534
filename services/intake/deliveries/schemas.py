"""What became of replies and of mail, over the wire."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.wire import DATED, Line, Wire
from libs.contracts.codes import DeliveredBy, UndeliverableBecause


class DeliveryIn(Wire):
    """Whether a reply reached the person: told by who brought it."""

    model_config = shown(
        {"answer": 1, "by": "letter", "outcome": "delivered", "at": "2026-12-04T15:00:00Z"},
        {
            "reply_id": "0199c2a0-1b7c-7e55-8a41-93d2f0c6b718",
            "by": "phone",
            "outcome": "undeliverable",
            "because": "unreachable",
        },
    )

    reply_id: UUID | None = Field(None, description="of the conversation; or `answer`")
    answer: int | None = Field(None, ge=1, le=1_000_000, description="which final reply: 1 is the first")
    by: Literal["email", "phone", "letter"]
    outcome: Literal["delivered", "undeliverable"]
    because: UndeliverableBecause | None = Field(None, description="needed where it is undeliverable")
    at: Annotated[AwareDatetime, DATED] | None = Field(
        None, description="when it was brought, or came back; default: now"
    )

    @model_validator(mode="after")
    def _names_one_reply(self) -> Self:
        if (self.reply_id is None) == (self.answer is None):
            raise PydanticCustomError(
                "not_one_reply",
                "Exactly one of reply_id, answer is needed.",
                {"fr": "Il faut exactement l'un de : reply_id, answer."},
            )
        return self

    @model_validator(mode="after")
    def _says_why_not(self) -> Self:
        if (self.outcome == "undeliverable") != (self.because is not None):
            raise PydanticCustomError(
                "because_of_undeliverable",
                "What is undeliverable needs `because`, what is delivered has none.",
                {"fr": "Ce qui n'a pu être remis a besoin de « because », ce qui l'a été n'en a pas."},
            )
        return self


class DeliveryOut(BaseModel):
    """What is now known of the reply."""

    reply_id: UUID
    answer: int | None
    by: DeliveredBy
    outcome: Literal["delivered", "undeliverable"]
    because: UndeliverableBecause | None
    at: datetime


class BounceIn(Wire):
    """A mail of ours that came back, as a mail system tells it."""

    model_config = shown({"message_id": "<0199c2a0-1b7c-7e55-8a41-93d2f0c6b718@agence.example>", "status": "5.1.1"})

    message_id: Annotated[Line, Field(max_length=200, examples=["<0192f0c4-…@service.example>"])]
    status: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$", description="RFC 3463")] = "5.0.0"


class BounceOut(BaseModel):
    """What was made of it."""

    taken_as: Literal["bounced", "known_already", "not_for_good", "not_ours"]
    alert: BounceIn | None = Field(
        None,
        description="where it is `not_ours` because routing sent it, to tell a team of an urgent case: what to post to "
        "its `/v1/alerts/bounces`",
    )
