"""The person, with a code, adds something or withdraws."""

from fastapi import APIRouter

from libs.common.clock import Now
from libs.common.db import Session
from libs.common.problems import InvalidRequest, responses
from services.intake.desk import DeskOf
from services.intake.messages import service
from services.intake.messages.errors import (
    AuthorityNeeded,
    QuestionNotFound,
    TooLateToComeBack,
    TooManyMessages,
    Withdrawn,
)
from services.intake.messages.schemas import MessageIn, MessageReceipt, WithdrawalIn, WithdrawalOut
from services.intake.persons.keys import Erased
from services.intake.tracking.code import CODE_PROBLEMS, RETRY_PROBLEMS, RetryableByCode, TrackingCode

router = APIRouter(tags=["tracking"])


@router.post(
    "/v1/tracking/messages",
    status_code=201,
    responses=responses(
        *CODE_PROBLEMS,
        InvalidRequest,
        Erased,
        Withdrawn,
        TooLateToComeBack,
        TooManyMessages,
        QuestionNotFound,
        *RETRY_PROBLEMS,
    ),
)
async def add_message(
    body: MessageIn, session: Session, desk: DeskOf, now: Now, once: RetryableByCode, tracking_code: TrackingCode
) -> MessageReceipt:
    """Add something, or answer a question. It stands in the conversation at once; the team reads it redacted."""
    return await once(body, service.add_message(session, desk, tracking_code, body, now))


@router.post(
    "/v1/tracking/withdrawal",
    responses=responses(*CODE_PROBLEMS, InvalidRequest, Erased, AuthorityNeeded, *RETRY_PROBLEMS),
)
async def withdraw_feedback(
    body: WithdrawalIn, session: Session, desk: DeskOf, now: Now, once: RetryableByCode, tracking_code: TrackingCode
) -> WithdrawalOut:
    """No answer is wanted any more. A second time changes nothing, and is answered as the first."""
    return await once(body, service.withdraw_by_code(session, desk, tracking_code, now))
