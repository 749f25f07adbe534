"""Erases a person: their key, and with it all that was said by them and to them. Others are told to forget it too."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ARRAY, Uuid, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Forbidden, Principal
from libs.common.db import among
from libs.common.ids import new_id
from libs.common.languages import said
from libs.common.stream.erasure import bury, hold_readers
from libs.common.stream.events import Recorded, record
from libs.common.words import forget
from libs.contracts.cases import subjects_of
from libs.contracts.feedback import FeedbackWithdrawn, PersonErased
from services.intake.cases.models import CaseView
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback
from services.intake.messages.errors import AuthorityNeeded
from services.intake.messages.models import Message
from services.intake.privacy.errors import NewCodeNotTold
from services.intake.privacy.holdings import WORDS
from services.intake.privacy.models import BY_THE_PERSON, Erasure
from services.intake.privacy.queries import asked_for
from services.intake.privacy.schemas import ErasureDone, ErasureIn, ErasureReason, MyErasureOut
from services.intake.tracking.holder import withholds
from services.intake.tracking.queries import any_feedback_of, is_known

_WITHOUT_TEAM = said(
    "Par coordonnées, seul efface qui n'est dans aucune équipe : ce qui est caché à la vôtre resterait.",
    "By contact data, only somebody who is in no team erases: what is hidden from yours would stay.",
)
_IDS = bindparam("ids", type_=ARRAY(Uuid))
# Links go with the last feedback that they were made of.
_LINKED_BY = text("SELECT digest FROM contact_index WHERE feedback_id = ANY(:ids)").bindparams(_IDS)
_UNLINK = text(
    """
    DELETE FROM person_link WHERE digest = ANY(:digests)
       AND NOT EXISTS (SELECT FROM contact_index c JOIN feedback f ON f.id = c.feedback_id
                        WHERE c.digest = person_link.digest AND f.person_ref IS NOT NULL)
    """
)
# A reference that a partner gave is taken for ever, so that what is erased does not come again. Its fingerprint is not.
_FORGET_FINGERPRINTS = text(
    """
    UPDATE idempotency_key SET fingerprint = ''
     WHERE expires_at IS NULL AND answer IN (SELECT to_jsonb(id) FROM unnest(:ids) AS id)
    """
).bindparams(_IDS)

_IS_CODE_UNTOLD = text(
    "SELECT true FROM notice WHERE feedback_id = :feedback_id AND kind = 'new_code' AND state = 'waiting' LIMIT 1"
)


async def erase_by_staff(
    session: AsyncSession, desk: Desk, body: ErasureIn, by: Principal, now: datetime
) -> ErasureDone:
    """Erase what is named by ids or by contact data, and put it down in the register.

    Who asks by contact data is not told of feedback whose person stays anonymous: it is erased like the others.
    `Forbidden` by contact data for who is in a team: what is hidden from it would stay, and nobody would know.
    """
    if body.contact is not None and by.teams:
        raise Forbidden(detail=_WITHOUT_TEAM)
    await hold_readers(session)
    feedbacks, others = await asked_for(session, desk, body, by, lock=True)
    open_to_erase = [one for one in feedbacks if one.erased_at is None]
    line = await erase(session, open_to_erase, body.reason, by.subject, by.agent, now)
    await desk.ledger.append([one.id for one in open_to_erase], now)
    told = {one.id for one in feedbacks if body.contact is None or one.disclosure != "anonymous"}
    return ErasureDone.model_validate(
        {
            **{name: getattr(line, name) for name in ErasureDone.model_fields if hasattr(line, name)},
            "feedback_ids": [one.id for one in open_to_erase if one.id in told],
            "already_erased": [one.id for one in feedbacks if one.id in told and one not in open_to_erase],
            "spoke_for_others": others,
        }
    )


async def erase_by_code(session: AsyncSession, desk: Desk, code: str | None, now: datetime) -> MyErasureOut:
    """Erase the one feedback that the code opens, as its person asks. A second time is answered as the first.

    `AuthorityNeeded` where the code is in the hand of who spoke for the person without their authority.
    `NewCodeNotTold` while mail that the code was given out is still to be sent: with the erasure its address is gone.
    """
    await is_known(session, desk.secret, code)
    await hold_readers(session)
    feedback = await any_feedback_of(session, desk.secret, code, lock=True)
    if withholds(feedback):
        raise AuthorityNeeded
    if await session.scalar(_IS_CODE_UNTOLD, {"feedback_id": feedback.id}):
        raise NewCodeNotTold
    if feedback.erased_at is None:
        await erase(session, [feedback], "person_asked", BY_THE_PERSON, None, now)
        await desk.ledger.append([feedback.id], now)
    return MyErasureOut(erased_at=feedback.erased_at or now)


async def erase(
    session: AsyncSession,
    feedbacks: Sequence[Feedback],
    reason: ErasureReason,
    requested_by: str,
    agent: str | None,
    now: datetime,
) -> Erasure:
    """Tell it, take everything away, and leave tombstones: under the rows' locks, while no reader applies a slice."""
    ids = [one.id for one in feedbacks]
    rows = await session.scalars(select(CaseView).where(among(CaseView.feedback_id, ids)))
    views = {view.feedback_id: view for view in rows}
    await record(session, *[event for one in feedbacks for event in _told(one, views.get(one.id), now)])
    await session.flush()
    digests = list(await session.scalars(_LINKED_BY, {"ids": ids}))
    await forget(session, WORDS, {"feedback": ids, "person": [one.person_id for one in feedbacks]})
    await session.execute(_UNLINK, {"digests": digests})
    await session.execute(_FORGET_FINGERPRINTS, {"ids": ids})
    waiting = update(Message).where(among(Message.feedback_id, ids), Message.redaction_pending)
    await session.execute(waiting.values(redaction_pending=False))
    await bury(session, [subject for feedback_id in ids for subject in subjects_of(feedback_id)], now)
    line = Erasure(
        id=new_id(),
        requested_by=requested_by,
        agent=agent,
        reason=reason,
        feedback_ids=[str(feedback_id) for feedback_id in ids],
        requested_at=now,
    )
    session.add(line)
    return line


def _told(feedback: Feedback, view: CaseView | None, now: datetime) -> list[Recorded]:
    """`person.erased`, after `feedback.withdrawn` where an answer may still be owed."""
    feedback.erased_at, feedback.verbatim_pending = now, False
    events: list[Recorded] = []
    if feedback.withdrawn_at is None and (view is None or view.state != "closed"):
        feedback.withdrawn_at = now
        feedback.version += 1
        events.append(Recorded(FeedbackWithdrawn(effective_at=now), feedback.id, feedback.version, now))
    feedback.version += 1
    return [*events, Recorded(PersonErased(erased_at=now), feedback.id, feedback.version, now)]
