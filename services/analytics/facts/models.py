"""The table of facts: one row a feedback."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.analytics.database import Base

_NONE_YET = text("0")
_EMPTY_LIST = text("'[]'")
_EMPTY_OBJECT = text("'{}'")
_FALSE, _TRUE = text("false"), text("true")


class FactRow(Base):
    """What the two logs say of one feedback, but for words and persons. Each column is written by one log alone.

    The row may be there before the feedback is: then `submitted_at` is null, and it counts for nothing.
    """

    __tablename__ = "fact"
    __table_args__ = (
        Index(None, "submitted_at"),
        Index(None, "active_on", postgresql_using="gin"),
        Index(None, "opened_at", postgresql_where=text("settled_at IS NULL AND opened_at IS NOT NULL")),
        Index(None, "settled_at"),
        Index(None, "person_ref", "submitted_at", postgresql_where=text("person_ref IS NOT NULL")),
    )

    feedback_id: Mapped[UUID] = mapped_column(primary_key=True)

    # By intake's log.
    feedback_version: Mapped[int] = mapped_column(server_default=_NONE_YET)
    submitted_at: Mapped[datetime | None]
    historical: Mapped[bool | None]
    channel: Mapped[str | None]
    kind: Mapped[str | None]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    topic: Mapped[str | None]
    language: Mapped[str | None]
    respondent: Mapped[str | None]
    source: Mapped[str | None]
    touchpoint: Mapped[str | None]
    phase: Mapped[str | None]
    person_ref: Mapped[UUID | None]
    was_linkable: Mapped[bool] = mapped_column(server_default=_FALSE)
    """It had a `person_ref` until an erasure."""
    next_contact_at: Mapped[datetime | None]
    """The day on which the same person wrote again, where an erasure took away by what."""
    may_evaluate: Mapped[bool] = mapped_column(server_default=_TRUE)
    reclassified: Mapped[bool] = mapped_column(server_default=_FALSE)
    withdrawn_at: Mapped[datetime | None]
    messages: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    deliveries: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    ratings: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    evaluations: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    feedback_details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)

    # By routing's log.
    case_version: Mapped[int] = mapped_column(server_default=_NONE_YET)
    team: Mapped[str | None]
    state: Mapped[str | None]
    clocks: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    turns: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    opened_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    suspensions: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    assigned_at: Mapped[datetime | None]
    assign_elapsed_seconds: Mapped[int | None]
    assign_business_seconds: Mapped[int | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledge_elapsed_seconds: Mapped[int | None]
    acknowledge_business_seconds: Mapped[int | None]
    replies: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    transfers: Mapped[int] = mapped_column(server_default=_NONE_YET)
    asked: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    reopenings: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    links: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    active_on: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    case_details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    case_events: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
