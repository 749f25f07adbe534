"""What changes reference data: the newest event of each subject, and each version of a promise."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from libs.common.bulk import insert_rows
from libs.common.stream.events import Event, Received
from libs.contracts.catalogue import ServiceChanged, ServicePointChanged, TopicChanged, TouchpointChanged
from libs.contracts.organisation import CalendarPublished, ServiceStandardPublished, TeamChanged
from services.analytics.reference.models import PromiseRow

KINDS: dict[type[Event], str] = {
    ServiceChanged: "service",
    ServicePointChanged: "service_point",
    TopicChanged: "topic",
    TouchpointChanged: "touchpoint",
    TeamChanged: "team",
    ServiceStandardPublished: "standard",
    CalendarPublished: "calendar",
}

_OF_PERSONS = {"members", "contact"}

_WRITE = text(
    """
    INSERT INTO reference AS kept (subject, version, kind, code, name, retired, details)
    SELECT * FROM unnest(:subjects, :versions, :kinds, :codes, :names, :retireds, :details)
        ON CONFLICT (subject) DO UPDATE
       SET version = excluded.version, kind = excluded.kind, code = excluded.code, name = excluded.name,
           retired = excluded.retired, details = excluded.details
     WHERE kept.version < excluded.version
    """
).bindparams(
    bindparam("subjects", type_=ARRAY(Uuid)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("codes", type_=ARRAY(Text)),
    bindparam("names", type_=ARRAY(JSONB(none_as_null=True), dimensions=1)),
    bindparam("retireds", type_=ARRAY(Boolean)),
    bindparam("details", type_=ARRAY(JSONB, dimensions=1)),
)


async def on_reference_events(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Keep what the slice says last of each subject, and what every version of a standard promises."""
    newest = {one.subject: one for one in events}
    ordered = [newest[subject] for subject in sorted(newest)]
    told = [one.event.model_dump(mode="json", exclude=_OF_PERSONS) for one in ordered]
    await session.execute(
        _WRITE,
        {
            "subjects": [one.subject for one in ordered],
            "versions": [one.version for one in ordered],
            "kinds": [KINDS[type(one.event)] for one in ordered],
            "codes": [one["code"] for one in told],
            "names": [one.get("name") for one in told],
            "retireds": [one.get("retired", False) for one in told],
            "details": told,
        },
    )
    promises = [
        {"standard": one.event.code, "standard_version": one.event.standard_version, **clock.model_dump()}
        for one in events
        if isinstance(one.event, ServiceStandardPublished)
        for clock in one.event.clocks
    ]
    await insert_rows(session, PromiseRow, promises, there="replaced")
