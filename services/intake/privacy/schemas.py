"""Erasure and export over the wire."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.email_address import EmailAddress
from libs.common.examples import shown
from libs.common.paging import MAX_LIMIT, NEXT_PAGE, PAGE_SIZE
from libs.common.wire import Line, Wire
from services.intake.reading.schemas import FeedbackOut

ErasureReason = Literal["person_asked", "consent_withdrawn", "no_longer_needed", "unlawful", "legal_duty"]


class ContactIn(Wire):
    """By what the person is known: one of the two is enough, and either finds."""

    email: EmailAddress | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None


class WhoseIn(Wire):
    """Which feedback: by id, or every one of whoever has this contact data."""

    model_config = shown(
        {"feedback_ids": ["0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50"]}, {"contact": {"email": "zoe@example.org"}}
    )

    feedback_ids: list[UUID] = Field([], max_length=200)
    contact: ContactIn | None = None

    @model_validator(mode="after")
    def _names_one_or_the_other(self) -> Self:
        by_contact = self.contact is not None and (self.contact.email or self.contact.phone)
        if bool(self.feedback_ids) == bool(by_contact):
            raise PydanticCustomError(
                "ids_or_contact",
                "Either feedback_ids or a contact is needed.",
                {"fr": "Il faut soit feedback_ids, soit un contact."},
            )
        return self


class ErasureIn(WhoseIn):
    """What is to be erased, and why. It cannot be undone."""

    model_config = shown(
        {"feedback_ids": ["0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50"], "reason": "person_asked"},
        {"contact": {"email": "zoe@example.org", "phone": "514-555-0123"}, "reason": "consent_withdrawn"},
    )

    reason: ErasureReason


class NoticeExport(BaseModel):
    """A mail that was, or is to be, sent."""

    kind: str
    recipient: str
    state: str
    created_at: datetime
    settled_at: datetime | None


class SharedWith(BaseModel):
    """Who else gets something of it, and what."""

    recipient: Literal["routing", "analytics", "mail_server"]
    receives: list[str] = Field(
        description="codes: what it is told of; the mail server gets `questions`, `extensions` and `replies` in the "
        "team's own words"
    )


class Kept(BaseModel):
    """When it goes."""

    words_and_contact: Literal["until_erased"] = "until_erased"
    counts: Literal["without_person"] = Field("without_person", description="stay, and lead to nobody")


class ReadingExport(BaseModel):
    """Somebody came upon it. Which member of staff it was is for auditors."""

    what: Literal["words", "search", "tracking_code", "export"]
    by: Literal["person", "staff"]
    read_at: datetime


class FeedbackExport(BaseModel):
    """All that is held of one feedback."""

    feedback: FeedbackOut
    person_ref: UUID | None = Field(description="links it to the person's other feedback, as they allow")
    told_by_mail: list[str] = Field(description="who of person and submitter is told by mail what happens")
    withdrawn_at: datetime | None
    notices: list[NoticeExport]
    readings: list[ReadingExport] = Field(description="when somebody came upon it; this export included")
    shared_with: list[SharedWith]
    kept: Kept


class Export(BaseModel):
    """All that is held about a person, in this feedback."""

    exported_at: datetime
    items: list[FeedbackExport]


class StaffExport(Export):
    """The same, and what is not in it."""

    erased: list[UUID] = Field(description="of these nothing is held any more")
    spoke_for_others: list[UUID] = Field(
        description="where this contact data is of who spoke for the person: ask for it by id"
    )


class ErasureOut(BaseModel):
    """A line of the register."""

    id: UUID
    requested_by: str = Field(description="`person` where it was asked with the tracking code")
    agent: str | None = Field(description="who acted behind a partner's tool, as it said")
    reason: ErasureReason
    requested_at: datetime
    feedback_ids: list[UUID] = Field(description="what was erased; empty where there was nothing left to erase")


class ErasureDone(ErasureOut):
    """The line, and what was not erased by it."""

    already_erased: list[UUID]
    spoke_for_others: list[UUID] = Field(
        description="where this contact data is of who spoke for the person: not erased, ask for it by id"
    )


class Erasures(BaseModel):
    items: list[ErasureOut]


class ErasuresPage(BaseModel):
    model_config = {"extra": "forbid"}

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description=PAGE_SIZE)
    cursor: str | None = Field(None, max_length=200, description=NEXT_PAGE)


class MyErasureIn(Wire):
    """An explicit yes: it cannot be undone."""

    model_config = shown({"confirm": True})

    confirm: Literal[True]


class MyErasureOut(BaseModel):
    """All that was said, answered and known is gone; the tracking code opens nothing any more."""

    erased_at: datetime
