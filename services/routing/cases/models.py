"""Cases, their clocks and their timeline. Words are in columns that erasure can null."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Text, false, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class Case(Base):
    """The work that a feedback asks for. `version` counts its events and is taken under the row's lock.

    `said` has what rules look at besides the columns; `assigned_by` is `rule` or `staff`, null where nobody has it yet.
    """

    __tablename__ = "cases"
    __table_args__ = (Index(None, "team", "state", "opened_at", "id"), Index(None, "opened_at", "id"))

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
    source: Mapped[str | None]
    source_code: Mapped[str | None] = mapped_column(index=True)
    hidden_from: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    said: Mapped[dict[str, Any] | None]
    historical: Mapped[bool] = mapped_column(Boolean)
    submitted_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    last_effective_at: Mapped[datetime]
    answers: Mapped[int]
    outcome: Mapped[str | None]
    solved: Mapped[str | None]
    verbatim: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class Clock(Base):
    """A promise. It belongs to the person's feedback; it has no moments until it starts."""

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
    elapsed_seconds: Mapped[int | None]
    business_seconds: Mapped[int | None]
    met: Mapped[bool | None] = mapped_column(Boolean)
    late_entry: Mapped[bool] = mapped_column(Boolean, server_default=false())
    suspended_seconds: Mapped[int] = mapped_column(server_default="0")
    extended: Mapped[bool] = mapped_column(Boolean, server_default=false())
    cancelled_at: Mapped[datetime | None]


class TimelineEntry(Base):
    """One line of what was done, never changed: each verb writes one."""

    __tablename__ = "timeline_entry"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    verb: Mapped[str]
    by: Mapped[str]
    effective_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    note: Mapped[str | None]
    late_entry_reason: Mapped[str | None]
    text: Mapped[str | None]
