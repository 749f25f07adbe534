"""Forgets who spoke, once they are erased. That somebody spoke, and when it was answered, stays counted."""

from collections.abc import Mapping, Sequence
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


_KEEP_CONTACTS = text(
    """
    WITH erased AS (SELECT * FROM unnest(:ids, :refs) AS e (id, ref)),
         theirs AS (SELECT fact.feedback_id, fact.submitted_at, coalesce(erased.ref, fact.person_ref) AS ref
                      FROM fact LEFT JOIN erased ON erased.id = fact.feedback_id
                     WHERE fact.feedback_id = ANY(:ids) OR fact.person_ref = ANY(:refs))
    UPDATE fact
       SET was_linkable = fact.was_linkable OR fact.feedback_id = ANY(:ids),
           next_contact_at = least(fact.next_contact_at, (
               SELECT date_trunc('day', min(other.submitted_at), 'UTC') FROM theirs AS other
                WHERE other.ref = one.ref
                  AND (other.submitted_at, other.feedback_id) > (one.submitted_at, one.feedback_id)))
      FROM theirs AS one WHERE fact.feedback_id = one.feedback_id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)), bindparam("refs", type_=ARRAY(Uuid)))


async def keep_contacts(session: AsyncSession, refs: Mapping[UUID, UUID]) -> None:
    """That the persons of these refs came back stays known, by the day: their moments would tell by what."""
    if refs:
        await session.execute(_KEEP_CONTACTS, {"ids": list(refs), "refs": list(refs.values())})


async def forget(session: AsyncSession, feedback_ids: Sequence[UUID]) -> None:
    """Take away what leads to the person, of facts that the slice has locked."""
    if feedback_ids:
        for statement in _FORGET:
            await session.execute(statement, {"ids": list(feedback_ids)})
