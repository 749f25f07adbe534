"""From what was sent to what will be written: everything that can be refused is refused here, before any write."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from libs.common.clock import SKEW
from libs.common.field_problems import field_problem
from libs.common.ids import new_id
from libs.common.languages import Bilingual
from libs.common.problems import InvalidRequest, Problem, UnknownCode
from libs.common.telemetry import traceparent
from libs.contracts.codes import Author
from libs.contracts.references import new_reference
from services.intake.catalogue.models import FILLED_IN
from services.intake.catalogue.schemas import EntryKind
from services.intake.feedback import checks
from services.intake.feedback.arrival import Arrival
from services.intake.feedback.claims import Claim, claims_of, slip_of
from services.intake.feedback.errors import (
    ServiceOutOfScope,
    SubmittedInTheFuture,
)
from services.intake.feedback.events import TELLABLE
from services.intake.feedback.models import resolution_note_of, submitter_of, words_of
from services.intake.feedback.schemas import FeedbackIn, PersonIn
from services.intake.feedback.sender import Sender
from services.intake.notices.recipients import reply_by, told_by_mail
from services.intake.persons.models import contact_of
from services.intake.tracking.codes import (
    own_tracking_digest,
    tracking_code,
)
from services.intake.verbatims.encoding import restore_windows_1252

ROUTE = "POST /v1/feedback"

_CODES: tuple[EntryKind, ...] = ("touchpoint", "service", "service_point", "topic")
_AS_SENT = {
    "historical",
    "external_reference",
    "experienced_on",
    "touchpoint",
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
    "concerns_staff",
    "urgent",
    "response_requested",
    "about_channels",
    "ratings",
    "consent",
}
_NAMED_BY = ("name", "email", "phone")
Contact = tuple[bytes, Author]


@dataclass(frozen=True)
class Submission:
    """Feedback ready to be written, in clear only where events may carry it."""

    feedback: dict[str, Any]
    person: dict[str, Any]
    contacts: tuple[Contact, ...]
    """By which digests it is found, and whose contact data each is of."""
    links: tuple[bytes, ...]
    """Those of them that link it to the person's other feedback, as the person allows."""
    claims: tuple[Claim, ...]
    refused: Problem | None
    """Why it cannot be written, unless it came before: what was accepted once is answered for ever."""
    traceparent: str | None
    tracking_code: str = field(repr=False)
    """In clear only here, for the receipt."""

    @property
    def id(self) -> UUID:
        feedback_id: UUID = self.feedback["id"]
        return feedback_id


def prepare(arrival: Arrival, body: FeedbackIn, key: str | None, *, route: str = ROUTE) -> Submission:
    """Check, complete and encrypt. Raises the problem that says what is wrong with the body."""
    desk, sender, now = arrival.desk, arrival.sender, arrival.now
    checks.refuse_what_is_not_built(body)
    checks.refuse_what_is_not_theirs(body, sender)
    checks.refuse_what_has_not_happened(body, now)
    claims, body = claims_of(arrival, body, key, route), _in_their_own_name(body)
    checks.refuse_what_cannot_be_answered(body)
    slip = slip_of(arrival, body)
    said = body.model_dump(include=_AS_SENT)
    _fill_in(said, arrival, body.submitted_at)
    said["reply_by"] = reply_by(body, said["channel"])
    feedback_id, person_id = slip.feedback_id if slip else new_id(), new_id()
    person_key, wrapped = desk.master_key.new_person_key(person_id)

    def sealed(text: str | None, about: str) -> bytes | None:
        return person_key.encrypt(text, about) if text else None

    text = restore_windows_1252(body.text) if body.text else None
    contact, submitter = _contact(body), _submitter(body)
    by_person, by_submitter = desk.blind.digests(contact), desk.blind.digests(submitter)
    links = by_person if _may_be_linked(body) else ()
    code = tracking_code(desk.secret, feedback_id, 1)
    spot = body.resolved_on_the_spot
    return Submission(
        feedback=said
        | {
            "id": feedback_id,
            "external_reference": body.external_reference if _is_code(body.external_reference) else None,
            "told_by_mail": told_by_mail(body),
            "reference": new_reference(),
            "person_id": person_id,
            "person_ref": uuid4() if links else None,
            "tracking_digest": own_tracking_digest(desk.secret, code),
            "tracking_generation": 1,
            "version": 1,
            "words": sealed(text, words_of(feedback_id)),
            "verbatim_pending": text is not None,
            "source": sender.source,
            "source_code": sender.code,
            "submitted_at": _submitted_at(body, now),
            "recorded_at": now,
            "declared_kind": body.kind,
            "submitted_by": body.submitted_by.model_dump(include={"role", "authority"}) if body.submitted_by else None,
            "submitter": sealed(_json(submitter), submitter_of(feedback_id)),
            "resolved_on_the_spot": {"remedy": spot.remedy, "agent": sender.agent} if spot else None,
            "resolution_note": sealed(spot.note if spot else None, resolution_note_of(feedback_id)),
            "interaction": body.interaction.model_dump(exclude={"reference"}) if body.interaction else None,
        },
        person={
            "id": person_id,
            "key": wrapped,
            "contact": sealed(_json(contact), contact_of(person_id)),
            "language": body.person.language if body.person else None,
            "accessible_format": body.person.accessible_format if body.person else None,
            "recorded_at": now,
        },
        contacts=_contacts(body, by_person, by_submitter),
        links=links,
        claims=claims,
        refused=_unknown_codes(arrival, body, said) or _out_of_scope(arrival, body, said),
        traceparent=traceparent.get(),
        tracking_code=code,
    )


def _in_their_own_name(body: FeedbackIn) -> FeedbackIn:
    """Who says that they speak for themselves is the person: what they left of themselves is the person's."""
    by, person = body.submitted_by, body.person or PersonIn()
    if by is None or by.role != "self":
        return body
    own = [name for name in _NAMED_BY if getattr(person, name) in (None, getattr(by, name))]
    return body.model_copy(
        update={
            "person": person.model_copy(update={name: getattr(by, name) for name in own}),
            "submitted_by": by.model_copy(update=dict.fromkeys(own)),
            "reply_to": body.reply_to and "person",
        }
    )


def _contacts(body: FeedbackIn, by_person: Iterable[bytes], by_submitter: Iterable[bytes]) -> tuple[Contact, ...]:
    of_submitter: Author = "person" if body.submitted_by and body.submitted_by.role == "self" else "submitter"
    found = [*((digest, "person") for digest in by_person), *((digest, of_submitter) for digest in by_submitter)]
    return tuple(dict.fromkeys(found))


def _fill_in(said: dict[str, Any], arrival: Arrival, said_at: datetime | None) -> None:
    """What the touchpoint says, where it is missing."""
    if said["touchpoint"] is None:
        said["touchpoint"] = arrival.sender.touchpoint
    touchpoint, known = said["touchpoint"] or "", arrival.known
    filled_in: Mapping[str, str] = {}
    if known.takes("touchpoint", touchpoint, said_at):
        filled_in = known.filled_in.get(touchpoint, {})
    for name in FILLED_IN:
        if said.get(name) is None:
            said[name] = filled_in.get(name)
    if said["channel"] is None and said["touchpoint"] is None:
        text = Bilingual(
            fr="Il faut un canal, ou un point de contact qui le donne.",
            en="A channel is needed, or a touchpoint that tells it.",
        )
        raise InvalidRequest(errors=[field_problem("missing", text, pointer="/channel")])


def codes_of(body: FeedbackIn, sender: Sender) -> list[tuple[EntryKind, str]]:
    """The codes of the catalogue that it needs: those that it names, and the touchpoint that it comes from."""
    named = {kind: getattr(body, kind) for kind in _CODES}
    named["touchpoint"] = named["touchpoint"] or sender.touchpoint
    return [(kind, code) for kind, code in named.items() if code is not None]


def _unknown_codes(arrival: Arrival, body: FeedbackIn, said: Mapping[str, Any]) -> UnknownCode | None:
    """Of the codes that it names; of the sender's own touchpoint where that alone could have told the channel.

    What was said before a code was retired is taken with it: `submitted_at` is from who knows when that was.
    """
    unknown = [
        kind
        for kind, code in codes_of(body, arrival.sender)
        if not arrival.known.takes(kind, code, body.submitted_at) and (getattr(body, kind) or said["channel"] is None)
    ]
    return UnknownCode.at(unknown) if unknown else None


def _out_of_scope(arrival: Arrival, body: FeedbackIn, said: Mapping[str, Any]) -> ServiceOutOfScope | None:
    where_to_turn = arrival.known.where_to_turn(said["service"] or "", body.submitted_at)
    if where_to_turn is None:
        return None
    text = Bilingual(fr="Ce service relève d'autres que nous.", en="This service is given by others.")
    return ServiceOutOfScope(where_to_turn, errors=[field_problem("out_of_scope", text, pointer="/service")])


def _submitted_at(body: FeedbackIn, now: datetime) -> datetime:
    if body.submitted_at is None:
        return now
    if body.submitted_at > now + SKEW:
        raise SubmittedInTheFuture
    return min(body.submitted_at, now).astimezone(UTC)


def _contact(body: FeedbackIn) -> dict[str, str]:
    contact = (
        body.person.model_dump(include={"name", "email", "phone", "address"}, exclude_none=True) if body.person else {}
    )
    if body.interaction and body.interaction.reference:
        contact["interaction_reference"] = body.interaction.reference
    if body.external_reference and not _is_code(body.external_reference):
        contact["external_reference"] = body.external_reference
    return contact


def _is_code(reference: str | None) -> bool:
    """In clear only where it cannot be words: else it lies with the contact data."""
    return TELLABLE.fullmatch(reference or "") is not None


def _may_be_linked(body: FeedbackIn) -> bool:
    return any(consent.purpose == "link" and consent.given for consent in body.consent)


def _submitter(body: FeedbackIn) -> dict[str, str]:
    if body.submitted_by is None:
        return {}
    return body.submitted_by.model_dump(include={*_NAMED_BY}, exclude_none=True)


def _json(contact: Mapping[str, str]) -> str | None:
    return orjson.dumps(contact).decode() if contact else None
