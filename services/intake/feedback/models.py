"""Feedback as it lies in the database: codes in clear, words under the person's key."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Feedback(Base):
    """What was said. `version` counts its events and is taken under the row's lock."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("source", "external_reference"),
        Index("ix_feedback_verbatim_pending", "recorded_at", postgresql_where=text("verbatim_pending")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    tracking_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    tracking_generation: Mapped[int]
    version: Mapped[int]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    verbatim_pending: Mapped[bool] = mapped_column(Boolean)

    source: Mapped[str]
    historical: Mapped[bool]
    external_reference: Mapped[str | None]
    submitted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    experienced_on: Mapped[date | None]
    channel: Mapped[str]
    kind: Mapped[str | None]
    declared_kind: Mapped[str | None]
    topic: Mapped[str | None]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    language: Mapped[str | None]
    ratings: Mapped[list[Any]]
    respondent: Mapped[str | None]
    reply_to: Mapped[str | None]
    reply_by: Mapped[str | None]
    disclosure: Mapped[str]
    response_requested: Mapped[bool]
    about_channels: Mapped[list[Any]]
    interaction: Mapped[dict[str, Any] | None]
    consent: Mapped[list[Any]]


class Reading(Base):
    """Somebody came upon somebody's feedback: who, when, and in which way.

    They read the words, found it by a search, or gave out a new tracking code, for a reason.
    """

    __tablename__ = "reading"
    __table_args__ = (Index(None, "feedback_id", "read_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(ForeignKey("feedback.id"))
    read_by: Mapped[str]
    agent: Mapped[str | None]
    what: Mapped[str] = mapped_column(server_default="words")
    reason: Mapped[str | None]
    read_at: Mapped[datetime]
