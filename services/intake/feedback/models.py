"""Feedback as it lies in the database: codes in clear, words under the person's key."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Feedback(Base):
    """What was said. `version` counts its events and is taken under the row's lock.

    Under the person's key: `words`, `submitter` (contact data of who spoke for the person), `resolution_note`.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        Index(
            "uq_feedback_external_reference",
            "source",
            "source_code",
            "external_reference",
            unique=True,
            postgresql_where=text("external_reference IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "submitted_at", "id"),
        Index(None, "source_code", "submitted_at", "id", postgresql_where=text("source_code IS NOT NULL")),
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
    source_code: Mapped[str | None]
    historical: Mapped[bool]
    external_reference: Mapped[str | None]
    submitted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    experienced_on: Mapped[date | None]
    channel: Mapped[str]
    touchpoint: Mapped[str | None]
    phase: Mapped[str | None]
    kind: Mapped[str | None]
    declared_kind: Mapped[str | None]
    topic: Mapped[str | None]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    language: Mapped[str | None]
    ratings: Mapped[list[Any]]
    respondent: Mapped[str | None]
    person_ref: Mapped[UUID | None] = mapped_column(index=True)
    submitted_by: Mapped[dict[str, Any] | None]
    submitter: Mapped[bytes | None] = mapped_column(LargeBinary)
    reply_to: Mapped[str | None]
    reply_by: Mapped[str | None]
    disclosure: Mapped[str]
    concerns_staff: Mapped[bool] = mapped_column(Boolean, server_default=false())
    urgent: Mapped[str | None]
    response_requested: Mapped[bool]
    about_channels: Mapped[list[Any]]
    resolved_on_the_spot: Mapped[dict[str, Any] | None]
    resolution_note: Mapped[bytes | None] = mapped_column(LargeBinary)
    interaction: Mapped[dict[str, Any] | None]
    consent: Mapped[list[Any]]
    erased_at: Mapped[datetime | None]
    told_by_mail: Mapped[list[Any]] = mapped_column(server_default="[]")
    """Who is told by mail what happens: `person`, `submitter`, both or nobody."""
    no_mail_since: Mapped[datetime | None]
    """Since when routing is told that no mail arrives: staff bring what is said from then on."""
    withdrawn_at: Mapped[datetime | None]


def words_of(feedback_id: UUID) -> str:
    """What the ciphertext of the first words is bound to."""
    return f"words {feedback_id}"


def submitter_of(feedback_id: UUID) -> str:
    """What the ciphertext of who spoke for the person is bound to."""
    return f"submitter {feedback_id}"


def resolution_note_of(feedback_id: UUID) -> str:
    """What the ciphertext of the note on what was done on the spot is bound to."""
    return f"resolution note {feedback_id}"


class Reading(Base):
    """Somebody came upon somebody's feedback: who, when, and in which way.

    They read the words, found it by a search, gave out a new tracking code, for a reason, or took out all that is held.
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
