"""The table of interactions: how many contacts there were."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.analytics.database import Base


class InteractionsRow(Base):
    """The contacts of a day and place, as they were reported last: an absolute count."""

    __tablename__ = "interactions"

    subject: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    on: Mapped[date] = mapped_column(index=True)
    channel: Mapped[str]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    topic: Mapped[str | None]
    count: Mapped[int]
    details: Mapped[dict[str, Any]]
    """All that its event says."""
