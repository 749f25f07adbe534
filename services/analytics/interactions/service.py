"""What changes interactions: the newest report of each day and place takes the place of the former."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from libs.common.stream.events import Received

_WRITE = text(
    """
    INSERT INTO interactions AS kept (subject, version, "on", channel, service, service_point, topic, count, details)
    SELECT * FROM unnest(:subjects, :versions, :days, :channels, :services, :points, :topics, :counts, :details)
        ON CONFLICT (subject) DO UPDATE
       SET version = excluded.version, "on" = excluded."on", channel = excluded.channel, service = excluded.service,
           service_point = excluded.service_point, topic = excluded.topic, count = excluded.count,
           details = excluded.details
     WHERE kept.version < excluded.version
    """
).bindparams(
    bindparam("subjects", type_=ARRAY(Uuid)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("days", type_=ARRAY(Date)),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("channels", "services", "points", "topics")),
    bindparam("counts", type_=ARRAY(BigInteger)),
    bindparam("details", type_=ARRAY(JSONB, dimensions=1)),
)


async def on_interactions_events(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Keep what the slice says last of each day and place."""
    newest = {one.subject: one for one in events}
    ordered = [newest[subject] for subject in sorted(newest)]
    reported = [one.event for one in ordered]
    await session.execute(
        _WRITE,
        {
            "subjects": [one.subject for one in ordered],
            "versions": [one.version for one in ordered],
            "days": [one.on for one in reported],
            "channels": [one.channel for one in reported],
            "services": [one.service for one in reported],
            "points": [one.service_point for one in reported],
            "topics": [one.topic for one in reported],
            "counts": [one.count for one in reported],
            "details": [one.model_dump(mode="json") for one in reported],
        },
    )
