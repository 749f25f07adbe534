"""Taking in feedback, one by one or many at once."""

from fastapi import APIRouter, Response

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.idempotency import IdempotencyKey, IdempotencyKeyReused, KeyMustBeUuid, StillRunning
from libs.common.problems import InvalidRequest, ServiceUnavailable, UnknownCode, header, responses
from libs.contracts.codes import STAFF
from services.intake.desk import DeskOf
from services.intake.feedback import reception
from services.intake.feedback.batch import take_in_many
from services.intake.feedback.batcher import BatcherOf
from services.intake.feedback.errors import (
    IdempotencyKeyMissing,
    NotAvailableYet,
    NotYoursToSet,
    ReplyCannotReach,
    ServiceOutOfScope,
    SlipNotUsable,
    SubmittedInTheFuture,
)
from services.intake.feedback.schemas import BatchIn, BatchOut, FeedbackIn, Receipt
from services.intake.feedback.sender import SenderOf

router = APIRouter(tags=["feedback"])


@router.post(
    "/v1/feedback",
    status_code=201,
    openapi_extra={"security": [{}]},
    responses=responses(
        IdempotencyKeyMissing,
        Unauthenticated,
        Forbidden,
        InvalidRequest,
        NotAvailableYet,
        UnknownCode,
        NotYoursToSet,
        ReplyCannotReach,
        ServiceOutOfScope,
        SlipNotUsable,
        SubmittedInTheFuture,
        KeyMustBeUuid,
        IdempotencyKeyReused,
        StillRunning,
        ServiceUnavailable,
    )
    | {201: {"headers": {"Location": header("Location")}}},
)
async def submit_feedback(
    body: FeedbackIn,
    sender: SenderOf,
    now: Now,
    desk: DeskOf,
    batcher: BatcherOf,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> Receipt:
    """Take in one feedback: from a form without a token, from staff, partners and devices with one.

    `201` means that it is durable. A device must send an Idempotency-Key; anybody should.
    """
    receipt = await reception.take_in(desk, batcher, body, sender, idempotency_key, now)
    response.headers["Location"] = reception.place_of(receipt)
    return receipt


@router.post(
    "/v1/feedback/batch",
    responses=responses(Unauthenticated, Forbidden, InvalidRequest, ServiceUnavailable),
    dependencies=[requires(*STAFF, scopes=("feedback:write",))],
)
async def submit_batch(
    body: BatchIn,
    sender: SenderOf,
    now: Now,
    desk: DeskOf,
    batcher: BatcherOf,
    idempotency_key: IdempotencyKey = None,
) -> BatchOut:
    """Take in up to 1,000 feedbacks, with an outcome each, in their order: for staff, partners and devices.

    One that is refused is no matter of the others. What is durable is said by its receipt. Send the whole batch again
    when no answer came: each item is taken in once, by its `idempotency_key`, its `external_reference`, its
    `tracking_code`, or its index and the `Idempotency-Key` of the batch. References and slips are known for ever, keys
    for 24 hours or more, those of devices for 60 days.
    """
    return await take_in_many(desk, batcher, body, sender, idempotency_key, now)
