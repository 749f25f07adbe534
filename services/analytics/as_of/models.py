"""The table of how current each log is here."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from services.analytics.database import Base


class LogRow(Base):
    """A log that is read: what it has up to a position, and all that was recorded up to a moment, is in the facts."""

    __tablename__ = "log_read"

    source: Mapped[str] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    pos: Mapped[int]
    complete_to: Mapped[datetime]
