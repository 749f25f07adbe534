"""Partners and devices, and their keys."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class KeyHolder(Base):
    """A partner or a device. They share one room of codes: a code is what a key signs in as."""

    __tablename__ = "key_holder"

    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    version: Mapped[int]
    name: Mapped[dict[str, Any]]
    scopes: Mapped[list[Any]]
    origins: Mapped[list[Any]]
    quota_per_minute: Mapped[int | None]
    teams: Mapped[list[Any]]
    touchpoint: Mapped[str | None]
    partner: Mapped[str | None] = mapped_column(ForeignKey("key_holder.code"))
    """Whose device it is; none where it is the organisation's own."""
    retired: Mapped[bool]
    recorded_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class AccessKey(Base):
    """A key by its id: the key itself is made of it and of the service's secret, and lies nowhere."""

    __tablename__ = "access_key"
    __table_args__ = (Index("ix_access_key_holder", "holder", postgresql_where=text("revoked_at IS NULL")),)

    id: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(ForeignKey("key_holder.code"))
    label: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]


class KeyringRevision(Base):
    """One row that counts the changes of holders and keys, so that a process sees with one cheap read whether any."""

    __tablename__ = "keyring_revision"

    only: Mapped[bool] = mapped_column(primary_key=True)
    revision: Mapped[int]
