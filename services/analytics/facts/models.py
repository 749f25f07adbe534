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


class FactRow(Base):
    """What the two logs say of one feedback, but for words and persons. Each column is written by one log alone.

    The row may be there before the feedback is: then `submitted_at` is null, and it counts for nothing.
    """

    __tablename__ = "fact"
    __table_args__ = (Index(None, "submitted_at"), Index(None, "due_on", postgresql_using="gin"))

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
    ratings: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    evaluations: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    feedback_details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)

    # By routing's log.
    case_version: Mapped[int] = mapped_column(server_default=_NONE_YET)
    team: Mapped[str | None]
    state: Mapped[str | None]
    clocks: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    due_on: Mapped[list[Any]] = mapped_column(server_default=_EMPTY_LIST)
    acknowledged_at: Mapped[datetime | None]
    acknowledge_elapsed_seconds: Mapped[int | None]
    acknowledge_business_seconds: Mapped[int | None]
    replied_at: Mapped[datetime | None]
    reply_elapsed_seconds: Mapped[int | None]
    reply_business_seconds: Mapped[int | None]
    answers: Mapped[int] = mapped_column(server_default=_NONE_YET)
    case_details: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
    case_events: Mapped[dict[str, Any]] = mapped_column(server_default=_EMPTY_OBJECT)
