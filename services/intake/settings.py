"""What intake needs to know."""

import base64
import binascii
import os
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from libs.common.auth.partner_tokens import PartnerTokenSigner, parse_jwks
from libs.common.settings import Address, Listen, ServiceSettings, stop


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
    late_days: int = Field(
        7, ge=1, le=90, description="when an answer is late, the person is told so many days after the promised one"
    )
    follow_url: str | None = Field(
        None, pattern="^https?://[^#]+$", description="the page where a code opens its feedback; mail links to it"
    )
    master_key: SecretStr = Field(description="32 bytes in base64; wraps the key of each person; losing it loses all")
    erasure_ledger: Path = Field(
        description="file of who was erased, and when; it must not lie where a backup of the database is put back"
    )
    partner_token_key: SecretStr | None = Field(
        None, description="32 bytes in base64; signs the tokens of partners and devices; without it, they get none"
    )
    partner_token_minutes: int = Field(30, ge=15, le=60, description="how long such a token is good")

    oidc_issuer: str | None = Field(
        None, pattern="^https?://", description="the identity provider at which staff sign in to the pages"
    )
    oidc_client_id: str = Field("ecoute", description="the name under which the provider knows the pages")
    oidc_client_secret: SecretStr | None = Field(None, description="without it, the pages are a public client")
    oidc_scopes: str = Field("openid profile", pattern=r"^openid( \S+)*$", description="what is asked for at sign-in")

    def model_post_init(self, context: object) -> None:
        super().model_post_init(context)
        signer = self.partner_token_signer
        if signer and signer.public["kid"] not in {key["kid"] for key in parse_jwks(self.partner_token_keys)["keys"]}:
            stop(
                "ECOUTE_PARTNER_TOKEN_KEYS lacks the public part of ECOUTE_INTAKE_PARTNER_TOKEN_KEY, so that nobody "
                "would believe its tokens: `ecoute partner-token-key` makes both"
            )

    @property
    def follow_page(self) -> str:
        """Where a code opens its feedback: the organisation's page, else ours."""
        return self.follow_url or f"{self.public_url}/follow"

    @property
    def sign_in_callback(self) -> str:
        """Where the identity provider sends back who has signed in: to be registered there, letter by letter."""
        return f"{self.public_url}/sign-in/callback"

    @property
    def partner_token_signer(self) -> PartnerTokenSigner | None:
        return PartnerTokenSigner(self.partner_token_key.get_secret_value()) if self.partner_token_key else None

    @field_validator("partner_token_key")
    @classmethod
    def _signs(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            PartnerTokenSigner(value.get_secret_value())
        return value

    @field_validator("erasure_ledger")
    @classmethod
    def _can_be_written(cls, value: Path) -> Path:
        if not os.access(value if value.exists() else value.parent, os.W_OK):
            raise ValueError("a file in a folder that is there, and that this process may write to, is expected")
        return value

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
