"""What intake needs to know."""

import base64
import binascii
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Address, Listen, ServiceSettings


class IntakeSettings(ServiceSettings):
    """`ECOUTE_INTAKE_…`"""

    model_config = SettingsConfigDict(env_prefix="ECOUTE_INTAKE_")

    listen: Listen = Address("127.0.0.1:8001")
    worker_listen: Listen = Address("127.0.0.1:8011")
    case_events_url: str = Field("http://127.0.0.1:8002/v1/case-events", pattern="^https?://")
    catalogue: Path | None = Field(None, description="YAML with services, service points, topics, to publish")
    phone_region: str = Field(
        "CA", pattern="^[A-Z]{2}$", description="whose telephone numbers are meant that say no country: ISO 3166"
    )
    master_key: SecretStr = Field(description="32 bytes in base64; wraps the key of each person; losing it loses all")

    @field_validator("master_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            size = len(base64.b64decode(value.get_secret_value(), validate=True))
        except binascii.Error:
            size = 0
        if size != 32:
            raise ValueError("32 bytes in base64 are expected")
        return value
