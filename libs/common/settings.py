"""Settings come from the environment. One that is unknown or cannot be read stops the start with one line."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, ClassVar, NoReturn, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.common.auth.claims import meanings_of
from libs.common.auth.partner_tokens import parse_jwks
from libs.common.mail import sender_of, server_of
from libs.common.stream.kafka.settings import KafkaSettings

PREFIX = "ECOUTE_"
_NEAR = 0.85
"""As much alike as a name and the same mistyped."""

ORIGIN = re.compile(
    r"(https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http://(localhost|127\.0\.0\.1))(:[1-9][0-9]{0,4})?"
)
"""Where a page comes from (RFC 6454): `https://` and a host, no path; without encryption only on this machine."""


class Address(str):
    """`host:port` on which a process listens."""

    @property
    def host(self) -> str:
        return self.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.rpartition(":")[2])

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Nobody but processes of this machine comes by it."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _address(value: object) -> Address:
    host, _, port = str(value).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("an address is host:port, as in 127.0.0.1:8001")
    return Address(value)


def zone(value: object) -> ZoneInfo:
    """The time zone of that name. ValueError, in one line, when there is none."""
    try:
        return value if isinstance(value, ZoneInfo) else ZoneInfo(str(value))
    except (KeyError, OSError) as unknown:
        raise ValueError("a time zone is a name such as America/Toronto or Europe/Paris") from unknown


Listen = Annotated[Address, BeforeValidator(_address)]
TimeZone = Annotated[ZoneInfo, BeforeValidator(zone)]


class Settings(BaseSettings):
    """Base of every process's settings: `ECOUTE_…` variables, all of them known."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, arbitrary_types_allowed=True, env_ignore_empty=True
    )

    others: ClassVar[tuple[str, ...]] = ()
    """Prefixes of variables that other processes check."""

    @classmethod
    def names(cls) -> set[str]:
        """The variables that this process understands."""
        prefix = cls.model_config["env_prefix"]
        return {str(field.validation_alias or f"{prefix}{name}".upper()) for name, field in cls.model_fields.items()}

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the environment, or stop the process with one line that says what to mend (exit code 2)."""
        given = dict(os.environ if environment is None else environment)
        for name in sorted(given):
            if name.startswith(PREFIX) and name not in cls.names() and not name.startswith(cls.others or ("\0",)):
                nearest = "".join(f" (is {one} meant?)" for one in get_close_matches(name, cls.names(), 1, _NEAR))
                stop(f"the setting {name} is not known{nearest}; docs/settings.md has all of them")
        try:
            with environment_as(given):
                return cls()
        except ValidationError as invalid:
            error = invalid.errors(include_input=False, include_url=False)[0]
            if not error["loc"]:  # it is about several
                stop(error["msg"].removeprefix("Value error, "))
            name = str(error["loc"][0])
            if not name.startswith(PREFIX):
                name = f"{cls.model_config['env_prefix']}{name}".upper()
            stop(f"the setting {name} cannot be used: {error['msg'].removeprefix('Value error, ')}")


@contextmanager
def environment_as(given: Mapping[str, str]) -> Iterator[None]:
    """Put the given environment in the place of the process's own, for a moment: pydantic reads that one alone."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Stopped(SystemExit):
    """The end of the process with exit code 2, and the line that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(2)
        self.reason = reason


def say(line: str) -> None:
    """A line on the error console. That its window is gone, or its disk full, is no reason to end."""
    with suppress(OSError):
        print(f"ecoute: {line}", file=sys.stderr, flush=True)  # noqa: T201


def stop(reason: str) -> NoReturn:
    """End the process with one line on the error console and exit code 2."""
    say(reason)
    raise Stopped(reason)


class ServiceSettings(KafkaSettings, Settings):
    """What each of the services needs to know; a service adds its own under its own prefix."""

    database_url: SecretStr = Field(description="postgresql:// DSN of this service's own database")
    listen: Listen = Field(description="where the API listens")
    worker_listen: Listen = Field(description="where the worker answers /healthz, /readyz and /metrics")
    secret: SecretStr = Field(min_length=32, description="keys what is hashed; never changes")
    pool_size: int = Field(10, ge=2, le=200)

    log_level: str = Field("info", validation_alias="ECOUTE_LOG_LEVEL", pattern="^(debug|info|warning|error)$")
    time_zone: TimeZone = Field(ZoneInfo("America/Toronto"), validation_alias="ECOUTE_TIME_ZONE")
    anonymous_per_minute: int = Field(
        600,
        ge=1,
        validation_alias="ECOUTE_ANONYMOUS_PER_MINUTE",
        description="requests a minute of one address without a token",
    )
    staff_per_minute: int = Field(
        3_000, ge=1, validation_alias="ECOUTE_STAFF_PER_MINUTE", description="requests a minute of a member of staff"
    )
    partner_per_minute: int = Field(
        6_000,
        ge=1,
        validation_alias="ECOUTE_PARTNER_PER_MINUTE",
        description="requests a minute of a partner or a device that has no quota of its own",
    )
    event_log_days: int = Field(
        30,
        ge=1,
        le=3650,
        validation_alias="ECOUTE_EVENT_LOG_DAYS",
        description="how long a log keeps an event with its words; then it is in the archive, without",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        validation_alias="ECOUTE_TRUSTED_PROXIES",
        description="addresses of the gateways whose X-Forwarded-For is believed, separated by commas",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        validation_alias="ECOUTE_PUBLIC_URL",
        pattern="^https?://[^/?#]+$",
        description="the one base address of pages and API, as a browser knows it",
    )
    cors_origins: str = Field(
        "",
        validation_alias="ECOUTE_CORS_ORIGINS",
        description="where the organisation's own pages come from, as https://…, separated by commas",
    )
    otlp_endpoint: str | None = Field(
        None,
        validation_alias="ECOUTE_OTLP_ENDPOINT",
        pattern="^https?://",
        description="the OpenTelemetry collector that takes traces over HTTP, as http://collector:4318",
    )
    worker_nice: int = Field(
        10,
        ge=0,
        le=19,
        validation_alias="ECOUTE_WORKER_NICE",
        description="how far a worker gives way, where cores are short, to APIs and the database on its machine",
    )
    drain_seconds: float = Field(5.0, ge=0, le=60, validation_alias="ECOUTE_DRAIN_SECONDS")
    development_issuer: Path | None = Field(
        None,
        validation_alias="ECOUTE_DEVELOPMENT_ISSUER",
        description="folder of the development issuer's key; for one machine, on loopback only",
    )
    jwks_url: str | None = Field(None, validation_alias="ECOUTE_JWKS_URL", pattern="^https?://")
    service_token: SecretStr | None = Field(
        None,
        validation_alias="ECOUTE_SERVICE_TOKEN",
        description="token of role `service` from the identity provider, for the workers, as long as it is good",
    )
    service_token_url: str | None = Field(
        None,
        validation_alias="ECOUTE_SERVICE_TOKEN_URL",
        pattern="^https?://",
        description="where the identity provider gives workers such tokens (client credentials)",
    )
    service_client_id: str | None = Field(None, validation_alias="ECOUTE_SERVICE_CLIENT_ID")
    service_client_secret: SecretStr | None = Field(None, validation_alias="ECOUTE_SERVICE_CLIENT_SECRET")
    service_token_scope: str | None = Field(None, validation_alias="ECOUTE_SERVICE_TOKEN_SCOPE")
    token_issuer: str = Field("https://issuer.ecoute.invalid", validation_alias="ECOUTE_TOKEN_ISSUER")
    token_audience: str = Field(
        "ecoute", validation_alias="ECOUTE_TOKEN_AUDIENCE", description="one, or several separated by commas"
    )
    token_roles_claim: str = Field(
        "roles",
        validation_alias="ECOUTE_TOKEN_ROLES_CLAIM",
        description="the claim with a member of staff's roles, or the path to it, such as realm_access.roles",
    )
    token_roles: str | None = Field(
        None,
        validation_alias="ECOUTE_TOKEN_ROLES",
        description="what the identity provider's words mean, as theirs=ours,…; others then mean nothing",
    )
    token_teams_claim: str = Field("teams", validation_alias="ECOUTE_TOKEN_TEAMS_CLAIM")
    token_teams: str | None = Field(None, validation_alias="ECOUTE_TOKEN_TEAMS", description="the same for teams")
    partner_token_keys: str = Field(
        '{"keys": []}',
        validation_alias="ECOUTE_PARTNER_TOKEN_KEYS",
        description="public keys of partners' tokens, as intake's /v1/oauth/jwks gives them",
    )

    smtp_url: SecretStr | None = Field(
        None,
        validation_alias="ECOUTE_SMTP_URL",
        description="smtp://, smtp+starttls:// or smtps://, then [user:password@]host[:port]; without it, no mail",
    )
    mail_from: str | None = Field(
        None, validation_alias="ECOUTE_MAIL_FROM", description="Name <address>, from which mail is sent"
    )

    @property
    def is_https(self) -> bool:
        """Whether browsers come over an encrypted connection."""
        return self.public_url.startswith("https:")

    @property
    def audiences(self) -> list[str]:
        """Any of which a token must be meant for."""
        return [one.strip() for one in self.token_audience.split(",")]

    @property
    def own_origins(self) -> frozenset[str]:
        """The organisation's own pages may call from a browser; partners' origins are with their keys."""
        return frozenset(one.strip() for one in self.cors_origins.split(",") if one.strip())

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        if not all(ORIGIN.fullmatch(one.strip()) for one in value.split(",") if one.strip()):
            raise ValueError("origins such as https://www.example.org, separated by commas, are expected")
        return value

    @field_validator("token_roles", "token_teams")
    @classmethod
    def _says_what_words_mean(cls, value: str | None) -> str | None:
        if value is not None:
            meanings_of(value)
        return value

    @field_validator("partner_token_keys")
    @classmethod
    def _are_public_keys(cls, value: str) -> str:
        parse_jwks(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _names_a_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            server_of(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_one_address(cls, value: str | None) -> str | None:
        if value is not None:
            sender_of(value)
        return value

    def model_post_init(self, _: object) -> None:
        if (self.smtp_url is None) != (self.mail_from is None):
            stop("set both ECOUTE_SMTP_URL and ECOUTE_MAIL_FROM, or neither: mail needs a server and a sender")
        if (self.development_issuer is None) == (self.jwks_url is None):
            stop("set one of ECOUTE_JWKS_URL (an identity provider) and ECOUTE_DEVELOPMENT_ISSUER (one machine)")
        if self.development_issuer:
            see_that_nobody_else_comes(
                self.listen.host, self.worker_listen.host, urlsplit(self.public_url).hostname or ""
            )


def see_that_nobody_else_comes(*hosts: str) -> None:
    """Where the development issuer signs, everything is on loopback, the address that browsers know too."""
    if not all(map(is_loopback, hosts)):
        stop(
            "ECOUTE_DEVELOPMENT_ISSUER signs anything: it is refused unless every address is on loopback; elsewhere "
            "set ECOUTE_JWKS_URL to that of an identity provider"
        )
