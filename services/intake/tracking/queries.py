"""Finds what belongs to a tracking code."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.codes import SETTLED
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback
from services.intake.persons.keys import Erased, MasterKey, PersonKey
from services.intake.persons.models import Person
from services.intake.slips.queries import awaited
from services.intake.tracking.codes import normalise, tracking_digest
from services.intake.tracking.conversation import Said, conversation, said_of
from services.intake.tracking.errors import TrackingCodeMissing, TrackingCodeMistyped, TrackingCodeUnknown
from services.intake.tracking.holder import withholds
from services.intake.tracking.next_steps import NEXT_STEPS, UNDATED, WITHHELD, next_step
from services.intake.tracking.schemas import EvaluationOut, Tracking
from services.intake.tracking.situations import Known, Standing, standing

MOST_MESSAGES = 50


async def feedback_of(session: AsyncSession, secret: str, code: str | None, *, lock: bool = False) -> Feedback:
    """The feedback that a code opens; else the problem that says what is wrong with the code. `Erased` once it is."""
    feedback = await any_feedback_of(session, secret, code, lock=lock)
    if feedback.erased_at is not None:
        raise Erased
    return feedback


async def any_feedback_of(session: AsyncSession, secret: str, code: str | None, *, lock: bool = False) -> Feedback:
    """The same, erased or not."""
    query = select(Feedback).where(Feedback.tracking_digest == _digest_of(secret, code))
    feedback = await session.scalar(query.with_for_update() if lock else query)
    if feedback is None:
        raise TrackingCodeUnknown
    return feedback


async def is_known(session: AsyncSession, secret: str, code: str | None) -> None:
    """Else the problem that says what is wrong with the code. For who takes other locks before that of the feedback."""
    query = select(Feedback.id).where(Feedback.tracking_digest == _digest_of(secret, code))
    if await session.scalar(query) is None:
        raise TrackingCodeUnknown


def _digest_of(secret: str, code: str | None) -> bytes:
    if code is None:
        raise TrackingCodeMissing
    if normalise(code) is None:
        raise TrackingCodeMistyped
    return tracking_digest(secret, code)


async def person_key_of(session: AsyncSession, master_key: MasterKey, feedback: Feedback) -> PersonKey:
    wrapped = await session.scalar(select(Person.key).where(Person.id == feedback.person_id))
    return master_key.person_key(feedback.person_id, wrapped)


async def tracking(session: AsyncSession, desk: Desk, code: str | None, now: datetime) -> Tracking:
    """Everything that the person is told."""
    digest = _digest_of(desk.secret, code)
    feedback = await session.scalar(select(Feedback).where(Feedback.tracking_digest == digest))
    if feedback is None:
        return await _awaited(session, digest)
    if feedback.erased_at is not None:
        raise Erased
    key = await person_key_of(session, desk.master_key, feedback)
    said = await said_of(session, feedback)
    now_stands = stands(said, now, desk)
    withheld = withholds(feedback)
    entries = conversation(said, key, withheld=withheld)
    is_over = now_stands.situation == "withdrawn"
    takes_no_message = is_over or (said.view is not None and said.view.is_over(now))
    is_dated = said.view is not None and said.view.state not in UNDATED and not is_over
    return Tracking.model_validate(
        {
            "id": feedback.id,
            "reference": feedback.reference,
            "submitted_at": feedback.submitted_at,
            "status": "withdrawn" if feedback.withdrawn_at else said.view.state if said.view else "received",
            "situation": now_stands.situation,
            "next_step": next_step(now_stands.situation, now_stands.by, desk.zone, withheld=withheld),
            "next_by": now_stands.by,
            "answer_by": said.view.reply_due_at if said.view and is_dated else None,
            "team": said.teams[said.view.team] if said.view else None,
            "withheld": WITHHELD if withheld else None,
            "conversation": entries,
            "evaluation_asked": _is_evaluation_asked(said) and not (withheld or is_over),
            "evaluations": [EvaluationOut.model_validate(one, from_attributes=True) for one in said.evaluations],
            "messages_left": 0 if takes_no_message else MOST_MESSAGES - len(said.messages),
        }
    )


async def _awaited(session: AsyncSession, digest: bytes) -> Tracking:
    """What a slip's code shows until what was said with it arrives."""
    slip = await awaited(session, digest)
    if slip is None:
        raise TrackingCodeUnknown
    return Tracking(id=slip.feedback_id, status="awaited", situation="awaited", next_step=NEXT_STEPS["awaited"])


def stands(said: Said, now: datetime, desk: Desk) -> Standing:
    """Where it stands for the person."""
    latest = said.latest_answer
    evaluation = said.evaluation_of(latest.answer if latest else None)
    question = said.questions[-1] if said.questions else None
    is_answered = question is not None and said.is_answered(question)
    waits_since = max((one.happened_at for one in said.entries if one.kind == "wait"), default=None)
    has_answered = waits_since is None or any(one.sent_at > waits_since for one in said.messages)
    known = Known(
        withdrawn=said.feedback.withdrawn_at is not None,
        latest_delivery=latest.delivery if latest else None,
        latest_solved=evaluation.solved if evaluation else None,
        question_open_until=question.until if question and said.is_asked_still(question) else None,
        answered_last_question=is_answered and has_answered,
        on_the_spot=latest is not None and said.is_on_the_spot(latest),
        withheld=withholds(said.feedback),
    )
    return standing(said.view, known, now, desk.zone, desk.late_days)


def _is_evaluation_asked(said: Said) -> bool:
    latest = said.latest_answer
    is_settled = said.view is not None and said.view.state in SETTLED
    return is_settled and latest is not None and said.evaluation_of(latest.answer) is None
