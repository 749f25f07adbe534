"""Folds routing's events into what the person is told."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Received
from libs.contracts.cases import CaseAssigned, CaseEvent, CaseOpened, CaseReplied
from services.intake.cases.models import CaseView, Reply
from services.intake.feedback.models import Feedback
from services.intake.persons.keys import MasterKey
from services.intake.persons.models import Person

REPLY = "reply"

View = dict[str, Any]


def apply(view: View | None, received: Received[CaseEvent]) -> View:
    """The view after the event; the same view where it knows the event already."""
    event = received.event
    if view is not None and received.version <= view["version"]:
        return view
    known = view or {"reply_due_at": None, "answers": 0}
    changed = known | {
        "feedback_id": event.feedback_id,
        "version": received.version,
        "state": event.state,
        "team": event.team,
        "team_name": event.team_name.model_dump(),
        "hidden_from": list(event.hidden_from),
    }
    if isinstance(event, CaseOpened | CaseAssigned):
        due = [clock.due_at for clock in event.clocks if clock.clock == "reply"]
        changed["reply_due_at"] = due[0] if due else None
    if isinstance(event, CaseReplied) and event.answer is not None:
        changed["answers"] = event.answer
    return changed


class CaseFolder:
    """The handler of case events; it needs the master key, since replies are kept under the person's."""

    def __init__(self, master_key: MasterKey) -> None:
        self._master_key = master_key

    async def __call__(self, session: AsyncSession, events: Sequence[Received[CaseEvent]]) -> None:
        ids = {received.event.feedback_id for received in events}
        rows = await session.execute(
            select(*CaseView.__table__.columns).where(CaseView.feedback_id.in_(ids)).with_for_update()
        )
        views: dict[UUID, View] = {row.feedback_id: dict(row._mapping) for row in rows}
        for received in events:
            views[received.event.feedback_id] = apply(views.get(received.event.feedback_id), received)
        await _write_views(session, list(views.values()))
        await self._keep_replies(session, [one for one in events if isinstance(one.event, CaseReplied)])

    async def _keep_replies(self, session: AsyncSession, replies: Sequence[Received[CaseEvent]]) -> None:
        if not replies:
            return
        persons = await session.execute(
            select(Feedback.id, Person.id.label("person_id"), Person.key)
            .join(Person, Person.id == Feedback.person_id)
            .where(Feedback.id.in_({received.event.feedback_id for received in replies}))
        )
        keys = {row.id: (row.person_id, row.key) for row in persons}
        await session.execute(
            insert(Reply).on_conflict_do_nothing(), [self._reply(one, *keys[one.event.feedback_id]) for one in replies]
        )

    def _reply(self, received: Received[CaseEvent], person_id: UUID, wrapped: bytes | None) -> dict[str, Any]:
        event = received.event
        assert isinstance(event, CaseReplied)  # noqa: S101 - chosen above
        erased = wrapped is None or event.text is None
        return {
            "id": received.id,
            "feedback_id": event.feedback_id,
            "answer": event.answer,
            "outcome": event.outcome,
            "words": None
            if erased
            else self._master_key.person_key(person_id, wrapped).encrypt(event.text or "", f"{REPLY} {received.id}"),
            "given_at": event.effective_at,
        }


async def _write_views(session: AsyncSession, views: Sequence[View]) -> None:
    statement = insert(CaseView)
    columns = ("version", "state", "team", "team_name", "reply_due_at", "answers", "hidden_from")
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["feedback_id"], set_={name: statement.excluded[name] for name in columns}
        ),
        sorted(views, key=lambda view: str(view["feedback_id"])),
    )
