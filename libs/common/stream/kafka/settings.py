"""What a process needs to know of a Kafka: where it is, how it is spoken to, and for how long it keeps events."""

import socket
import ssl
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr, model_validator

LONGEST_RETENTION_HOURS = 24 * 30
"""What is erased must be gone from everywhere within a month (GDPR, article 12(3); Law 25, section 32)."""

REQUEST_SECONDS = 10


class KafkaSettings(BaseModel):
    """`ECOUTE_STREAM` and `ECOUTE_KAFKA_…`, the same for every service."""

    stream: Literal["feed", "kafka"] = Field(
        "feed", validation_alias="ECOUTE_STREAM", description="what carries events from service to service"
    )
    kafka_bootstrap: str | None = Field(
        None,
        validation_alias="ECOUTE_KAFKA_BOOTSTRAP",
        pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$",
        description="host:port of some brokers, separated by commas",
    )
    kafka_tls: bool = Field(False, validation_alias="ECOUTE_KAFKA_TLS")
    kafka_ca: Path | None = Field(
        None, validation_alias="ECOUTE_KAFKA_CA", description="PEM file with who vouches for the brokers"
    )
    kafka_certificate: Path | None = Field(
        None, validation_alias="ECOUTE_KAFKA_CERTIFICATE", description="PEM file with our own certificate"
    )
    kafka_key: Path | None = Field(None, validation_alias="ECOUTE_KAFKA_KEY", description="PEM file with its key")
    kafka_sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, validation_alias="ECOUTE_KAFKA_SASL"
    )
    kafka_user: str | None = Field(None, validation_alias="ECOUTE_KAFKA_USER")
    kafka_password: SecretStr | None = Field(None, validation_alias="ECOUTE_KAFKA_PASSWORD")
    kafka_prefix: str = Field(
        "ecoute",
        validation_alias="ECOUTE_KAFKA_PREFIX",
        pattern=r"^[A-Za-z0-9_-]{1,40}(\.[A-Za-z0-9_-]{1,40})*$",
        description="begins the names of topics and groups",
    )
    kafka_retention_hours: int = Field(
        168,
        ge=1,
        le=LONGEST_RETENTION_HOURS,
        validation_alias="ECOUTE_KAFKA_RETENTION_HOURS",
        description="for how long a topic keeps events; shorter than the delay in which an erasure must be complete",
    )
    kafka_member: str = Field(
        default_factory=socket.gethostname,
        validation_alias="ECOUTE_KAFKA_MEMBER",
        pattern=r"^[A-Za-z0-9._-]{1,100}$",
        description="the name of this instance of a worker in its groups: each has one of its own, and keeps it",
    )

    @model_validator(mode="after")
    def _say_enough(self) -> "KafkaSettings":
        if self.stream == "kafka" and self.kafka_bootstrap is None:
            raise ValueError("ECOUTE_STREAM=kafka needs ECOUTE_KAFKA_BOOTSTRAP, host:port of a broker")
        if (self.kafka_sasl is None) != (self.kafka_user is None) or (self.kafka_sasl is None) != (
            self.kafka_password is None
        ):
            raise ValueError("set all of ECOUTE_KAFKA_SASL, ECOUTE_KAFKA_USER and ECOUTE_KAFKA_PASSWORD, or none")
        if (self.kafka_certificate is None) != (self.kafka_key is None):
            raise ValueError("set both ECOUTE_KAFKA_CERTIFICATE and ECOUTE_KAFKA_KEY, or neither")
        if not self.kafka_tls and (self.kafka_ca or self.kafka_certificate):
            raise ValueError(
                "ECOUTE_KAFKA_CA and ECOUTE_KAFKA_CERTIFICATE are for an encrypted connection: set ECOUTE_KAFKA_TLS"
            )
        if not self.kafka_tls and self.kafka_sasl == "PLAIN":
            raise ValueError("ECOUTE_KAFKA_SASL=PLAIN sends the password as it is: set ECOUTE_KAFKA_TLS, or use SCRAM")
        return self

    def topic(self, source: str) -> str:
        """The topic of a service's log."""
        return f"{self.kafka_prefix}.{source}"

    def kafka_client(self) -> dict[str, Any]:
        """What each of aiokafka's clients is given."""
        protocol = f"{'SASL_' if self.kafka_sasl else ''}{'SSL' if self.kafka_tls else 'PLAINTEXT'}"
        given: dict[str, Any] = {
            "bootstrap_servers": self.kafka_bootstrap,
            "security_protocol": protocol,
            "request_timeout_ms": REQUEST_SECONDS * 1000,
            "metadata_max_age_ms": 30_000,
        }
        if self.kafka_tls:
            given["ssl_context"] = self._tls()
        if self.kafka_sasl and self.kafka_password:
            given |= {
                "sasl_mechanism": self.kafka_sasl,
                "sasl_plain_username": self.kafka_user,
                "sasl_plain_password": self.kafka_password.get_secret_value(),
            }
        return given

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.kafka_ca) if self.kafka_ca else None)
        if self.kafka_certificate and self.kafka_key:
            context.load_cert_chain(self.kafka_certificate, self.kafka_key)
        return context
