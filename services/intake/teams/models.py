"""The teams that answer, as routing tells of them."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class TeamView(Base):
    """Under which name and where the public reaches a team. `version` is the team's."""

    __tablename__ = "team_view"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    name: Mapped[dict[str, Any]]
    contact: Mapped[dict[str, Any]]
