"""What intake knows of a feedback's case, from routing's events: enough to tell the person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class CaseView(Base):
    """The case as it last was told. `version` is the case's."""

    __tablename__ = "case_view"

    feedback_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    state: Mapped[str]
    team: Mapped[str] = mapped_column(index=True)
    team_name: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """For code of the version before: the newest name is `team_view`'s."""
    reply_due_at: Mapped[datetime | None]
    """Of the promise in force: of the first reply, or after a reopening of the next one."""
    answers: Mapped[int]
    hidden_from: Mapped[list[Any]] = mapped_column(server_default="[]")
    """Teams complained about: to their members the feedback does not exist."""
    priority: Mapped[str] = mapped_column(server_default="normal")
    step: Mapped[str | None]
    """What last changed for the person: `opened`, `assigned`, `transferred`, `extended`, `reopened` …"""
    waiting_for: Mapped[str | None]
    waiting_until: Mapped[datetime | None]
    late_since: Mapped[datetime | None] = mapped_column(deferred=True)
    """Selected by code of the version before, and by none any more: the column goes with the next version."""
    reopened_count: Mapped[int] = mapped_column(server_default="0")
    because: Mapped[str | None]
    """Why it is closed."""
    outcome: Mapped[str | None]
    reopen_until: Mapped[datetime | None]

    def back_until(self, now: datetime) -> datetime | None:
        """Until when the person can come back, while they can."""
        return self.reopen_until if self.reopen_until is not None and self.reopen_until >= now else None

    def is_over(self, now: datetime) -> bool:
        """It is closed, and the time to come back has passed."""
        return self.state == "closed" and self.reopen_until is not None and self.back_until(now) is None


class Reply(Base):
    """A reply, under the person's key. `answer` counts the final ones."""

    __tablename__ = "reply"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(index=True)
    answer: Mapped[int | None]
    outcome: Mapped[str | None]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    given_at: Mapped[datetime]
    delivery: Mapped[str | None]
    """`delivered` or `undeliverable`, as was last told; nothing yet while it is on its way."""
    delivery_by: Mapped[str | None]
    delivery_at: Mapped[datetime | None]
    undeliverable_because: Mapped[str | None]


def reply_of(reply_id: UUID) -> str:
    """What a reply's ciphertext is bound to."""
    return f"reply {reply_id}"


RESUMED = "resumed"
"""The kind of an entry that is not read: the team waits no longer, and needs no answer to what it had asked."""


class CaseEntry(Base):
    """What else the team did that the person reads in the conversation; its words are under the person's key."""

    __tablename__ = "case_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    """When the team wrote it down: before that the person could not read it. Null where it is not known."""
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    until: Mapped[datetime | None]
    """Of a question or a wait: its end. Of an extension: the new date. Of a closing: until when to come back."""
    due_before: Mapped[datetime | None]
    code: Mapped[str | None]
    """Of a transfer or an assignment: the team. Of an extension: the promise that moves, where it is known. Of a wait:
    for whom. Of a closing: because of what."""


def entry_of(entry_id: UUID) -> str:
    """What the ciphertext of an entry of the conversation is bound to."""
    return f"entry {entry_id}"
