"""The tables of rollups: counters and buckets, by projection."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.analytics.database import Base


class RollupRow(Base):
    """All counters of a cell: a day and a value of one dimension, or a month and values of two.

    Days are those of the projection's time zone; a month is its first day. The dimension `total` has the one value "".
    What came down to nothing stays as a row without counters.
    """

    __tablename__ = "rollup"

    projection: Mapped[int] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    second_dimension: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    second_value: Mapped[str] = mapped_column(primary_key=True)
    counters: Mapped[dict[str, Any]]


class BucketRow(Base):
    """How many of a measure lie in a bucket: of the total by day, of each dimension by month."""

    __tablename__ = "rollup_bucket"

    projection: Mapped[int] = mapped_column(primary_key=True)
    grain: Mapped[str] = mapped_column(primary_key=True)
    dimension: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    bucket: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int]


class DifferenceRow(Base):
    """What a slice changed, until it is folded into the rollups: `Difference.written`."""

    __tablename__ = "rollup_difference"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    projection: Mapped[int]
    difference: Mapped[Any] = mapped_column(JSON)


class ProjectionRow(Base):
    """Rollups made by one formula, by the days of one time zone. One is read; another may be in the making."""

    __tablename__ = "projection"
    __table_args__ = (Index("uq_projection_live", "state", unique=True, postgresql_where=text("state = 'live'")),)

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time_zone: Mapped[str]
    formula: Mapped[int] = mapped_column(server_default=text("1"))
    state: Mapped[str] = mapped_column(server_default=text("'superseded'"))
    """`live`, `building` or `superseded`."""
    counted_to: Mapped[UUID | None]
    """While it is built: facts up to this id are in it, and slices that touch them count in it."""
