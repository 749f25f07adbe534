"""The register of erasures: who asked for which, when, and why. It holds nothing of the person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base

BY_THE_PERSON = "person"
"""`requested_by` where it was asked with the tracking code."""


class Erasure(Base):
    """One request. `feedback_ids` are those that it erased; it may have found nothing left to erase."""

    __tablename__ = "erasure"
    __table_args__ = (Index(None, "requested_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    requested_by: Mapped[str]
    agent: Mapped[str | None]
    reason: Mapped[str]
    feedback_ids: Mapped[list[Any]]
    requested_at: Mapped[datetime]
