"""The catalogue: what people may speak about, as trees."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import false, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base

FILLED_IN = ("channel", "service", "service_point", "phase")
"""What a touchpoint says in the place of feedback that leaves it out."""


class CatalogueEntry(Base):
    """A service, a service point, a topic, or a touchpoint with what it fills in."""

    __tablename__ = "catalogue_entry"

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default=text("0"))
    """Counts its events; 0 for one of which nothing has been told yet."""
    parent: Mapped[str | None]
    name: Mapped[dict[str, Any]]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    retired: Mapped[bool]
    retired_at: Mapped[datetime | None]
    """Since when, while it is."""
    out_of_scope: Mapped[bool] = mapped_column(server_default=false())
    out_of_scope_since: Mapped[datetime | None]
    """Since when, while it is; null where it was from the first."""
    where_to_turn: Mapped[dict[str, Any] | None]
    channel: Mapped[str | None]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    phase: Mapped[str | None]
