"""What the person is to be told by mail. Neither words nor addresses: both are looked up at the moment of sending."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Notice(Base):
    """One thing to tell one recipient, once. Its id is its Message-ID.

    `state`: `waiting`, then `sent`, or `dropped` (no longer so, or told with another), `refused` (for good), `expired`
    (could not be sent in time: a question, in the time to answer it), `unaddressed` (no address any more); a sent one
    may come back, and is `bounced`.
    """

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_waiting", "next_try_at", postgresql_where=text("state = 'waiting'")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(ForeignKey("feedback.id"), index=True)
    kind: Mapped[str]
    recipient: Mapped[str]
    about: Mapped[UUID | None]
    """The reply or the entry of the conversation that it tells of."""
    state: Mapped[str] = mapped_column(server_default="waiting")
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    """When it is to be sent; while it is being sent, when another worker may try."""
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")
    settled_at: Mapped[datetime | None]
    told: Mapped[dict[str, Any] | None]
    """Which team and which date it named: what was told once is not told again."""
