"""What the person says of an answer."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Evaluation(Base):
    """Did it solve anything? Once per answer given; the comment is under the person's key."""

    __tablename__ = "evaluation"

    feedback_id: Mapped[UUID] = mapped_column(ForeignKey("feedback.id"), primary_key=True)
    answer: Mapped[int] = mapped_column(primary_key=True)
    solved: Mapped[str]
    ratings: Mapped[list[Any]]
    comment: Mapped[bytes | None] = mapped_column(LargeBinary)
    evaluated_at: Mapped[datetime]


def comment_of(feedback_id: UUID, answer: int) -> str:
    """What a comment's ciphertext is bound to."""
    return f"comment {feedback_id} {answer}"
