"""What is the same for everything that comes in one request."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.intake.catalogue.at_hand import Known
from services.intake.desk import Desk
from services.intake.feedback.sender import Sender
from services.intake.slips.models import Slip


@dataclass(frozen=True)
class Arrival:
    """Who sends, when, and what the house knows at that moment: one for a request, or for a whole batch."""

    desk: Desk
    sender: Sender
    now: datetime
    known: Known
    slips: Mapping[bytes, Slip]
    """By digest, those whose codes came with it."""
