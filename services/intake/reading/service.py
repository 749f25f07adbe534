"""Corrects what feedback is about: by hand here, or as routing's staff have found. Either way intake tells it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.db import among
from libs.common.problems import UnknownCode
from libs.common.stream.events import Received, Recorded, record
from libs.common.versions import Expected
from libs.contracts.cases import CaseClassified
from libs.contracts.feedback import CLASSIFICATION, FeedbackReclassified
from services.intake.catalogue.schemas import EntryKind
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback
from services.intake.persons.keys import Erased
from services.intake.reading.access import readable
from services.intake.reading.queries import SUMMARY, summary
from services.intake.reading.schemas import Correction, FeedbackSummary

_IN_CATALOGUE: tuple[EntryKind, ...] = ("service", "service_point", "topic")


async def correct(
    session: AsyncSession,
    desk: Desk,
    feedback_id: UUID,
    body: Correction,
    by: Principal,
    expected: Expected,
    now: datetime,
) -> FeedbackSummary:
    """Correct what is given; what is so already stays untold. `Erased` once it is."""
    feedback = await readable(session, feedback_id, by, lock=True)
    if feedback.erased_at is not None:
        raise Erased
    expected.require(feedback.version)
    given = body.given()
    await _refuse_unknown_codes(desk, _differing(feedback, given))
    await _reclassify(session, feedback, given, now)
    await session.flush()
    return summary((await session.execute(SUMMARY.where(Feedback.id == feedback_id))).mappings().one())


async def on_classified(session: AsyncSession, events: Sequence[Received[CaseClassified]]) -> None:
    """Routing's staff have found what it is about: `declared_kind` stays, the rest follows in order."""
    ids = {received.event.feedback_id for received in events}
    rows = await session.scalars(
        select(Feedback).where(among(Feedback.id, ids)).order_by(Feedback.id).with_for_update(key_share=True)
    )
    known = {feedback.id: feedback for feedback in rows}
    for received in events:
        event = received.event
        if event.feedback_id in known:
            found = {name: getattr(event, name) for name in CLASSIFICATION if name in event.changed}
            await _reclassify(session, known[event.feedback_id], found, event.effective_at)


async def _reclassify(session: AsyncSession, feedback: Feedback, found: Mapping[str, Any], at: datetime) -> None:
    changed = _differing(feedback, found)
    if not changed:
        return
    for name, value in changed.items():
        setattr(feedback, name, value)
    feedback.version += 1
    now_are = {name: getattr(feedback, name) for name in CLASSIFICATION}
    event = FeedbackReclassified.model_validate({**now_are, "changed": tuple(changed)})
    await record(session, Recorded(event, feedback.id, feedback.version, at))


def _differing(feedback: Feedback, found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in CLASSIFICATION if name in found and getattr(feedback, name) != found[name]}


async def _refuse_unknown_codes(desk: Desk, given: Mapping[str, str | None]) -> None:
    codes = [(kind, code) for kind in _IN_CATALOGUE if (code := given.get(kind)) is not None]
    unknown = await desk.codes.unknown(desk.database, codes) if codes else []
    if unknown:
        raise UnknownCode.at(kind for kind, _ in unknown)
