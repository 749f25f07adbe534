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
