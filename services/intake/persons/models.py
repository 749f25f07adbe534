"""A person who spoke: contact data under a key of their own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
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


def contact_of(person_id: UUID) -> str:
    """What the ciphertext of a person's contact data is bound to."""
    return f"contact {person_id}"


class ContactIndex(Base):
    """By which contact data a feedback is found: blind, and whatever was chosen to be disclosed."""

    __tablename__ = "contact_index"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    feedback_id: Mapped[UUID] = mapped_column(ForeignKey("feedback.id"), primary_key=True, index=True)
    whose: Mapped[str] = mapped_column(primary_key=True)


class PersonLink(Base):
    """Contact data, blind, of who lets their feedback be linked: the same leads to the same `person_ref`."""

    __tablename__ = "person_link"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_ref: Mapped[UUID]
    recorded_at: Mapped[datetime]
