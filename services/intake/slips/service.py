"""Makes slips."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.ids import new_id
from services.intake.feedback.sender import Sender
from services.intake.slips.models import Slip
from services.intake.slips.schemas import SlipsMade, TrackingCodes
from services.intake.tracking.codes import tracking_code, tracking_digest


async def make(
    session: AsyncSession, secret: str, count: int, sender: Sender, made_by: str, now: datetime
) -> SlipsMade:
    """Reserve the ids of so many feedbacks to come."""
    made = SlipsMade(feedback_ids=[new_id() for _ in range(count)])
    await session.execute(
        insert(Slip),
        [
            {
                "feedback_id": feedback_id,
                "tracking_digest": tracking_digest(secret, code),
                "source": sender.source,
                "source_code": sender.code,
                "made_by": made_by,
                "made_at": now,
            }
            for feedback_id, code in zip(made.feedback_ids, codes_of(secret, made).tracking_codes, strict=True)
        ],
    )
    return made


def codes_of(secret: str, made: SlipsMade) -> TrackingCodes:
    """Their codes: the first that each feedback will have."""
    return TrackingCodes(tracking_codes=[tracking_code(secret, feedback_id, 1) for feedback_id in made.feedback_ids])
