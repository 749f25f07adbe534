"""Forgets who spoke, once they are erased. That somebody spoke, and when it was answered, stays counted."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text, Uuid

from services.analytics.privacy.holdings import LINKS

_FORGET = [
    text(
        f"""
        UPDATE fact SET {column} = {column} - :keys WHERE feedback_id = ANY(:ids)
        """  # noqa: S608 - the column is ours
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("keys", list(keys), type_=ARRAY(Text)))
    for column, keys in LINKS.items()
]


async def forget(session: AsyncSession, feedback_ids: Sequence[UUID]) -> None:
    """Take away what leads to the person, of facts that the slice has locked."""
    if feedback_ids:
        for statement in _FORGET:
            await session.execute(statement, {"ids": list(feedback_ids)})
