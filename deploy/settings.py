"""What the one-machine launcher needs to know; the services' own settings pass through to them."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from libs.common.settings import PREFIX, ServiceSettings, Settings


class MachineSettings(Settings):
    """`ECOUTE_…` of `ecoute run`."""

    others: ClassVar[tuple[str, ...]] = ("ECOUTE_GATEWAY_", "ECOUTE_INTAKE_", "ECOUTE_ROUTING_", "ECOUTE_ANALYTICS_")

    database_url: SecretStr | None = Field(
        None, description="DSN of a PostgreSQL 18 or newer, a role with CREATEDB; else one is started here"
    )
    var: Path = Field(Path("var"), description="folder of data, secrets and logs")

    @classmethod
    def names(cls) -> set[str]:
        """Its own, and those that all services share."""
        shared = {str(field.validation_alias) for field in ServiceSettings.model_fields.values()}
        return super().names() | {name for name in shared if name.startswith(PREFIX)}
