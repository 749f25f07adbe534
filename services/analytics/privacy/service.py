"""Forgets who spoke, once they are erased. That somebody spoke, and when it was answered, stays counted."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text, Uuid

from libs.common.stream.events import Received
from services.analytics.privacy.holdings import LINKS

_FORGET = [
    text(
        f"""
        UPDATE fact SET {column} = {column} - :keys
         WHERE feedback_id IN (SELECT feedback_id FROM fact WHERE feedback_id = ANY(:ids)
                                ORDER BY feedback_id FOR UPDATE)
        """  # noqa: S608 - the column is ours
    ).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("keys", list(keys), type_=ARRAY(Text)))
    for column, keys in LINKS.items()
]


async def on_persons_erased(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Take away what leads to the person. Locked in the order in which both logs' slices lock facts."""
    for statement in _FORGET:
        await session.execute(statement, {"ids": [one.subject for one in events]})
