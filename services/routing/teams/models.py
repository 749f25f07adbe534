"""Teams: who answers."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class Team(Base):
    """A team as it now is. One that is retired keeps the cases that are over.

    `version` 0: not told yet. The next publication tells it, whatever it changes.
    """

    __tablename__ = "team"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default="0")
    name: Mapped[dict[str, Any]]
    contact: Mapped[dict[str, Any]]
    members: Mapped[list[Any]] = mapped_column(server_default="[]")
    alert_email: Mapped[str | None]
    services: Mapped[list[Any]] = mapped_column(server_default="[]")
    service_points: Mapped[list[Any]] = mapped_column(server_default="[]")
    restricted: Mapped[bool] = mapped_column(Boolean, server_default="false")
    retired: Mapped[bool]


class TeamVersion(Base):
    """What a team was, version by version."""

    __tablename__ = "team_version"

    code: Mapped[str] = mapped_column(ForeignKey("team.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document: Mapped[dict[str, Any]]
    retired: Mapped[bool] = mapped_column(Boolean)
    published_at: Mapped[datetime]
    published_by: Mapped[str]
