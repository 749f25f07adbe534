"""Folds routing's events into what the person is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import insert_rows
from libs.common.db import among
from libs.common.stream.events import Received, Recorded, record
from libs.contracts.cases import (
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseEvent,
    CaseExtended,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
)
from libs.contracts.codes import BROUGHT_BY_STAFF
from services.intake.cases.models import RESUMED, CaseEntry, CaseView, Reply, entry_of, reply_of
from services.intake.cases.views import View, apply
from services.intake.deliveries import outcomes
from services.intake.feedback.models import Feedback
from services.intake.notices.planning import plan
from services.intake.persons.keys import MasterKey, PersonKey
from services.intake.persons.models import Person
from services.intake.teams.service import keep_names
from services.intake.tracking.holder import withholds


@dataclass(frozen=True)
class Known:
    """What the fold needs to know of a feedback: its row, locked, and the person's key while there is one."""

    feedback: Feedback
    key: PersonKey | None


class CaseFolder:
    """The handler of case events; it needs the master key, since what is said is kept under the person's, and the zone
    in which days end.
    """

    def __init__(self, master_key: MasterKey, zone: ZoneInfo) -> None:
        self._master_key, self._zone = master_key, zone

    async def __call__(self, session: AsyncSession, events: Sequence[Received[CaseEvent]]) -> None:
        known = await self._known(session, {one.event.feedback_id for one in events if _concerns_feedback(one.event)})
        views = await _views(session, {one.event.feedback_id for one in events})
        fresh = []
        for received in events:
            before = views.get(received.event.feedback_id)
            after = apply(before, received)
            views[received.event.feedback_id] = after
            if after is not before:
                fresh.append(received)
        in_order = sorted(views.values(), key=lambda view: str(view["feedback_id"]))
        await insert_rows(session, CaseView, in_order, there="replaced")
        await keep_names(session, events)
        await _keep_entries(session, fresh, known)
        _take_up_again(fresh, known)
        await _keep_replies(session, fresh, known)
        await plan(session, fresh, self._zone)

    async def _known(self, session: AsyncSession, ids: set[UUID]) -> dict[UUID, Known]:
        if not ids:
            return {}
        rows = await session.execute(
            select(Feedback, Person.key)
            .join(Person, Person.id == Feedback.person_id)
            .where(among(Feedback.id, ids))
            .order_by(Feedback.id)
            .with_for_update(of=Feedback, key_share=True)  # readings are put down meanwhile
        )
        return {
            feedback.id: Known(feedback, self._master_key.person_key(feedback.person_id, key) if key else None)
            for feedback, key in rows
        }


def _concerns_feedback(event: CaseEvent) -> bool:
    """It says something to the person, or takes up again what they had withdrawn."""
    return isinstance(event, CaseReplied | CaseAsked | CaseExtended | CaseReopened)


def _take_up_again(events: Sequence[Received[CaseEvent]], known: Mapping[UUID, Known]) -> None:
    """What was withdrawn is so no more once its case is open again: the person can be asked, answer, and withdraw."""
    for received in events:
        event, theirs = received.event, known.get(received.event.feedback_id)
        if isinstance(event, CaseReopened) and theirs is not None:
            withdrawn_at = theirs.feedback.withdrawn_at
            if withdrawn_at is not None and withdrawn_at <= event.effective_at:
                theirs.feedback.withdrawn_at = None


async def _views(session: AsyncSession, ids: set[UUID]) -> dict[UUID, View]:
    rows = await session.execute(
        select(*CaseView.__table__.columns).where(among(CaseView.feedback_id, ids)).with_for_update()
    )
    return {row.feedback_id: dict(row._mapping) for row in rows}


async def _keep_entries(
    session: AsyncSession, events: Sequence[Received[CaseEvent]], known: Mapping[UUID, Known]
) -> None:
    entries = [entry for one in events if (entry := _entry(one, known.get(one.event.feedback_id)))]
    await insert_rows(session, CaseEntry, entries, there="kept")


def _entry(received: Received[CaseEvent], known: Known | None) -> dict[str, Any] | None:
    """The line of the conversation that an event makes, where it makes one."""
    says = _says(received.event)
    if says is None:
        return None
    entry = dict.fromkeys(("words", "until", "due_before", "code"))
    about = {"id": received.id, "feedback_id": received.event.feedback_id, "recorded_at": received.recorded_at}
    entry |= {**about, **says}
    words = received.event.to_text()
    if words and known and known.key:
        entry["words"] = known.key.encrypt(words, entry_of(received.id))
    return entry


def _says(event: CaseEvent) -> dict[str, Any] | None:
    says: dict[str, Any] | None = None
    match event:
        case CaseAsked():
            says = {"kind": "question", "happened_at": event.effective_at, "until": event.until}
        case CaseExtended():
            moved = {"until": event.due_at, "due_before": event.due_before, "code": event.clock}
            says = {"kind": "extension", "happened_at": event.effective_at, **moved}
        case CaseAssigned():
            says = {"kind": "assignment", "happened_at": event.effective_at, "code": event.team}
        case CaseTransferred():
            says = {"kind": "transfer", "happened_at": event.effective_at, "code": event.team}
        case CaseSuspended():
            waits = {"until": event.until, "code": event.waiting_for}
            says = {"kind": "wait", "happened_at": event.effective_at, **waits}
        case CaseResumed() if event.resumed_by != "timer":
            says = {"kind": RESUMED, "happened_at": event.effective_at}
        case CaseReopened():
            says = {"kind": "reopening", "happened_at": event.effective_at, "code": event.reopened_by}
        case CaseClosed():
            ended = {"until": event.reopen_until, "code": event.because}
            says = {"kind": "closing", "happened_at": event.effective_at, **ended}
    return says


async def _keep_replies(
    session: AsyncSession, events: Sequence[Received[CaseEvent]], known: Mapping[UUID, Known]
) -> None:
    """Each reply once. It can be read at once; where the person chose no other means, it is delivered by that."""
    replies = [one for one in events if isinstance(one.event, CaseReplied) and one.event.feedback_id in known]
    if not replies:
        return
    kept = set(await session.scalars(select(Reply.id).where(among(Reply.id, [one.id for one in replies]))))
    told: list[Recorded] = []
    for received in replies:
        if received.id not in kept:
            theirs = known[received.event.feedback_id]
            reply = _reply(received, theirs.key)
            session.add(reply)
            told += _delivery(theirs.feedback, reply, received.recorded_at)
    await record(session, *told)


def _reply(received: Received[CaseEvent], key: PersonKey | None) -> Reply:
    event = received.event
    assert isinstance(event, CaseReplied)  # noqa: S101 - chosen above
    return Reply(
        id=received.id,
        feedback_id=event.feedback_id,
        answer=event.answer,
        outcome=event.outcome,
        words=key.encrypt(event.text, reply_of(received.id)) if key and event.text else None,
        given_at=event.effective_at,
    )


def _delivery(feedback: Feedback, reply: Reply, at: datetime) -> list[Recorded]:
    """By tracking, where the person chose no other means; a means that cannot be is told at once."""
    if reply.words is not None and withholds(feedback):
        return _past_the_code(feedback, reply, at)
    if feedback.historical or feedback.reply_by in (None, "tracking"):
        return outcomes.delivered(feedback, reply, "tracking", at)
    if feedback.reply_by == "email" and not feedback.told_by_mail:
        return outcomes.undeliverable(feedback, reply, "email", "no_address", at, at)
    return []


def _past_the_code(feedback: Feedback, reply: Reply, at: datetime) -> list[Recorded]:
    """Who has the code is not shown it: it reaches the person by mail to them, or staff bring it. Where neither was
    chosen, that no mail tells of it is told once.
    """
    goes_by_mail = "person" in feedback.told_by_mail
    is_brought = feedback.reply_by in BROUGHT_BY_STAFF or feedback.no_mail_since is not None
    if goes_by_mail or is_brought or feedback.historical or feedback.withdrawn_at is not None:
        return []
    return outcomes.untold(feedback, outcomes.notice_of(reply), reply.id, reply.given_at, "no_address", at)
