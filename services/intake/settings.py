"""What intake needs to know."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Address, Listen, ServiceSettings


class IntakeSettings(ServiceSettings):
    """`ECOUTE_INTAKE_…`"""

    model_config = SettingsConfigDict(env_prefix="ECOUTE_INTAKE_")

    listen: Listen = Address("127.0.0.1:8001")
    worker_listen: Listen = Address("127.0.0.1:8011")
    case_events_url: str = Field("http://127.0.0.1:8002/v1/case-events", pattern="^https?://")
