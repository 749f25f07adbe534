"""The form as the API's own schema, and what is wrong with it in a person's words."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from libs.common.languages import Bilingual, language_of_request, said
from libs.common.problems import Problem
from libs.contracts.codes import Purpose
from libs.pages.forms import Filled, Wrong, body_of, read, wrong_of
from services.intake.feedback.schemas import FeedbackIn
from services.intake.pages.feedback.choices import Choices

FIELDS = (
    *("touchpoint", "kind", "service", "service_point", "topic", "text", "experienced_on"),
    *("person.name", "person.email", "person.phone", "person.address", "person.language", "person.accessible_format"),
    *("reply_by", "reply_to", "disclosure"),
    *("submitted_by.role", "submitted_by.name", "submitted_by.email", "submitted_by.phone"),
)
PURPOSES: tuple[Purpose, ...] = ("contact", "publish", "research", "link")
CONSENT_TEXTS = "form-1"
"""Which wording of the consents somebody agreed to: another wording is another number."""

FORMATS: Mapping[str, Bilingual] = {
    "large-print": Bilingual(fr="Gros caractères", en="Large print"),
    "easy-read": Bilingual(fr="Facile à lire", en="Easy to read"),
    "braille": Bilingual(fr="Braille", en="Braille"),
    "audio": Bilingual(fr="Enregistrement sonore", en="Audio"),
    "sign-language": Bilingual(fr="Langue des signes", en="Sign language"),
}

_IN_PLAIN_WORDS: Mapping[str, tuple[str | None, Bilingual]] = {
    "says_nothing": (
        "text",
        Bilingual(
            fr="Dites-nous au moins quelques mots, un sujet ou une note.",
            en="Tell us at least a few words, a topic or a mark.",
        ),
    ),
    "IdempotencyKeyReused": (
        None,
        Bilingual(
            fr="Ce message est déjà parti, avec un autre contenu. Si ceci en est un autre, envoyez-le de nouveau.",
            en="This message was sent already, with another content. If this is another one, send it again.",
        ),
    ),
}
"""Where the API speaks to programs: at which field it is shown, and how it is said here."""

_WHO_ARE_YOU = said(
    "Pour que la réponse vous parvienne, dites ici qui vous êtes pour cette personne, et laissez votre courriel ou "
    "votre téléphone.",
    "For the answer to reach you, say here who you are to that person, and leave your e-mail or phone.",
)
"""To who is to be answered in somebody else's place, and has said nothing of themselves."""


class Arrived(BaseModel):
    """What an address may fill in, such as that of a QR code at a desk."""

    service: str = Field("", max_length=64)
    service_point: str = Field("", max_length=64)
    touchpoint: str = Field("", max_length=64)


def begun(arrived: Arrived, choices: Choices) -> Filled:
    """The empty form, with what the address says and the catalogue knows today."""
    place = choices.touchpoints.get(arrived.touchpoint, {})
    return Filled(
        {
            "touchpoint": place.get("code", ""),
            "service": arrived.service or place.get("service") or "",
            "service_point": arrived.service_point or place.get("service_point") or "",
        }
    )


def feedback_of(sent: FormData, zone: ZoneInfo) -> FeedbackIn:
    """What was sent, as the API reads it. `InvalidRequest` as the API says it."""
    body = body_of(sent, FIELDS, zone)
    if "submitted_by" in body:
        body["submitted_by"]["authority"] = "declared" if sent.get("authority") else "none"
    if mark := sent.get("ratings"):
        body["ratings"] = [{"measure": "csat", "value": mark}]
    body["consent"] = [
        {"purpose": purpose, "given": True, "text_version": CONSENT_TEXTS}
        for purpose in PURPOSES
        if sent.get(f"consent.{purpose}")
    ]
    ticked = {name: True for name in ("concerns_staff", "response_requested") if sent.get(name)}
    return read(FeedbackIn, {"channel": "web", **body, **ticked})


def wrong_with(problem: Problem) -> list[Wrong]:
    """What to correct, each at its field."""
    codes = [one.code for one in problem.errors] or [type(problem).__name__]
    return [_plainly(code, wrong) for code, wrong in zip(codes, wrong_of(problem), strict=True)]


def _plainly(code: str, wrong: Wrong) -> Wrong:
    if code in _IN_PLAIN_WORDS:
        field, text = _IN_PLAIN_WORDS[code]
        return Wrong(field, text.in_(language_of_request.get()))
    if wrong.field == "submitted_by":
        return Wrong("submitted_by.role", _WHO_ARE_YOU.in_(language_of_request.get()))
    return Wrong("ratings", wrong.detail) if (wrong.field or "").startswith("ratings.") else wrong
