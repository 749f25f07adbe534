"""The catalogue: what people may speak about, as trees."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class CatalogueEntry(Base):
    """A service, a service point, a topic, or a touchpoint with what it fills in."""

    __tablename__ = "catalogue_entry"

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]
    name: Mapped[dict[str, Any]]
    retired: Mapped[bool]
    channel: Mapped[str | None]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    phase: Mapped[str | None]
