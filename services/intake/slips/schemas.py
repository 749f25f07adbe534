"""Slips over the wire."""

from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.examples import shown
from libs.common.wire import Wire

MOST_AT_ONCE = 500


class SlipsIn(Wire):
    model_config = shown({"count": 50})

    count: int = Field(ge=1, le=MOST_AT_ONCE, examples=[50])


class SlipsMade(BaseModel):
    """What is kept of the answer, for a retry: the codes are made of it again, and lie nowhere."""

    feedback_ids: list[UUID]


class TrackingCodes(BaseModel):
    """Print each on a slip, and give each to one person. Send it as `tracking_code` with what that person said."""

    model_config = shown({"tracking_codes": ["FBT6-277T-A4H6-QT3DF", "0E94-ZFRZ-MXY3-2C4JP"]})

    tracking_codes: list[str]
