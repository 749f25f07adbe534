"""The person, with a code: never in the address, always in the header `Tracking-Code`."""

from fastapi import APIRouter

from libs.common.clock import Now
from libs.common.db import Session, Snapshot
from libs.common.problems import InvalidRequest, responses
from services.intake.desk import DeskOf
from services.intake.messages.errors import AuthorityNeeded
from services.intake.persons.keys import Erased
from services.intake.tracking import queries, service
from services.intake.tracking.code import CODE_PROBLEMS, RETRY_PROBLEMS, RetryableByCode, TrackingCode
from services.intake.tracking.errors import AlreadyEvaluated, NotAnsweredYet
from services.intake.tracking.schemas import EvaluationIn, EvaluationOut, Tracking

router = APIRouter(tags=["tracking"])


@router.get("/v1/tracking", responses=responses(*CODE_PROBLEMS, Erased))
async def get_tracking(session: Snapshot, desk: DeskOf, now: Now, tracking_code: TrackingCode) -> Tracking:
    """Where it stands, what happens next and by when, who answers, and the conversation."""
    return await queries.tracking(session, desk, tracking_code, now)


@router.post(
    "/v1/tracking/evaluation",
    status_code=201,
    responses=responses(
        *CODE_PROBLEMS, InvalidRequest, Erased, AuthorityNeeded, NotAnsweredYet, AlreadyEvaluated, *RETRY_PROBLEMS
    ),
)
async def evaluate_answer(
    body: EvaluationIn, session: Session, desk: DeskOf, now: Now, once: RetryableByCode, tracking_code: TrackingCode
) -> EvaluationOut:
    """Say whether the latest answer solved it: once per answer. The same again gets the same answer."""
    return await once(body, service.evaluate(session, desk, tracking_code, body, now))
