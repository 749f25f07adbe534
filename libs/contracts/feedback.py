"""What intake tells: events of subject feedback."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from libs.common.stream.events import Event
from libs.contracts.codes import (
    FOR_OTHERS,
    AnsweredBy,
    Author,
    Authority,
    Channel,
    DeliveredBy,
    Disclosure,
    Kind,
    Measure,
    Purpose,
    ReplyBy,
    ReplyTo,
    Respondent,
    Solved,
    Source,
    SubmitterRole,
    UndeliverableBecause,
    Urgency,
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Rating(_Part):
    """A mark; `answered_by` says in whose hand."""

    measure: Measure
    value: int
    answered_by: AnsweredBy = "person"


class Answers(_Part):
    """Answers to a questionnaire, without those that are words."""

    questionnaire: str
    version: int
    invitation: str | None = None
    values: dict[str, int | float | bool | None] = {}


class PersonTraits(_Part):
    """All that leaves intake of the person."""

    language: str | None = None
    accessible_format: str | None = None


class SubmittedBy(_Part):
    role: SubmitterRole
    authority: Authority = "none"

    @property
    def lacks_authority(self) -> bool:
        """They speak for somebody else, and nothing says that they may."""
        return self.role in FOR_OTHERS and self.authority == "none"


class ResolvedOnTheSpot(_Part):
    """What was done at once, and by whom: the member of staff, or the agent behind a partner's tool."""

    remedy: str
    agent: str | None = None


class InteractionTimes(_Part):
    """Of the call or visit it came with, in seconds."""

    waiting_seconds: int | None = None
    handling_seconds: int | None = None


class Consent(_Part):
    purpose: Purpose
    given: bool
    text_version: str | None = None


class FeedbackSubmitted(Event):
    """Feedback was taken in. It carries no words: they follow, redacted, in `feedback.verbatim_redacted`."""

    type: ClassVar[str] = "ca.ecoute.feedback.submitted.v1"

    reference: str
    source: Source = Field(description="who sent it, known from the key and never from the body")
    source_code: str | None = Field(None, description="of the partner or the device that sent it")
    historical: bool = False
    submitted_at: datetime
    recorded_at: datetime
    experienced_on: date | None = None
    channel: Channel
    touchpoint: str | None = None
    about_channels: tuple[Channel, ...] = ()
    kind: Kind | None = None
    declared_kind: Kind | None = None
    topic: str | None = None
    service: str | None = None
    service_point: str | None = None
    phase: str | None = None
    has_text: bool = Field(False, description="words were given: they come redacted in a second event")
    language: str | None = None
    ratings: tuple[Rating, ...] = ()
    answers: Answers | None = None
    person: PersonTraits | None = None
    person_ref: UUID | None = Field(None, description="links a person's feedback, where they allow it")
    respondent: Respondent | None = None
    submitted_by: SubmittedBy | None = None
    reply_to: ReplyTo | None = None
    reply_by: ReplyBy | None = None
    disclosure: Disclosure = "named"
    concerns_staff: bool = False
    urgent: Urgency | None = None
    response_requested: bool = False
    resolved_on_the_spot: ResolvedOnTheSpot | None = None
    interaction: InteractionTimes | None = None
    consent: tuple[Consent, ...] = ()
    external_reference: str | None = None
    told_by_mail: tuple[Author, ...] = Field((), description="who is told by mail what happens")


class Removal(_Part):
    """How many pieces of personal data of a kind were taken out of the words."""

    kind: str
    count: int


class FeedbackVerbatimRedacted(Event):
    """The words, after personal data was taken out by rules; their language, and how sure it is (0–1)."""

    type: ClassVar[str] = "ca.ecoute.feedback.verbatim_redacted.v1"
    words: ClassVar[str | None] = "text"

    text: str | None = None
    language: str
    language_confidence: float
    removed: tuple[Removal, ...] = ()


class FeedbackEvaluated(Event):
    """The person said whether an answer solved it: once per answer given."""

    type: ClassVar[str] = "ca.ecoute.feedback.evaluated.v1"

    answer: int = Field(description="which answer: 1 is the first final reply")
    solved: Solved
    ratings: tuple[Rating, ...] = ()
    has_comment: bool = Field(False, description="words came with it, which are read where the feedback is")


CLASSIFICATION = ("kind", "service", "service_point", "topic", "language")
"""What feedback is about, which staff may correct."""


class FeedbackReclassified(Event):
    """Staff corrected what it is about: all five as they now are, and which of them changed."""

    type: ClassVar[str] = "ca.ecoute.feedback.reclassified.v1"

    kind: Kind | None = None
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    language: str | None = None
    changed: tuple[str, ...] = ()


class FeedbackMessageAdded(Event):
    """The person added something, or answered a question; told once the words are redacted."""

    type: ClassVar[str] = "ca.ecoute.feedback.message_added.v1"
    words: ClassVar[str | None] = "text"

    message_id: UUID
    author: Author = "person"
    sent_at: datetime
    text: str | None = None
    language: str | None = None
    removed: tuple[Removal, ...] = ()


class FeedbackWithdrawn(Event):
    """The person wants no answer any more."""

    type: ClassVar[str] = "ca.ecoute.feedback.withdrawn.v1"

    effective_at: datetime


class ReplyDelivered(Event):
    """A reply has reached the person. By `tracking`: it can be read there."""

    type: ClassVar[str] = "ca.ecoute.reply.delivered.v1"

    reply_id: UUID = Field(description="id of the `case.replied` event")
    answer: int | None = Field(None, description="which answer it is, where final: 1 is the first")
    by: DeliveredBy
    delivered_at: datetime


class ReplyUndeliverable(Event):
    """A reply could not be brought to the person by the means they chose."""

    type: ClassVar[str] = "ca.ecoute.reply.undeliverable.v1"

    reply_id: UUID = Field(description="id of the `case.replied` event")
    answer: int | None = Field(None, description="which answer it is, where final: 1 is the first")
    by: DeliveredBy
    because: UndeliverableBecause
    found_at: datetime


class NoticeUndeliverable(Event):
    """Mail that told the person of a step of their case did not arrive: staff must tell them. A reply that is thereby
    undeliverable has an event of its own; of one that is not, and of a receipt, this tells that no mail arrives.
    """

    type: ClassVar[str] = "ca.ecoute.notice.undeliverable.v1"

    notice: str = Field(description="a code: what it told, as `asked`, `extended` or `late`; others may come")
    about: UUID = Field(description="id of the event of routing that it told of; of a receipt: of the feedback")
    said_at: datetime | None = Field(None, description="of a question or a new date: its `effective_at`")
    by: DeliveredBy
    because: UndeliverableBecause
    found_at: datetime


class PersonErased(Event):
    """All that was said and known of the person behind this feedback is gone: who reads this forgets its words."""

    type: ClassVar[str] = "ca.ecoute.person.erased.v1"

    erased_at: datetime
