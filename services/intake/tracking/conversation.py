"""The conversation in its order: what the person said, and what the team did that the person reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.cases.models import RESUMED, CaseEntry, CaseView, Reply, entry_of, reply_of
from services.intake.feedback.models import Feedback
from services.intake.messages.models import Message, message_of
from services.intake.persons.keys import PersonKey
from services.intake.teams.queries import known_teams
from services.intake.teams.schemas import TeamName
from services.intake.tracking.models import Evaluation, comment_of
from services.intake.tracking.situations import DECIDED


@dataclass(frozen=True)
class Said:
    """All that was said and done of one feedback, as it lies in the database."""

    feedback: Feedback
    view: CaseView | None
    replies: Sequence[Reply]
    entries: Sequence[CaseEntry]
    messages: Sequence[Message]
    evaluations: Sequence[Evaluation]
    teams: Mapping[str, TeamName]

    @property
    def questions(self) -> list[CaseEntry]:
        return [entry for entry in self.entries if entry.kind == "question"]

    def is_answered(self, question: CaseEntry) -> bool:
        """By a message that names it, or by any that came once it could be read."""
        return any(one.in_answer_to == question.id or one.sent_at > _since(question) for one in self.messages)

    def is_asked_still(self, question: CaseEntry) -> bool:
        """Nobody has answered it, and the team has not answered, or gone on, without."""
        final = (one for one in self.replies if one.answer is not None and one.delivery != "undeliverable")
        went_on = any(one.kind == RESUMED and _since(one) > _since(question) for one in self.entries)
        return not (self.is_answered(question) or went_on) and all(one.given_at < question.happened_at for one in final)

    @property
    def latest_answer(self) -> Reply | None:
        final = [reply for reply in self.replies if reply.answer is not None]
        return max(final, key=lambda reply: reply.answer or 0, default=None)

    def is_on_the_spot(self, reply: Reply) -> bool:
        """What was done at once, where it was said, is the first answer."""
        return reply.answer == 1 and self.feedback.resolved_on_the_spot is not None

    def evaluation_of(self, answer: int | None) -> Evaluation | None:
        return next((one for one in self.evaluations if one.answer == answer), None)


def _since(entry: CaseEntry) -> datetime:
    """Since when it is known: it may have been written down late."""
    return entry.recorded_at or entry.happened_at


async def said_of(session: AsyncSession, feedback: Feedback) -> Said:
    """Everything of one feedback, in its order."""
    view = await session.get(CaseView, feedback.id)
    entries = await _all(session, CaseEntry, feedback.id, CaseEntry.happened_at, CaseEntry.id)
    codes = {entry.code for entry in entries if entry.kind in ("assignment", "transfer") and entry.code}
    return Said(
        feedback,
        view,
        await _all(session, Reply, feedback.id, Reply.given_at, Reply.id),
        entries,
        await _all(session, Message, feedback.id, Message.sent_at, Message.id),
        await _all(session, Evaluation, feedback.id, Evaluation.answer),
        await known_teams(session, codes | ({view.team} if view else set())),
    )


async def _all(session: AsyncSession, table: Any, feedback_id: UUID, *order: Any) -> Sequence[Any]:
    rows = await session.scalars(select(table).where(table.feedback_id == feedback_id).order_by(*order))
    return rows.all()


def conversation(said: Said, key: PersonKey, *, withheld: bool) -> list[dict[str, Any]]:
    """The entries, the oldest first; without what the team wrote where that is withheld."""
    entries = [
        *(_reply(one, key, withheld) for one in said.replies),
        *(_entry(said, one, key, withheld) for one in said.entries if one.kind != RESUMED),
        *(_message(one, key) for one in said.messages),
        *(_evaluation(one, key) for one in said.evaluations),
    ]
    if said.feedback.withdrawn_at:
        entries.append({"kind": "withdrawal", "at": said.feedback.withdrawn_at})
    return sorted(entries, key=lambda entry: entry["at"])


def _open(key: PersonKey, words: bytes | None, about: str) -> str | None:
    return key.decrypt(words, about) if words else None


def _reply(reply: Reply, key: PersonKey, withheld: bool) -> dict[str, Any]:
    return {
        "kind": "reply",
        "at": reply.given_at,
        "id": reply.id,
        "answer": reply.answer,
        "outcome": None if withheld else reply.outcome,
        "text": None if withheld else _open(key, reply.words, reply_of(reply.id)),
        "delivery": reply.delivery,
        "delivery_by": reply.delivery_by,
        "undeliverable_because": reply.undeliverable_because,
    }


def _entry(said: Said, entry: CaseEntry, key: PersonKey, withheld: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": entry.kind, "at": entry.happened_at}
    text = None if withheld else _open(key, entry.words, entry_of(entry.id))
    match entry.kind:
        case "question":
            shown |= {"id": entry.id, "until": entry.until, "answered": said.is_answered(entry), "text": text}
        case "extension":
            shown |= {"clock": entry.code, "due_before": entry.due_before, "due_at": entry.until, "text": text}
        case "assignment" | "transfer":
            shown["team"] = said.teams[entry.code or ""]
        case "wait":
            shown |= {"waiting_for": entry.code, "until": entry.until}
        case "closing":
            because = "staff" if withheld and entry.code in DECIDED else entry.code
            shown |= {"because": because, "reopen_until": entry.until}
        case "reopening":
            shown["reopened_by"] = entry.code
    return shown


def _message(message: Message, key: PersonKey) -> dict[str, Any]:
    return {
        "kind": "message",
        "at": message.sent_at,
        "id": message.id,
        "author": message.author,
        "in_answer_to": message.in_answer_to,
        "text": _open(key, message.words, message_of(message.id)),
    }


def _evaluation(evaluation: Evaluation, key: PersonKey) -> dict[str, Any]:
    return {
        "kind": "evaluation",
        "at": evaluation.evaluated_at,
        "answer": evaluation.answer,
        "solved": evaluation.solved,
        "comment": _open(key, evaluation.comment, comment_of(evaluation.feedback_id, evaluation.answer)),
    }
