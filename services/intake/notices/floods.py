"""Whether an address is being flooded: anybody can send feedback that names somebody else's."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.notices.planning import NoticeKind
from services.intake.persons.contact import NO_REGION, BlindIndex

MOST_AN_HOUR: Final = 10
"""Feedbacks with one address that were taken in within `WITHIN`: beyond, receipts of them are not sent."""

WITHIN: Final = timedelta(hours=1)

HELD_BACK: Final[tuple[NoticeKind, ...]] = ("received", "taken", "assigned")
"""What is sent without anybody having looked at what was said. Tracking tells all of it."""

_ARE_TOO_MANY = text(
    """
    SELECT count(*) > :most FROM (
        SELECT DISTINCT c.feedback_id FROM contact_index c JOIN feedback f ON f.id = c.feedback_id
         WHERE c.digest = :digest AND f.recorded_at > :since LIMIT :most + 1) AS recent
    """
)


async def is_flooded(session: AsyncSession, secret: str, address: str, now: datetime) -> bool:
    """More feedback came with the address than one person sends."""
    digest = BlindIndex(secret, NO_REGION).email(address)
    asked = {"digest": digest, "most": MOST_AN_HOUR, "since": now - WITHIN}
    return bool(await session.scalar(_ARE_TOO_MANY, asked))
