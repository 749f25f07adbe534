"""Alerts that are to be sent, and those that were: one for each team that got an urgent case."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class Alert(Base):
    """An e-mail without words. `try_at` is null once it was sent or given up; `outcome` says which.

    `elsewhere`: the team's own address did not take it, and it goes to the catch-all team's.
    """

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_try_at", "try_at", postgresql_where=text("try_at IS NOT NULL")),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    team: Mapped[str] = mapped_column(ForeignKey("team.code"), primary_key=True)
    urgency: Mapped[str]
    raised_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")
    try_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    elsewhere: Mapped[bool] = mapped_column(Boolean, server_default=false())
