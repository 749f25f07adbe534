"""From what was sent to what will be written: everything that can be refused is refused here, before any write."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from libs.common.auth.principal import Principal
from libs.common.clock import SKEW
from libs.common.field_problems import field_problem
from libs.common.idempotency import KEPT, fingerprint, nobodys_key
from libs.common.ids import new_id
from libs.common.languages import Bilingual
from libs.common.problems import Problem
from libs.common.telemetry import traceparent
from libs.contracts.codes import STAFF, Author, Source
from services.intake.catalogue.schemas import EntryKind
from services.intake.desk import Desk
from services.intake.feedback.errors import (
    NotAvailableYet,
    NotYoursToSet,
    SubmittedInTheFuture,
    UnknownCode,
)
from services.intake.feedback.schemas import FeedbackIn
from services.intake.tracking.codes import new_reference, tracking_code, tracking_digest
from services.intake.verbatims.encoding import restore_windows_1252

ROUTE = "POST /v1/feedback"
WORDS = "words"
CONTACT = "contact"

_NOT_BUILT = (
    "answers",
    "concerns_staff",
    "resolved_on_the_spot",
    "submitted_by",
    "touchpoint",
    "tracking_code",
    "urgent",
)


@dataclass(frozen=True)
class Claim:
    """A key under which the same feedback is written once: an Idempotency-Key, or an external reference."""

    scope: str
    key: str
    fingerprint: bytes
    expires_at: datetime | None


@dataclass(frozen=True)
class Submission:
    """Feedback ready to be written, in clear only where events may carry it."""

    feedback: dict[str, Any]
    person: dict[str, Any]
    contacts: tuple[tuple[bytes, Author], ...]
    """By which digests it is found, and whose contact data each is of."""
    links: tuple[bytes, ...]
    """Those of them that link it to the person's other feedback, as the person allows."""
    claims: tuple[Claim, ...]
    refused: Problem | None
    """Why it cannot be written, unless it came before: what was accepted once is answered for ever."""
    traceparent: str | None

    @property
    def id(self) -> UUID:
        feedback_id: UUID = self.feedback["id"]
        return feedback_id


async def prepare(desk: Desk, body: FeedbackIn, by: Principal | None, key: str | None, now: datetime) -> Submission:
    """Check, complete and encrypt. Raises the problem that says what is wrong with the body."""
    _refuse_what_is_not_built(body)
    _refuse_what_is_not_theirs(body, by)
    feedback_id, person_id = new_id(), new_id()
    person_key, wrapped = desk.master_key.new_person_key(person_id)
    code = tracking_code(desk.secret, feedback_id, 1)
    text = restore_windows_1252(body.text) if body.text else None
    contact = _contact(body)
    found_by = desk.blind.digests(contact)
    linked = any(consent.purpose == "link" and consent.given for consent in body.consent)
    return Submission(
        feedback={
            **body.model_dump(
                include={
                    "historical",
                    "external_reference",
                    "experienced_on",
                    "channel",
                    "kind",
                    "topic",
                    "service",
                    "service_point",
                    "language",
                    "respondent",
                    "reply_to",
                    "reply_by",
                    "disclosure",
                    "response_requested",
                    "about_channels",
                    "ratings",
                    "consent",
                }
            ),
            "id": feedback_id,
            "reference": new_reference(),
            "person_id": person_id,
            "person_ref": uuid4() if linked else None,
            "tracking_digest": tracking_digest(desk.secret, code),
            "tracking_generation": 1,
            "version": 1,
            "words": person_key.encrypt(text, f"{WORDS} {feedback_id}") if text else None,
            "verbatim_pending": text is not None,
            "source": _source(by),
            "submitted_at": _submitted_at(body, now),
            "recorded_at": now,
            "declared_kind": body.kind,
            "interaction": body.interaction.model_dump(exclude={"reference"}) if body.interaction else None,
        },
        person={
            "id": person_id,
            "key": wrapped,
            "contact": person_key.encrypt(orjson.dumps(contact).decode(), f"{CONTACT} {person_id}")
            if contact
            else None,
            "language": body.person.language if body.person else None,
            "accessible_format": body.person.accessible_format if body.person else None,
            "recorded_at": now,
        },
        contacts=tuple((digest, "person") for digest in found_by),
        links=found_by if linked else (),
        claims=_claims(desk, body, by, key, now),
        refused=await _unknown_codes(desk, body),
        traceparent=traceparent.get(),
    )


def _refuse_what_is_not_built(body: FeedbackIn) -> None:
    fields = [name for name in _NOT_BUILT if getattr(body, name)]
    if body.disclosure == "confidential":
        fields.append("disclosure")
    if fields:
        text = Bilingual(fr="Ce champ n'est pas encore disponible.", en="This field is not available yet.")
        raise NotAvailableYet(errors=[field_problem("not_available_yet", text, pointer=f"/{name}") for name in fields])


def _refuse_what_is_not_theirs(body: FeedbackIn, by: Principal | None) -> None:
    theirs = {
        "submitted_at": _is_staff(by),
        "historical": by is not None and by.has("importer"),
        "external_reference": by is not None and by.has("importer"),
        "interaction": _is_staff(by),
    }
    fields = [name for name, allowed in theirs.items() if getattr(body, name) and not allowed]
    fields += [
        f"ratings/{place}/answered_by"
        for place, rating in enumerate(body.ratings)
        if not _is_staff(by) and rating.answered_by != "person"
    ]
    if fields:
        text = Bilingual(fr="Vous ne pouvez pas remplir ce champ.", en="You may not set this field.")
        raise NotYoursToSet(errors=[field_problem("not_yours_to_set", text, pointer=f"/{name}") for name in fields])


async def _unknown_codes(desk: Desk, body: FeedbackIn) -> UnknownCode | None:
    kinds: tuple[EntryKind, ...] = ("service", "service_point", "topic")
    given = [(kind, code) for kind in kinds if (code := getattr(body, kind)) is not None]
    unknown = await desk.codes.unknown(desk.database, given) if given else []
    if not unknown:
        return None
    text = Bilingual(fr="Ce code n'est pas au catalogue.", en="This code is not in the catalogue.")
    return UnknownCode(errors=[field_problem("unknown_code", text, pointer=f"/{kind}") for kind, _ in unknown])


def _submitted_at(body: FeedbackIn, now: datetime) -> datetime:
    if body.submitted_at is None:
        return now
    if body.submitted_at > now + SKEW:
        raise SubmittedInTheFuture
    return min(body.submitted_at, now).astimezone(UTC)


def _is_staff(by: Principal | None) -> bool:
    return by is not None and by.has(*STAFF)


def _source(by: Principal | None) -> Source:
    return "staff" if _is_staff(by) else "web_form"


def _contact(body: FeedbackIn) -> dict[str, str]:
    contact = (
        body.person.model_dump(include={"name", "email", "phone", "address"}, exclude_none=True) if body.person else {}
    )
    if body.interaction and body.interaction.reference:
        contact["interaction_reference"] = body.interaction.reference
    return contact


def _claims(desk: Desk, body: FeedbackIn, by: Principal | None, key: str | None, now: datetime) -> tuple[Claim, ...]:
    claims = []
    mark = fingerprint(desk.secret, body)
    if key is not None:
        if by is None:
            key = nobodys_key(key)
        claims.append(Claim(f"{by.subject if by else ''} {ROUTE}", key, mark, now + KEPT))
    if body.external_reference is not None:
        claims.append(Claim(f"external_reference {_source(by)}", body.external_reference, mark, None))
    return tuple(claims)
