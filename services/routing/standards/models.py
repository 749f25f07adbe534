"""Service standards, each version kept."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class ServiceStandard(Base):
    __tablename__ = "service_standard"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    rank: Mapped[int]
    retired: Mapped[bool]
    published_at: Mapped[datetime]
