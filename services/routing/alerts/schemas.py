"""Alerts that came back, over the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from libs.common.examples import shown
from libs.common.wire import Line, Wire


class AlertBounceIn(Wire):
    """Mail about an urgent case that came back, as a mail system tells it."""

    model_config = shown(
        {
            "message_id": "<urgent.ce60775e-905e-5144-ad9f-ba1c04124770.passports@agence.example>",
            "status": "5.1.1",
        }
    )

    message_id: Annotated[Line, Field(max_length=200)]
    status: Annotated[str, Field(pattern=r"^[245]\.\d{1,3}\.\d{1,3}$", description="RFC 3463")] = "5.0.0"


class AlertBounceOut(BaseModel):
    """What was made of it."""

    taken_as: Literal["bounced", "known_already", "not_for_good", "not_ours"]
