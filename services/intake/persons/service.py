"""Knows a person again: by contact data, blind, and only where they let their feedback be linked."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid4

from sqlalchemy import LargeBinary, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

# Sorted, so that two transactions never wait for each other. Of two persons who turn out to be one, the older is told.
_LINK = text(
    """
    WITH given AS (SELECT digest, fresh FROM unnest(:digests, :fresh) AS g (digest, fresh)),
         known AS (SELECT DISTINCT ON (fresh) fresh, person_ref FROM given JOIN person_link USING (digest)
                    ORDER BY fresh, recorded_at, person_ref)
    INSERT INTO person_link (digest, person_ref, recorded_at)
    SELECT digest, coalesce(person_ref, fresh), now() FROM given LEFT JOIN known USING (fresh) ORDER BY digest
    ON CONFLICT (digest) DO UPDATE SET person_ref = person_link.person_ref
    RETURNING digest, person_ref
    """
).bindparams(bindparam("digests", type_=ARRAY(LargeBinary)), bindparam("fresh", type_=ARRAY(Uuid)))


async def person_refs(connection: AsyncConnection, contacts: Mapping[UUID, Sequence[bytes]]) -> dict[UUID, UUID]:
    """The `person_ref` of each feedback, by the digests of its person's contact data (one or more)."""
    if not contacts:
        return {}
    fresh = _one_ref_a_person(contacts.values())
    rows = await connection.execute(_LINK, {"digests": list(fresh), "fresh": list(fresh.values())})
    refs: dict[bytes, UUID] = {row.digest: row.person_ref for row in rows}
    return {feedback_id: refs[digests[0]] for feedback_id, digests in contacts.items()}


def _one_ref_a_person(given: Iterable[Sequence[bytes]]) -> dict[bytes, UUID]:
    """A new ref for each digest: the same for those that were given together, also through others."""
    fresh: dict[bytes, UUID] = {}
    for digests in given:
        met = {fresh[digest] for digest in digests if digest in fresh}
        ref = min(met) if met else uuid4()
        if len(met) > 1:
            fresh.update({digest: ref for digest, other in fresh.items() if other in met})
        fresh.update(dict.fromkeys(digests, ref))
    return fresh
