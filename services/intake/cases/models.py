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
    team: Mapped[str]
    team_name: Mapped[dict[str, Any]]
    reply_due_at: Mapped[datetime | None]
    answers: Mapped[int]
    hidden_from: Mapped[list[Any]] = mapped_column(server_default="[]")
    """Teams complained about: to their members the feedback does not exist."""


class Reply(Base):
    """A reply, under the person's key. `answer` counts the final ones."""

    __tablename__ = "reply"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(index=True)
    answer: Mapped[int | None]
    outcome: Mapped[str | None]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    given_at: Mapped[datetime]
