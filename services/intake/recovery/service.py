"""A lost tracking code: another one by staff, or those in force to the address on file."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.idempotency import Once
from libs.common.ids import new_id
from libs.common.languages import Bilingual, said
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback, Reading
from services.intake.notices import planning
from services.intake.persons.keys import Erased
from services.intake.reading.access import readable
from services.intake.recovery.schemas import CodeIssued, NewCode, NewCodeIn, RecoveryAccepted, RecoveryIn
from services.intake.tracking.codes import tracking_code, tracking_digest
from services.intake.tracking.holder import withholds

ACCEPTED = RecoveryAccepted(
    next_step=Bilingual(
        fr="Si ces coordonnées accompagnent un message que nous avons, son code de suivi part à l'adresse électronique"
        " qui nous a été donnée avec lui. Rien ne vient ? Une personne peut vous donner un nouveau code.",
        en="If this contact came with a message that we have, its tracking code is on its way to the e-mail address"
        " that we were given with it. Nothing comes? A person can give you a new code.",
    )
)

NO_MAIL = RecoveryAccepted(
    next_step=said(
        "Aucun courriel ne part d'ici : une personne de l'équipe peut vous donner un nouveau code.",
        "No mail is sent from here: somebody of the team can give you a new code.",
    )
)

_ASK = text(
    """
    INSERT INTO recovery (digest, reference, asked_at) VALUES (:digest, :reference, :now)
    ON CONFLICT (digest) DO UPDATE SET asked_at = excluded.asked_at,
       reference = CASE WHEN recovery.asked_at IS NULL OR recovery.reference = excluded.reference
                        THEN excluded.reference END
    """  # of two who wait and name different messages nobody is passed over: the codes of all go
)


async def new_code(
    session: AsyncSession, desk: Desk, feedback_id: UUID, body: NewCodeIn, by: Principal, now: datetime, once: Once
) -> NewCode:
    """Another code, and the one before opens nothing any more. Kept is which of them it is, never the code."""
    feedback = await readable(session, feedback_id, by, lock=True)
    if feedback.erased_at is not None:
        raise Erased
    issued = await once(body, _issue(session, desk, feedback, body, by, now), CodeIssued)
    code = tracking_code(desk.secret, feedback_id, issued.generation)
    return NewCode(id=feedback_id, reference=feedback.reference, tracking_code=code)


async def _issue(
    session: AsyncSession, desk: Desk, feedback: Feedback, body: NewCodeIn, by: Principal, now: datetime
) -> CodeIssued:
    feedback.tracking_generation += 1
    code = tracking_code(desk.secret, feedback.id, feedback.tracking_generation)
    feedback.tracking_digest = tracking_digest(desk.secret, code)
    session.add(
        Reading(
            id=new_id(),
            feedback_id=feedback.id,
            read_by=by.subject,
            agent=by.agent,
            what="tracking_code",
            reason=body.reason,
            read_at=now,
        )
    )
    await _tell_who_is_told_by_mail(session, feedback, now)
    return CodeIssued(generation=feedback.tracking_generation)


async def _tell_who_is_told_by_mail(session: AsyncSession, feedback: Feedback, now: datetime) -> None:
    """Whoever asked: of the code that was theirs, those are told to whom it was given."""
    holders = [one for one in feedback.told_by_mail if one != "person" or not withholds(feedback)]
    await planning.write(session, planning.notices(feedback.id, holders, "new_code", new_id(), now))


async def ask(session: AsyncSession, desk: Desk, body: RecoveryIn, now: datetime) -> RecoveryAccepted:
    """Note that somebody asks. It is looked up later, elsewhere: nothing here depends on what there is.

    Where no mail is sent, nothing is noted, and that is said.
    """
    if not desk.sends_mail:
        return NO_MAIL
    for digest in desk.blind.digests({"email": body.email, "phone": body.phone}):
        await session.execute(_ASK, {"digest": digest, "reference": body.reference, "now": now})
    return ACCEPTED
