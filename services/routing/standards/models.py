"""Service standards, each version kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class ServiceStandard(Base):
    """A version of a standard. `retired`: it is not in force (any more); `ends`: it is the end of the standard."""

    __tablename__ = "service_standard"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    rank: Mapped[int]
    retired: Mapped[bool] = mapped_column(Boolean)
    ends: Mapped[bool] = mapped_column(Boolean, server_default="false")
    published_at: Mapped[datetime]
    published_by: Mapped[str | None]
