"""Teams: who answers."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class Team(Base):
    """A team with its public name and contact. One that is retired keeps its cases and gets no new ones."""

    __tablename__ = "team"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[dict[str, Any]]
    contact: Mapped[dict[str, Any]]
    retired: Mapped[bool]
