"""Finds slips by their codes."""

from collections.abc import Collection, Mapping

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database, among
from services.intake.feedback.models import Feedback
from services.intake.slips.models import Slip
from services.intake.tracking.codes import normalise, tracking_digest


async def slips(database: Database, secret: str, codes: Collection[str]) -> Mapping[bytes, Slip]:
    """Those of the codes that are slips', by digest. Asks nothing where none could be one."""
    digests = [tracking_digest(secret, code) for code in codes if normalise(code)]
    if not digests:
        return {}
    async with database.transaction() as session:
        found = await session.scalars(select(Slip).where(among(Slip.tracking_digest, digests)))
        return {slip.tracking_digest: slip for slip in found}


async def awaited(session: AsyncSession, digest: bytes) -> Slip | None:
    """The slip of this code, if what will be said with it has not arrived yet."""
    arrived = exists().where(Feedback.id == Slip.feedback_id)
    return await session.scalar(select(Slip).where(Slip.tracking_digest == digest, ~arrived))
