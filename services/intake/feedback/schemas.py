"""Feedback over the wire."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Self, TypeVar
from uuid import UUID

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    SerializeAsAny,
    model_validator,
)
from pydantic_core import PydanticCustomError

from libs.common.email_address import EmailAddress
from libs.common.examples import shown
from libs.common.idempotency import KEY_PATTERN
from libs.common.languages import Bilingual
from libs.common.problems import ProblemDetails
from libs.common.wire import COUNTED, DATED, READ_LATER, Line, Wire, Words
from libs.contracts.codes import (
    AnsweredBy,
    Authority,
    Channel,
    Code,
    Disclosure,
    Kind,
    LanguageTag,
    Measure,
    Purpose,
    ReplyBy,
    ReplyTo,
    Respondent,
    SubmitterRole,
    Urgency,
    scale_of,
)
from services.intake.tracking.next_steps import NEXT_STEPS

ShortLine = Annotated[Line, Field(max_length=200)]
ExternalReference = Annotated[Line, Field(max_length=128)]
FeedbackId = Annotated[UUID, Path(description="`id` of the receipt")]


class Mark(Wire):
    """A mark on a measure's own scale: `csat` and the drivers 1–5, `ces` 1–7, `nps` 0–10."""

    measure: Measure
    value: Annotated[int, Field(ge=0, le=10), COUNTED]

    @model_validator(mode="after")
    def _is_on_its_scale(self) -> Self:
        low, high = scale_of(self.measure)
        if not low <= self.value <= high:
            raise PydanticCustomError(
                "off_scale",
                "The mark is not on the measure's scale, from {low} to {high}.",
                {"fr": f"La note n'est pas sur l'échelle de la mesure, de {low} à {high}.", "low": low, "high": high},
            )
        return self


class RatingIn(Mark):
    """A mark, and in whose hand it was given."""

    answered_by: AnsweredBy = "person"


M = TypeVar("M", bound=Mark)


def each_mark_once(marks: list[M]) -> list[M]:
    """One hand gives one mark a measure: a figure counts each."""
    given = {(mark.measure, getattr(mark, "answered_by", "person")) for mark in marks}
    if len(given) != len(marks):
        raise PydanticCustomError("mark_twice", "A measure is marked twice.", {"fr": "Une mesure est notée deux fois."})
    return marks


Marks = Annotated[list[Mark], Field(max_length=9), AfterValidator(each_mark_once)]
Ratings = Annotated[list[RatingIn], Field(max_length=27), AfterValidator(each_mark_once)]


class PersonIn(Wire):
    """Who spoke, as far as they say. Kept encrypted, under a key of their own."""

    name: ShortLine | None = None
    email: EmailAddress | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None
    address: Annotated[Words, Field(max_length=500)] | None = None
    language: LanguageTag | None = None
    accessible_format: Code | None = Field(None, examples=["braille", "large-print"])


class SubmittedByIn(Wire):
    """Who spoke for the person. With authority `none` no answer discloses anything about the file."""

    role: SubmitterRole
    authority: Authority = Field("none", description="`evidenced` is for staff and partners to say")
    name: ShortLine | None = None
    email: EmailAddress | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None


class InteractionIn(Wire):
    """The call or visit that it came with."""

    reference: ShortLine | None = None
    waiting_seconds: int | None = Field(None, ge=0, le=86_400)
    handling_seconds: int | None = Field(None, ge=0, le=86_400)


class ConsentIn(Wire):
    purpose: Purpose
    given: bool
    text_version: Code | None = None


def each_purpose_once(consents: list[ConsentIn]) -> list[ConsentIn]:
    """Nobody can allow and refuse the same."""
    if len({consent.purpose for consent in consents}) != len(consents):
        raise PydanticCustomError("consent_twice", "A purpose is there twice.", {"fr": "Une finalité y est deux fois."})
    return consents


Consents = Annotated[list[ConsentIn], Field(max_length=10), AfterValidator(each_purpose_once)]


class AnswersIn(Wire):
    questionnaire: Code
    version: int
    invitation: ShortLine | None = None
    values: dict[str, Any]


class ResolvedOnTheSpotIn(Wire):
    """What an agent did at once: the case opens, and is answered."""

    remedy: Code
    note: Annotated[Words, Field(max_length=2_000)] | None = None


class FeedbackIn(Wire):
    """At least one of text, topic, ratings, answers."""

    model_config = shown(
        {
            "channel": "web",
            "kind": "complaint",
            "service": "passport-renewal",
            "topic": "waiting-time",
            "text": "Trois semaines, et toujours aucune nouvelle de mon passeport.",
            "language": "fr",
            "ratings": [{"measure": "csat", "value": 2}],
            "person": {"name": "Zoé Tremblay", "email": "zoe@example.org", "language": "fr"},
            "reply_by": "email",
            "consent": [{"purpose": "contact", "given": True}],
            "experienced_on": "2026-11-20",
        },
        {"touchpoint": "kiosk-downtown", "ratings": [{"measure": "ces", "value": 6}]},
        {
            "channel": "counter",
            "service": "passports",
            "service_point": "office-downtown",
            "kind": "complaint",
            "topic": "courtesy",
            "text": "The person at desk 4 would not let me finish a sentence.",
            "respondent": "client",
            "concerns_staff": True,
            "disclosure": "confidential",
            "submitted_by": {"role": "relative", "authority": "declared", "name": "Ali Roy", "phone": "514-555-0123"},
            "reply_to": "submitter",
            "reply_by": "phone",
        },
    )

    channel: Channel | None = Field(
        None, description="how the person told us; may be missing where a touchpoint is not"
    )
    touchpoint: Code | None = Field(
        None, description="a page, a line, a desk, a kiosk: fills in channel, service and service point where missing"
    )
    about_channels: list[Channel] = Field(
        default_factory=list, max_length=11, description="the channels that the experience concerned"
    )
    kind: Kind | None = Field(None, description="may be missing: then someone sorts it")
    topic: Code | None = None
    service: Code | None = None
    service_point: Code | None = None
    text: Annotated[Words, Field(min_length=1, max_length=20_000)] | None = None
    language: LanguageTag | None = Field(None, description="BCP 47; found where missing")
    ratings: Ratings = Field(default_factory=list)
    answers: AnswersIn | None = None
    person: PersonIn | None = None
    respondent: Respondent | None = None
    submitted_by: SubmittedByIn | None = None
    reply_to: ReplyTo | None = None
    reply_by: ReplyBy | None = Field(
        None,
        description="where missing: by mail, to an address that is given; else, to who came by telephone, letter or "
        "fax, by the number or address that is given; else with the tracking code",
    )
    disclosure: Disclosure = Field(
        "named",
        description="`confidential`: hidden from the team complained about; `anonymous`: nobody is shown how to reach "
        "them, so that no reply goes by telephone or letter",
    )
    concerns_staff: bool = False
    urgent: Urgency | None = None
    response_requested: bool = False
    resolved_on_the_spot: ResolvedOnTheSpotIn | None = None
    interaction: InteractionIn | None = None
    consent: Consents = Field(default_factory=list)
    external_reference: ExternalReference | None = Field(
        None, description="the partner's, or the importer's, own id: unique, for ever"
    )
    tracking_code: Annotated[Line, Field(max_length=40)] | None = Field(
        None, description="from a slip given out beforehand: `POST /v1/tracking-codes`"
    )
    historical: bool = Field(False, description="brought in from before: counted, and nobody is notified")
    experienced_on: Annotated[date, Field(ge=date(1900, 1, 1)), DATED] | None = Field(
        None, description="the day it happened; starts no clock"
    )
    submitted_at: Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC)), DATED] | None = Field(
        None,
        description="when the person spoke; every clock starts here; set by staff, partners, devices; default: now",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.text or self.topic or self.ratings or self.answers):
            raise PydanticCustomError(
                "says_nothing",
                "At least one of text, topic, ratings, answers is needed.",
                {"fr": "Il faut au moins l'un de : text, topic, ratings, answers."},
            )
        return self


MOST_IN_A_BATCH = 1_000
LARGEST_BATCH_BYTES = 24_000_000
"""A thousand of the longest texts in French or English."""


class BatchItem(FeedbackIn):
    """Feedback as it is sent alone, and the key under which it is sent again."""

    model_config = shown(
        {
            "touchpoint": "kiosk-downtown",
            "ratings": [{"measure": "ces", "value": 6}],
            "submitted_at": "2026-11-23T15:02:11Z",
            "tracking_code": "0E94-ZFRZ-MXY3-2C4JP",
            "idempotency_key": "kiosk-7-000412",
        }
    )

    idempotency_key: str | None = Field(
        None,
        min_length=8,
        max_length=128,
        pattern=KEY_PATTERN,
        description="as the header `Idempotency-Key` of one sent alone; default: the batch's with the item's index",
    )


class BatchIn(Wire):
    """Each item is read by itself: what is wrong with one is told in its outcome."""

    model_config = shown(
        {
            "items": [
                {
                    "touchpoint": "kiosk-downtown",
                    "ratings": [{"measure": "ces", "value": 6}],
                    "submitted_at": "2026-11-23T15:02:11Z",
                    "idempotency_key": "kiosk-7-000412",
                },
                {
                    "channel": "letter",
                    "kind": "enquiry",
                    "service": "pensions",
                    "text": "Quand ma pension sera-t-elle versée ?",
                    "external_reference": "LET-2026-0815",
                },
            ]
        }
    )

    items: list[Annotated[BatchItem, READ_LATER]] = Field(min_length=1, max_length=MOST_IN_A_BATCH)


class BatchOutcome(BaseModel):
    """What became of an item: its receipt, or why there is none."""

    index: int = Field(description="place of the item in the batch, from 0")
    status: int = Field(examples=[201], description="what one sent alone would have been answered")
    receipt: "Receipt | None" = None
    problem: SerializeAsAny[ProblemDetails] | None = Field(None, description="its pointers are into the item")


class BatchOut(BaseModel):
    """An outcome for each item, in the order in which they were sent."""

    model_config = shown(
        {
            "accepted": 1,
            "refused": 1,
            "not_kept": 0,
            "outcomes": [
                {
                    "index": 0,
                    "status": 201,
                    "receipt": {
                        "id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50",
                        "reference": "EC-7K4Q-28M1",
                        "tracking_code": "FBT6-277T-A4H6-QT3DF",
                        "status": "received",
                        "submitted_at": "2026-11-23T14:05:00Z",
                        "next_step": NEXT_STEPS["received"].model_dump(),
                    },
                    "problem": None,
                },
                {
                    "index": 1,
                    "status": 422,
                    "receipt": None,
                    "problem": {
                        "type": "urn:ecoute:problem:invalid-request",
                        "title": "The request does not have the form that is asked for: see `errors`.",
                        "status": 422,
                        "request_id": "0199b3f2-7a10-7b61-a7a5-6b0c9f1d2e33",
                        "errors": [
                            {
                                "pointer": "/ratings/0",
                                "code": "off_scale",
                                "detail": "The mark is not on the measure's scale, from 1 to 5.",
                            }
                        ],
                    },
                },
            ],
        }
    )

    accepted: int = Field(description="how many have a receipt")
    refused: int
    not_kept: int = Field(
        0, description="of the accepted, how many are kept nowhere: their receipts have `kept: false`"
    )
    outcomes: list[BatchOutcome]


class Receipt(BaseModel):
    """What the person gets at once. The tracking code is the secret: show it, do not keep it."""

    model_config = shown(
        {
            "id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50",
            "reference": "EC-7K4Q-28M1",
            "tracking_code": "FBT6-277T-A4H6-QT3DF",
            "status": "received",
            "submitted_at": "2026-11-23T14:05:00Z",
            "next_step": NEXT_STEPS["received"].model_dump(),
            "kept": True,
        }
    )

    id: UUID
    reference: str = Field(examples=["EC-7K4Q-28M1"], description="public; confers nothing")
    tracking_code: str = Field(description="80 bits and a check character, readable aloud")
    status: str = Field(examples=["received"], description="`received`; `erased` where it came before and was erased")
    submitted_at: datetime
    next_step: Bilingual
    kept: bool = Field(
        True,
        description="false where what was sent now is kept nowhere. Something else came before under this "
        "`external_reference`: that stands, the receipt and its code are of that, for nobody else, and what was sent "
        "now needs a reference of its own. Or, where `status` says so, it was erased: it is not to come again",
    )
