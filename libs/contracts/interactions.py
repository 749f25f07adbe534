"""What intake tells of the contacts that an organisation had, whether anything was said of them or not."""

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from libs.common.stream.events import Event
from libs.contracts.codes import Channel, Interaction, Source


class InteractionsReported(Event):
    """How many there were on a day. Reported again for the same day and place, it takes the place of the former."""

    type: ClassVar[str] = "ca.ecoute.interactions.reported.v1"

    on: date
    interaction: Interaction
    channel: Channel
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    count: int
    waiting_seconds: int | None = Field(None, description="waited in all, by those counted in `waited`")
    waited: int | None = Field(None, description="how many of them the waiting time is known of")
    source: Source
    source_code: str | None = None
    reported_at: datetime
