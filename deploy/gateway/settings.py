"""What the gateway of one machine needs to know."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from libs.common.settings import Address, Listen, Settings, see_that_nobody_else_comes
from services.analytics.settings import AnalyticsSettings
from services.intake.settings import IntakeSettings
from services.routing.settings import RoutingSettings


class GatewaySettings(Settings):
    """`ECOUTE_GATEWAY_…`, and where the services listen."""

    model_config = SettingsConfigDict(env_prefix="ECOUTE_GATEWAY_")
    others: ClassVar[tuple[str, ...]] = ("ECOUTE_INTAKE_", "ECOUTE_ROUTING_", "ECOUTE_ANALYTICS_")

    listen: Listen = Address("127.0.0.1:8000")
    intake: Listen = Field(IntakeSettings.model_fields["listen"].default, validation_alias="ECOUTE_INTAKE_LISTEN")
    routing: Listen = Field(RoutingSettings.model_fields["listen"].default, validation_alias="ECOUTE_ROUTING_LISTEN")
    analytics: Listen = Field(
        AnalyticsSettings.model_fields["listen"].default, validation_alias="ECOUTE_ANALYTICS_LISTEN"
    )
    drain_seconds: float = Field(5.0, ge=0, le=60, validation_alias="ECOUTE_DRAIN_SECONDS")
    trusted_proxies: str = Field("127.0.0.1", validation_alias="ECOUTE_TRUSTED_PROXIES")
    development_issuer: Path | None = Field(None, validation_alias="ECOUTE_DEVELOPMENT_ISSUER")
    log_level: str = Field("info", validation_alias="ECOUTE_LOG_LEVEL", pattern="^(debug|info|warning|error)$")

    def model_post_init(self, _: object) -> None:
        if self.development_issuer:
            see_that_nobody_else_comes(self.listen.host)
