"""The tables of reference data: what codes are called, what was promised, in which hours."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.analytics.database import Base


class ReferenceRow(Base):
    """A service, a service point, a topic, a touchpoint, a team, a standard or a calendar, as it was told last."""

    __tablename__ = "reference"
    __table_args__ = (Index(None, "kind", "code"),)

    subject: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[dict[str, Any] | None]
    retired: Mapped[bool] = mapped_column(server_default=text("false"))
    details: Mapped[dict[str, Any]]
    """All that its event says, but for persons."""


class PromiseRow(Base):
    """What a version of a standard promised for one clock."""

    __tablename__ = "promise"

    standard: Mapped[str] = mapped_column(primary_key=True)
    standard_version: Mapped[int] = mapped_column(primary_key=True)
    clock: Mapped[str] = mapped_column(primary_key=True)
    starts: Mapped[str]
    business_days: Mapped[int | None]
    calendar_days: Mapped[int | None]
