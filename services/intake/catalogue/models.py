"""The catalogue: what people may speak about, as trees."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class CatalogueEntry(Base):
    """A service, a service point or a topic."""

    __tablename__ = "catalogue_entry"

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]
    name: Mapped[dict[str, Any]]
    retired: Mapped[bool]
