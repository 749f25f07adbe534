"""Tracking codes given out beforehand: what is said with one later becomes the feedback whose code it is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class Slip(Base):
    """The id of a feedback that has not arrived yet, and whose the slip is. Of its code only the digest is kept."""

    __tablename__ = "slip"

    feedback_id: Mapped[UUID] = mapped_column(primary_key=True)
    tracking_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    source: Mapped[str]
    source_code: Mapped[str | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]

    def is_for(self, source: str, source_code: str | None) -> bool:
        """One's own; those of staff at every door of the house; those of a device also when staff write down for it."""
        if (self.source, self.source_code) == (source, source_code):
            return True
        return source != "partner" if self.source == "staff" else (self.source, source) == ("device", "staff")
