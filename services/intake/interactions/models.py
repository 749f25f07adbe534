"""How many contacts there were, whether anything was said of them or not. No person."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.intake.database import Base


class InteractionCount(Base):
    """What one source last reported of a day and a place; `id` is made of what it counts, `version` of its reports."""

    __tablename__ = "interaction_count"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    source: Mapped[str]
    source_code: Mapped[str | None]
    on: Mapped[date]
    interaction: Mapped[str]
    channel: Mapped[str]
    service: Mapped[str | None]
    service_point: Mapped[str | None]
    topic: Mapped[str | None]
    count: Mapped[int]
    waiting_seconds: Mapped[int | None]
    waited: Mapped[int | None]
    reported_at: Mapped[datetime]
