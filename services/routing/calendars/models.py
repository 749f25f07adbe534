"""Calendars, each version kept."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class Calendar(Base):
    """A version of a calendar; the newest is in force."""

    __tablename__ = "calendar"

    code: Mapped[str] = mapped_column(primary_key=True, server_default="default")
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[str | None]
