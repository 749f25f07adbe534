"""By which means people are told what happens, whom mail goes to, and at which address."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from libs.contracts.codes import FOR_OTHERS, Author, Channel, ReplyBy
from services.intake.feedback.models import Feedback, submitter_of
from services.intake.feedback.schemas import FeedbackIn, SubmittedByIn
from services.intake.persons.keys import PersonKey
from services.intake.persons.models import Person, contact_of

_FEWEST_DIGITS: Final = 4
_AS_THEY_CAME: Final[Mapping[Channel | None, Sequence[ReplyBy]]] = {
    "phone": ("phone", "letter"),
    "letter": ("letter", "phone"),
    "fax": ("letter", "phone"),
}
"""Who comes by these is shown no page. The first means that they left the data for is taken."""


def told_by_mail(body: FeedbackIn) -> list[Author]:
    """Those who chose mail, or left an address and chose nothing; nobody for what is brought in from before.

    Never staff who wrote it down: it may be about them.

    Where `reply_to` is missing: who spoke for somebody else, if they say that they may; else the person.
    """
    if body.historical or body.reply_by not in (None, "email"):
        return []
    if body.reply_by is None and _refuses_contact(body):
        return []
    reachable: list[Author] = []
    if body.person and body.person.email:
        reachable.append("person")
    by = body.submitted_by
    if by and by.email and by.role in FOR_OTHERS:
        reachable.append("submitter")
    asked: Sequence[str] = {
        "both": ("person", "submitter"),
        None: ("submitter",) if speaks_for_another(by) else ("person",),
    }.get(body.reply_to, (str(body.reply_to),))
    chosen = [one for one in reachable if one in asked]
    return chosen if chosen or body.reply_to else reachable


def reply_by(body: FeedbackIn, channel: Channel | None) -> ReplyBy | None:
    """The means that they chose. Who chose none, and gets no mail, is answered as they came, where staff can.

    Not who stays anonymous or refused to be contacted, nor what is brought in from before.
    """
    if body.reply_by is not None or body.historical or body.disclosure == "anonymous":
        return body.reply_by
    if _refuses_contact(body) or told_by_mail(body):
        return None
    is_for_another = body.reply_to == "submitter" or (body.reply_to is None and speaks_for_another(body.submitted_by))
    address = None if is_for_another or body.person is None else body.person.address
    who = body.submitted_by if is_for_another else body.person
    is_there: Mapping[ReplyBy, bool] = {"letter": bool(address), "phone": bool(who and can_be_called(who.phone))}
    return next((means for means in _AS_THEY_CAME.get(channel, ()) if is_there[means]), None)


def can_be_called(number: str | None) -> bool:
    """Whether it has digits enough to be anybody's number."""
    return sum(map(str.isdecimal, number or "")) >= _FEWEST_DIGITS


def _refuses_contact(body: FeedbackIn) -> bool:
    return any(one.purpose == "contact" and not one.given for one in body.consent)


def speaks_for_another(by: SubmittedByIn | None) -> bool:
    """Whether they say that they may."""
    return by is not None and by.role in FOR_OTHERS and by.authority != "none"


def address_of(feedback: Feedback, person: Person, key: PersonKey, recipient: str) -> str | None:
    """The address, looked up at the moment of sending; nothing where it is gone."""
    sealed, about = (
        (feedback.submitter, submitter_of(feedback.id))
        if recipient == "submitter"
        else (person.contact, contact_of(person.id))
    )
    if sealed is None:
        return None
    contact: dict[str, Any] = orjson.loads(key.decrypt(sealed, about))
    address: str | None = contact.get("email")
    return address
