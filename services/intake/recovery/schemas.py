"""Lost tracking codes over the wire."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.email_address import EmailAddress
from libs.common.examples import shown
from libs.common.languages import Bilingual
from libs.common.wire import Line, Wire
from services.intake.reading.schemas import Reference


class NewCodeIn(Wire):
    """Why the person needs another code."""

    model_config = shown({"reason": "lost"})

    reason: Literal["lost", "never_received", "seen_by_others", "other"]


class CodeIssued(BaseModel):
    """Which code of a feedback is the one that works: the first, the second …"""

    generation: int


class NewCode(BaseModel):
    """The code that works from now on, shown this once: give it to the person, do not keep it."""

    id: UUID
    reference: str
    tracking_code: str = Field(description="80 bits and a check character, readable aloud")


class RecoveryIn(Wire):
    """The e-mail address or the telephone number that came with the feedback, or with the one of that `reference`."""

    model_config = shown({"email": "zoe@example.org"}, {"reference": "EC-7K4Q-28M1", "phone": "514-555-0123"})

    reference: Reference | None = None
    email: EmailAddress | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None

    @model_validator(mode="after")
    def _names_one_contact(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise PydanticCustomError(
                "not_one_contact",
                "Either email or phone is needed.",
                {"fr": "Il faut soit email, soit phone."},
            )
        return self


class RecoveryAccepted(BaseModel):
    """The same answer, whether anything was found or not."""

    next_step: Bilingual
