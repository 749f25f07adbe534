"""The codes of the catalogue, as intake tells them: enough to flag one that is not there, and to call it by name."""

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class CatalogueCode(Base):
    """A code of a kind: `service`, `service_point`, `topic`. `name` is null until it is told again."""

    __tablename__ = "catalogue_code"

    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    retired: Mapped[bool] = mapped_column(Boolean)
    name: Mapped[dict[str, Any] | None]
