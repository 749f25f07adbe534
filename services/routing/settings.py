"""What routing needs to know."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Address, Listen, ServiceSettings


class RoutingSettings(ServiceSettings):
    """`ECOUTE_ROUTING_…`"""

    model_config = SettingsConfigDict(env_prefix="ECOUTE_ROUTING_")

    listen: Listen = Address("127.0.0.1:8002")
    worker_listen: Listen = Address("127.0.0.1:8012")
    feedback_events_url: str = Field("http://127.0.0.1:8001/v1/feedback-events", pattern="^https?://")
    organisation: Path | None = Field(None, description="YAML with teams, calendar, standards, rules, to publish")
    close_after_days: int = Field(30, ge=1, le=3650, description="after the answer, an answered case closes by itself")
    reopen_within_days: int = Field(60, ge=1, le=3650, description="after it was closed, a person can come back")
    approaching_at: float = Field(
        0.75, gt=0, lt=1, description="share of a promised time after which `clock.approaching` is told"
    )
