"""The mail that brings lost codes: those of every feedback that came with this address, as they are in force now."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.days import day_of, written
from libs.common.languages import Language, language_of, said
from services.intake.feedback.models import Feedback
from services.intake.notices.house import House
from services.intake.notices.texts import GREETING, NO_REPLY
from services.intake.notices.writing import BOTH, Letter, joined
from services.intake.persons.contact import NO_REGION, BlindIndex
from services.intake.persons.models import ContactIndex
from services.intake.recovery.mailing import MOST_CODES, is_theirs
from services.intake.tracking.codes import tracking_code

SUBJECT: Final = said("Vos codes de suivi", "Your tracking codes")
ASKED: Final = said(
    "Quelqu'un nous a demandé les codes de suivi des messages qui nous sont venus avec cette adresse. Avec son code, "
    "on voit où en est un message et on peut y ajouter quelque chose : gardez-les pour vous.",
    "Somebody asked us for the tracking codes of the messages that came to us with this address. With its code, one "
    "sees where a message stands and can add something to it: keep them to yourself.",
)
ONE: Final = said("Message du {day}, référence {reference} :", "Message of {day}, reference {reference}:")
NOT_YOU: Final = said(
    "Si ce n'était pas vous, vous n'avez rien à faire : ces codes ne sont venus qu'à vous.",
    "If it was not you, there is nothing to do: these codes have come to you alone.",
)


async def codes_letter(session: AsyncSession, address: str, language: str | None, house: House) -> Letter | None:
    """The letter; None where nothing that came with the address is there any more."""
    rows = await session.execute(
        select(Feedback, ContactIndex.whose)
        .join(ContactIndex, ContactIndex.feedback_id == Feedback.id)
        .where(ContactIndex.digest == BlindIndex(house.secret, NO_REGION).email(address))
        .order_by(Feedback.submitted_at.desc(), Feedback.id)
        .limit(MOST_CODES)
    )
    theirs = {feedback.id: feedback for feedback, whose in rows if is_theirs(feedback, whose)}
    return _letter(list(theirs.values()), language_of(language), house) if theirs else None


def _letter(feedbacks: Sequence[Feedback], chosen: Language | None, house: House) -> Letter:
    parts = [_part(feedbacks, one, house) for one in ([chosen] if chosen else BOTH)]
    subject = SUBJECT.in_(chosen) if chosen else f"{SUBJECT.fr} / {SUBJECT.en}"
    return Letter(subject=subject, text=joined(parts), language=chosen, told={})


def _part(feedbacks: Sequence[Feedback], language: Language, house: House) -> str:
    codes = [_code(one, language, house) for one in feedbacks]
    end = NO_REPLY.in_(language).format(reference=feedbacks[0].reference)
    blocks = [GREETING.in_(language), ASKED.in_(language), *codes, NOT_YOU.in_(language), house.name, end]
    return "\n\n".join(block for block in blocks if block)


def _code(feedback: Feedback, language: Language, house: House) -> str:
    day = written(day_of(feedback.submitted_at, house.zone), language)
    code = tracking_code(house.secret, feedback.id, feedback.tracking_generation)
    lines = [ONE.in_(language).format(day=day, reference=feedback.reference), code]
    if house.follow_url:
        lines.append(f"{house.follow_url}#{code}")
    return "\n".join(lines)
