"""A person who spoke: contact data under a key of their own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Person(Base):
    """`key` is wrapped by the master key; without it nothing of the person can be read again."""

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    language: Mapped[str | None]
    accessible_format: Mapped[str | None]
    recorded_at: Mapped[datetime]
