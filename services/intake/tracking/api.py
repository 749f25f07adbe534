"""The person, with a code: never in the address, always in the header `Tracking-Code`."""

from typing import Annotated

from fastapi import APIRouter, Security
from fastapi.security import APIKeyHeader

from libs.common.clock import Now
from libs.common.db import Session
from libs.common.problems import responses
from services.intake.desk import DeskOf
from services.intake.persons.keys import Erased
from services.intake.tracking import queries, service
from services.intake.tracking.errors import (
    AlreadyEvaluated,
    NotAnsweredYet,
    TrackingCodeMissing,
    TrackingCodeMistyped,
    TrackingCodeUnknown,
)
from services.intake.tracking.schemas import EvaluationIn, EvaluationOut, Tracking

router = APIRouter(tags=["tracking"])

_header = APIKeyHeader(
    name="Tracking-Code",
    scheme_name="TrackingCode",
    auto_error=False,
    description="the secret given with the receipt; hyphens and case do not matter",
)
TrackingCode = Annotated[str | None, Security(_header)]
CODE_PROBLEMS = (TrackingCodeMissing, TrackingCodeMistyped, TrackingCodeUnknown)


@router.get("/v1/tracking", responses=responses(*CODE_PROBLEMS, Erased))
async def get_tracking(session: Session, desk: DeskOf, tracking_code: TrackingCode) -> Tracking:
    """Where it stands, what happens next and by when, who answers, and the replies."""
    return await queries.tracking(session, desk.master_key, desk.secret, tracking_code)


@router.post(
    "/v1/tracking/evaluation",
    status_code=201,
    responses=responses(*CODE_PROBLEMS, Erased, NotAnsweredYet, AlreadyEvaluated),
)
async def evaluate_answer(
    body: EvaluationIn, session: Session, desk: DeskOf, now: Now, tracking_code: TrackingCode
) -> EvaluationOut:
    """Say whether the latest answer solved it: once per answer. The same again gets the same answer."""
    return await service.evaluate(session, desk, tracking_code, body, now)
