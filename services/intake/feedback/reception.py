"""From a request to its receipt."""

from collections.abc import Sequence
from datetime import datetime

from libs.common.problems import Problem
from services.intake.desk import Desk
from services.intake.feedback.arrival import Arrival
from services.intake.feedback.batcher import Batcher
from services.intake.feedback.schemas import FeedbackIn, Receipt
from services.intake.feedback.sender import Sender
from services.intake.feedback.service import Accepted
from services.intake.feedback.submission import codes_of, prepare
from services.intake.slips.queries import slips
from services.intake.tracking.codes import tracking_code
from services.intake.tracking.next_steps import ERASED, NEXT_STEPS


async def take_in(
    desk: Desk, batcher: Batcher, body: FeedbackIn, sender: Sender, key: str | None, now: datetime
) -> Receipt:
    """Take in one feedback, durably, and give its receipt: that of the first time where it came before.

    With the code of the first time too: who asks again is not told of one that the person was given instead.
    """
    submission = prepare(await arrive(desk, sender, now, [body]), body, key)
    if submission.refused and not submission.claims:
        raise submission.refused
    outcome = await batcher.submit(submission)
    if isinstance(outcome, Problem):
        raise outcome
    return receipt_of(desk, outcome)


async def arrive(desk: Desk, sender: Sender, now: datetime, bodies: Sequence[FeedbackIn]) -> Arrival:
    """What is known when feedback comes: from what this process has at hand, but for slips and codes that are new."""
    known = await desk.codes.now(desk.database, [code for body in bodies for code in codes_of(body, sender)])
    printed = [body.tracking_code for body in bodies if body.tracking_code]
    return Arrival(desk, sender, now, known, await slips(desk.database, desk.secret, printed))


def receipt_of(desk: Desk, outcome: Accepted) -> Receipt:
    return Receipt(
        id=outcome.id,
        reference=outcome.reference,
        tracking_code=outcome.tracking_code or tracking_code(desk.secret, outcome.id, 1),
        status="erased" if outcome.erased else "received",
        submitted_at=outcome.submitted_at,
        next_step=ERASED if outcome.erased else NEXT_STEPS["received"],
        kept=outcome.kept,
    )


def place_of(receipt: Receipt) -> str:
    """Where the feedback is read: `Location` of the answer."""
    return f"/v1/feedback/{receipt.id}"
