"""The organisation as a whole: one row, whose mark changes with whatever is published."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.routing.database import Base


class OrganisationMark(Base):
    """Its lock has those who publish come one after the other; its mark tells readers that something has changed.

    `looked_through` counts the versions of teams and rules that there were when the cases were last looked through.
    """

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("is_one", name="one"),)

    is_one: Mapped[bool] = mapped_column(primary_key=True)
    mark: Mapped[UUID]
    looked_through: Mapped[int] = mapped_column(BigInteger, server_default="0")
