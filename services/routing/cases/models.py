"""Cases, their clocks and their timeline. Words are in columns that erasure can null."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Text, Uuid, false, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Where a case stands in the queue that nothing is due in."""


class Case(Base):
    """The work that a feedback asks for. `version` counts its events and is taken under the row's lock.

    `urgency` (0 urgent, 1 high, 2 normal) and `next_due_at` are where it stands in the queue. `rings_at` is when a
    timer must next look at it: what nobody has worked out yet is looked at once, what is null never. `said` has
    what rules look at besides the columns; `assigned_by` is `rule` or `staff`, null where nobody has it yet;
    `feedback_version` is the version of the feedback that it has learned of.
    """

    __tablename__ = "cases"
    __table_args__ = (
        # It has every column that counts look at, so that they scan the index alone and read no row.
        Index(
            "ix_cases_team_state",
            "team",
            "state",
            postgresql_include=["id", "urgency", "next_due_at", "priority", "service", "topic", "kind"],
        ),
        Index(None, "opened_at", "id"),
        Index(None, "urgency", "next_due_at", "opened_at", "id"),
        Index(None, "team", "urgency", "next_due_at", "opened_at", "id"),
        Index(None, "member", "urgency", "next_due_at", "opened_at", "id", postgresql_where=text("member IS NOT NULL")),
        Index("ix_cases_hidden", "id", postgresql_where=text("hidden_from <> '{}'")),
        Index("ix_cases_linked", "id", postgresql_where=text("linked <> '{}'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(unique=True)
    reference: Mapped[str] = mapped_column(index=True)
    external_reference: Mapped[str | None] = mapped_column(index=True)
    version: Mapped[int]
    state: Mapped[str]
    team: Mapped[str] = mapped_column(ForeignKey("team.code"))
    member: Mapped[str | None]
    assigned_by: Mapped[str | None]
    kind: Mapped[str | None]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    topic: Mapped[str | None]
    channel: Mapped[str]
    language: Mapped[str | None]
    priority: Mapped[str] = mapped_column(server_default="normal")
    urgency: Mapped[int] = mapped_column(server_default="2")
    source: Mapped[str | None]
    source_code: Mapped[str | None] = mapped_column(index=True)
    hidden_from: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    historical: Mapped[bool] = mapped_column(Boolean)
    said: Mapped[dict[str, Any] | None]
    reply_by: Mapped[str | None]
    feedback_version: Mapped[int] = mapped_column(server_default="0")
    submitted_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    last_effective_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    brought_at: Mapped[datetime | None]
    """When the person was told the answer that stands, where staff had to bring it."""
    answers: Mapped[int]
    outcome: Mapped[str | None]
    remedy: Mapped[str | None]
    solved: Mapped[str | None]
    solved_answer: Mapped[int | None]
    waiting_for: Mapped[str | None]
    waiting_until: Mapped[datetime | None]
    reopened_count: Mapped[int] = mapped_column(server_default="0")
    reopen_until: Mapped[datetime | None]
    linked: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    next_due_at: Mapped[datetime] = mapped_column(server_default=text("'9999-01-01 00:00:00+00'"))
    rings_at: Mapped[datetime | None] = mapped_column(server_default=func.now(), index=True)
    verbatim: Mapped[str | None]
    erased_at: Mapped[datetime | None]

    @property
    def edition(self) -> int:
        """Rises with each event of the case, and with each of the feedback: from which a change is made."""
        return self.version + self.feedback_version


class Clock(Base):
    """A promise. It belongs to the person's feedback; it has no moments until it starts.

    `ended_by` is the answer that ended it, where one did. `approaching_told_at` and `breach_told_at`: it is told once.
    """

    __tablename__ = "clock"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    standard: Mapped[str]
    standard_version: Mapped[int]
    calendar: Mapped[str] = mapped_column(server_default="default")
    starts: Mapped[str]
    within: Mapped[dict[str, Any]]
    started_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None]
    elapsed_seconds: Mapped[int | None]
    business_seconds: Mapped[int | None]
    met: Mapped[bool | None] = mapped_column(Boolean)
    late_entry: Mapped[bool] = mapped_column(Boolean, server_default=false())
    suspended_seconds: Mapped[int] = mapped_column(server_default="0")
    extended: Mapped[bool] = mapped_column(Boolean, server_default=false())
    cancelled_at: Mapped[datetime | None]
    approaching_told_at: Mapped[datetime | None]
    breach_told_at: Mapped[datetime | None]

    @property
    def running(self) -> bool:
        """It has started, and has neither ended nor lapsed."""
        return self.due_at is not None and self.ended_at is None and self.cancelled_at is None


class Suspension(Base):
    """A span in which the case waits: the ledger that moved due moments are computed from."""

    __tablename__ = "suspension"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    waiting_for: Mapped[str]
    reason: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    resumed_by: Mapped[str | None]
    resumes_to: Mapped[str]


class CaseTask(Base):
    """What the team still has to do with a case, besides its next verb. A row goes when it is done."""

    __tablename__ = "case_task"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    task: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class UnopenedFeedback(Base):
    """Feedback that was owed no answer: what is needed to open a case for it all the same.

    `messages`: what is written to it, with the version of the feedback that each made; the case that this opens has it.
    """

    __tablename__ = "unopened_feedback"

    feedback_id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback: Mapped[dict[str, Any]]
    external_reference: Mapped[str | None]
    language: Mapped[str | None]
    verbatim: Mapped[str | None]
    messages: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))


BY_NOBODY = ("rule", "timer", "intake", "person", "submitter")
"""What the house does by itself, and what the person does, or who speaks for them."""


class TimelineEntry(Base):
    """One line of what was done, never changed: each verb writes one."""

    __tablename__ = "timeline_entry"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verb: Mapped[str]
    by: Mapped[str]
    """Of staff their `sub`, of a partner's tool its code and agent, else one of `BY_NOBODY`."""
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    late_entry_reason: Mapped[str | None]
    text: Mapped[str | None]
