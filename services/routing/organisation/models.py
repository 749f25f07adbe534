"""The organisation as a whole: one row, whose mark changes with whatever is published."""

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class OrganisationMark(Base):
    """Its lock has those who publish come one after the other; its mark tells readers that something has changed."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("is_one", name="one"),)

    is_one: Mapped[bool] = mapped_column(primary_key=True)
    mark: Mapped[UUID]
