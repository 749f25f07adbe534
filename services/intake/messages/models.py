"""What the person adds to what they said."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Message(Base):
    """A message, under the person's key. While `redaction_pending`, nobody outside has been told."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_redaction_pending", "sent_at", postgresql_where=text("redaction_pending")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(ForeignKey("feedback.id"), index=True)
    author: Mapped[str]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    in_answer_to: Mapped[UUID | None]
    sent_at: Mapped[datetime]
    redaction_pending: Mapped[bool] = mapped_column(Boolean)


def message_of(message_id: UUID) -> str:
    """What a message's ciphertext is bound to."""
    return f"message {message_id}"
