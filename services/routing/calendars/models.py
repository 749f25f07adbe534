"""Calendars, each version kept."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class Calendar(Base):
    __tablename__ = "calendar"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    published_at: Mapped[datetime]
