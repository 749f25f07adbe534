"""Who is told by mail what happens, and at which address."""

from collections.abc import Sequence
from typing import Any

import orjson

from libs.contracts.codes import FOR_OTHERS, Author
from services.intake.feedback.models import Feedback, submitter_of
from services.intake.feedback.schemas import FeedbackIn, SubmittedByIn
from services.intake.persons.keys import PersonKey
from services.intake.persons.models import Person, contact_of


def told_by_mail(body: FeedbackIn) -> list[Author]:
    """Those who chose mail, or left an address and chose nothing; nobody for what is brought in from before.

    Never staff who wrote it down: it may be about them.

    Where `reply_to` is missing: who spoke for somebody else, if they say that they may; else the person.
    """
    if body.historical or body.reply_by not in (None, "email"):
        return []
    if body.reply_by is None and any(one.purpose == "contact" and not one.given for one in body.consent):
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
