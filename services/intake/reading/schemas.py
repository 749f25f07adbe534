"""Feedback as staff and partners see it: with words and contact for the team; without in lists and searches."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.email_address import EmailAddress
from libs.common.examples import shown
from libs.common.paging import MAX_LIMIT, NEXT_PAGE, PAGE_SIZE
from libs.common.wire import DATED, Line, Wire
from libs.contracts.codes import (
    Authority,
    CaseState,
    Channel,
    Code,
    Disclosure,
    Kind,
    LanguageTag,
    Respondent,
    Solved,
    Source,
    SubmitterRole,
    Urgency,
)
from libs.contracts.references import normalise_reference
from services.intake.feedback.schemas import ConsentIn, ExternalReference, InteractionIn, Mark, RatingIn
from services.intake.teams.schemas import TeamName
from services.intake.tracking.schemas import Entry


def _as_printed(reference: str) -> str:
    printed = normalise_reference(reference)
    if printed is None:
        raise PydanticCustomError(
            "reference_mistyped",
            "This cannot be a reference: a character is wrong or missing.",
            {"fr": "Ceci ne peut pas être une référence : un caractère est faux ou manque."},
        )
    return printed


Reference = Annotated[
    Line,
    Field(max_length=30, examples=["EC-7K4Q-28M1"], description="as it is printed, or as somebody read it out"),
    AfterValidator(_as_printed),
]


Instant = Annotated[
    AwareDatetime, Field(ge=datetime(1, 1, 2, tzinfo=UTC), le=datetime(9999, 12, 30, tzinfo=UTC)), DATED
]
"""In any time zone: the same in UTC has a date too."""


class FeedbackFilters(BaseModel):
    """Which feedback: all that is given must hold."""

    model_config = {"extra": "forbid"}

    reference: Reference | None = Field(None, description="as it is printed, or as somebody read it out")
    external_reference: ExternalReference | None = Field(None, description="where it is a code and no words")
    source: Source | None = Field(None, description="who sent it")
    source_code: Annotated[Line, Field(max_length=128)] | None = Field(None, description="of a partner or a device")
    channel: Channel | None = Field(None, description="how the person told us")
    touchpoint: Code | None = Field(None, description="code of the catalogue")
    kind: Kind | None = Field(None, description="what it is: a complaint, an enquiry …")
    service: Code | None = Field(None, description="code of the catalogue")
    service_point: Code | None = Field(None, description="code of the catalogue")
    topic: Code | None = Field(None, description="code of the catalogue")
    language: LanguageTag | None = Field(None, description="BCP 47; `fr` finds `fr-CA`, too")
    disclosure: Disclosure | None = Field(None, description="from whom the person's name is kept")
    concerns_staff: bool | None = Field(None, description="whether it is about the staff of a team")
    urgent: bool | None = Field(None, description="whether somebody is in danger")
    historical: bool | None = Field(None, description="whether it was brought in from before")
    team: Code | None = Field(None, description="which has its case")
    state: Literal["received"] | CaseState | None = Field(
        None, description="of its case; `received` where there is none"
    )
    submitted_from: Instant | None = Field(None, description="this instant or later")
    submitted_before: Instant | None = Field(None, description="before this instant")
    order: Literal["newest", "oldest"] = Field("newest", description="which comes first, by `submitted_at`")
    limit: int = Field(50, ge=1, le=MAX_LIMIT, description=PAGE_SIZE)
    cursor: str | None = Field(None, max_length=200, description=NEXT_PAGE)


Filters = Annotated[FeedbackFilters, Query()]


class CaseOfFeedback(BaseModel):
    """Its case, as routing last told of it."""

    state: CaseState
    team: TeamName
    next_by: datetime | None = Field(
        description="by when the reply is promised, while it is owed; null while the case waits"
    )


class FeedbackSummary(BaseModel):
    """One feedback without words and contact."""

    model_config = shown(
        {
            "id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50",
            "version": 1,
            "reference": "EC-7K4Q-28M1",
            "external_reference": None,
            "source": "web_form",
            "source_code": None,
            "submitted_at": "2026-11-23T14:05:00Z",
            "recorded_at": "2026-11-23T14:05:00Z",
            "channel": "web",
            "touchpoint": "passport-form",
            "kind": "complaint",
            "declared_kind": None,
            "topic": "waiting-time",
            "service": "passports",
            "service_point": None,
            "phase": "apply",
            "language": "fr",
            "has_text": True,
            "ratings": [{"measure": "csat", "value": 2, "answered_by": "person"}],
            "respondent": None,
            "disclosure": "named",
            "concerns_staff": False,
            "urgent": None,
            "response_requested": False,
            "historical": False,
            "erased_at": None,
            "case": {
                "state": "acknowledged",
                "team": {
                    "code": "passports",
                    "name": {"fr": "Équipe des passeports", "en": "Passport team"},
                    "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example", "url": None},
                },
                "next_by": "2026-12-14T21:30:00Z",
            },
        }
    )

    id: UUID
    version: int = Field(description="the `ETag` of what can be corrected, without its quotation marks")
    reference: str
    external_reference: str | None
    source: Source
    source_code: str | None
    submitted_at: datetime
    recorded_at: datetime
    channel: Channel
    touchpoint: str | None
    kind: Kind | None
    declared_kind: Kind | None
    topic: str | None
    service: str | None
    service_point: str | None
    phase: str | None
    language: str | None
    has_text: bool
    ratings: list[RatingIn]
    respondent: Respondent | None
    disclosure: Disclosure
    concerns_staff: bool
    urgent: Urgency | None
    response_requested: bool
    historical: bool
    erased_at: datetime | None
    case: CaseOfFeedback | None


class FeedbackList(BaseModel):
    items: list[FeedbackSummary]


class PersonOut(BaseModel):
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    accessible_format: str | None = None


class SubmittedByOut(BaseModel):
    """Who spoke for the person; without contact data where the person chose to stay anonymous."""

    role: SubmitterRole
    authority: Authority
    name: str | None = None
    email: str | None = None
    phone: str | None = None


class ResolvedOnTheSpotOut(BaseModel):
    remedy: str
    agent: str | None = None
    note: str | None = None


class EvaluationWithComment(BaseModel):
    """What the person said of an answer, with the marks they gave, and in their own words."""

    answer: int
    solved: Solved
    ratings: list[Mark]
    comment: str | None
    evaluated_at: datetime


class FeedbackOut(BaseModel):
    """One feedback with its words and contact: each reading is logged."""

    model_config = shown(
        {
            "id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50",
            "version": 1,
            "reference": "EC-7K4Q-28M1",
            "external_reference": None,
            "source": "web_form",
            "source_code": None,
            "submitted_at": "2026-11-23T14:05:00Z",
            "recorded_at": "2026-11-23T14:05:00Z",
            "channel": "web",
            "touchpoint": "passport-form",
            "kind": "complaint",
            "declared_kind": None,
            "topic": "waiting-time",
            "service": "passports",
            "service_point": None,
            "phase": "apply",
            "language": "fr",
            "ratings": [{"measure": "csat", "value": 2, "answered_by": "person"}],
            "respondent": None,
            "disclosure": "named",
            "concerns_staff": False,
            "urgent": None,
            "response_requested": False,
            "historical": False,
            "experienced_on": "2026-11-20",
            "about_channels": ["web"],
            "text": "Trois semaines, et toujours aucune nouvelle de mon passeport.",
            "submitted_by": None,
            "reply_to": "person",
            "reply_by": "email",
            "resolved_on_the_spot": None,
            "person": {
                "name": "Zoé Tremblay",
                "email": "zoe@example.org",
                "phone": None,
                "address": None,
                "language": "fr",
                "accessible_format": None,
            },
            "evaluations": [],
            "conversation": [
                {
                    "at": "2026-11-23T14:05:02Z",
                    "kind": "assignment",
                    "team": {
                        "code": "passports",
                        "name": {"fr": "Équipe des passeports", "en": "Passport team"},
                        "contact": {"phone": "1-800-555-0101", "email": "passeports@agence.example", "url": None},
                    },
                }
            ],
            "interaction": None,
            "consent": [{"purpose": "contact", "given": True, "text_version": None}],
        }
    )

    id: UUID
    version: int = Field(description="its `ETag`, without the quotation marks")
    reference: str
    source: Source
    source_code: str | None = Field(description="of the partner or the device that sent it")
    submitted_at: datetime
    recorded_at: datetime
    experienced_on: date | None
    channel: Channel
    touchpoint: str | None
    phase: str | None
    about_channels: list[Channel]
    kind: Kind | None
    declared_kind: Kind | None
    topic: str | None
    service: str | None
    service_point: str | None
    text: str | None
    language: str | None
    ratings: list[RatingIn]
    respondent: str | None
    submitted_by: SubmittedByOut | None
    reply_to: str | None
    reply_by: str | None
    concerns_staff: bool
    urgent: Urgency | None
    response_requested: bool
    resolved_on_the_spot: ResolvedOnTheSpotOut | None
    historical: bool
    external_reference: str | None
    disclosure: Disclosure
    person: PersonOut = Field(description="without contact data where the person chose to stay anonymous")
    evaluations: list[EvaluationWithComment]
    conversation: list[Entry] = Field(description="everything since, the oldest first: words and all")
    interaction: InteractionIn | None
    consent: list[ConsentIn]


def _stays() -> Any:
    """In the place of a default: the document names none, and what is not given is never looked at."""


class Correction(Wire):
    """What it is really about. A field that is not given stays; null says that nothing fits."""

    model_config = shown({"kind": "enquiry", "topic": "information"}, {"service": None, "language": "fr"})

    kind: Kind = Field(default_factory=_stays, description="`declared_kind` keeps what the person said")
    service: Code | None = Field(default_factory=_stays, description="null: somebody must find out")
    service_point: Code | None = Field(default_factory=_stays)
    topic: Code | None = Field(default_factory=_stays)
    language: LanguageTag = Field(default_factory=_stays)

    def given(self) -> dict[str, str | None]:
        return self.model_dump(exclude_unset=True)


class ReferenceQuery(BaseModel):
    model_config = {"extra": "forbid"}

    reference: Reference


class Search(Wire):
    """A reference, an e-mail address or a telephone number: one of them, in any usual spelling."""

    model_config = shown({"email": "zoe@example.org"}, {"phone": "514-555-0123"}, {"reference": "EC-7K4Q-28M1"})

    reference: Reference | None = None
    email: EmailAddress | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        if [self.reference, self.email, self.phone].count(None) != 2:
            raise PydanticCustomError(
                "not_one_thing",
                "Exactly one of reference, email, phone is needed.",
                {"fr": "Il faut exactement l'un de : reference, email, phone."},
            )
        return self


class FoundFeedback(BaseModel):
    """Where a feedback stands: enough to tell the person, and no words."""

    id: UUID
    reference: str
    submitted_at: datetime
    channel: Channel
    kind: Kind | None
    service: str | None
    status: Literal["received", "withdrawn"] | CaseState
    team: TeamName | None
    next_by: datetime | None = Field(
        description="by when the reply is promised, while it is owed; null while the case waits"
    )


class Found(BaseModel):
    items: list[FoundFeedback] = Field(description="the newest first, at most 200")


class ReadingOut(BaseModel):
    """Somebody came upon it: read its words, found it by a search, gave out a new tracking code or all that is held."""

    id: UUID
    what: Literal["words", "search", "tracking_code", "export"]
    read_by: str
    agent: str | None = Field(description="who acted behind a partner's tool, as it said")
    reason: str | None = Field(description="why a new tracking code was given out")
    read_at: datetime


class Readings(BaseModel):
    items: list[ReadingOut]


class PageOfReadings(BaseModel):
    model_config = {"extra": "forbid"}

    limit: int = Field(50, ge=1, le=MAX_LIMIT, description=PAGE_SIZE)
    cursor: str | None = Field(None, max_length=200, description=NEXT_PAGE)
