"""From a request to its receipt."""

from datetime import datetime

from libs.common.auth.principal import Principal
from libs.common.problems import Problem
from services.intake.desk import Desk
from services.intake.feedback.batcher import Batcher
from services.intake.feedback.schemas import FeedbackIn, Receipt
from services.intake.feedback.submission import prepare
from services.intake.tracking.codes import tracking_code
from services.intake.tracking.next_steps import NEXT_STEPS


async def take_in(
    desk: Desk, batcher: Batcher, body: FeedbackIn, by: Principal | None, key: str | None, now: datetime
) -> Receipt:
    """Take in one feedback, durably, and give its receipt: that of the first time where it came before.

    With the code of the first time too: who asks again is not told of one that the person was given instead.
    """
    submission = await prepare(desk, body, by, key, now)
    if submission.refused and not submission.claims:
        raise submission.refused
    outcome = await batcher.submit(submission)
    if isinstance(outcome, Problem):
        raise outcome
    return Receipt(
        id=outcome.id,
        reference=outcome.reference,
        tracking_code=tracking_code(desk.secret, outcome.id, 1),
        status="received",
        submitted_at=outcome.submitted_at,
        next_step=NEXT_STEPS["received"],
    )
