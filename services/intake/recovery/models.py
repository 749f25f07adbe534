"""Who asks for lost tracking codes, by nothing but a digest of their contact data."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Recovery(Base):
    """A contact, blind: what is asked by it and not looked up yet, and when it was last written to.

    A row is there for an hour after the mail, so that nobody is written to more often; without a mail it goes at once.
    """

    __tablename__ = "recovery"
    __table_args__ = (Index("ix_recovery_asked_at", "asked_at", postgresql_where=text("asked_at IS NOT NULL")),)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    reference: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
