"""The table of rollups: counters by local day and one dimension."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.analytics.database import Base


class RollupRow(Base):
    """All counters of one value of one dimension on one day of the organisation's time zone.

    The dimension `total` has the one value "". What came down to nothing stays as a row without counters.
    """

    __tablename__ = "rollup_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    counters: Mapped[dict[str, Any]]


class ProjectionRow(Base):
    """By whose days the rollups of a projection version are counted: said once, by the first slice."""

    __tablename__ = "projection"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time_zone: Mapped[str]
