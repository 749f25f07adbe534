"""Rule sets, each version kept; the newest is in force."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class RuleSet(Base):
    __tablename__ = "rule_set"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[list[Any]]
    published_at: Mapped[datetime]
    published_by: Mapped[str | None]
