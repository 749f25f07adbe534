"""The token with which a worker reads another service's log."""

import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from urllib.parse import quote

import httpx

from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.identity import SERVICE_ROLE
from libs.common.settings import ServiceSettings, stop

LIFETIME_SECONDS = 3600
SHORTEST_SECONDS = 60
"""Of a token whose giver does not say how long it is good."""


class TokenRefused(Exception):
    """The identity provider gives no token to the client that is named in the settings."""


class ServiceToken(httpx.Auth, ABC):
    """Goes with each request. One that is refused is made anew, once."""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """ConnectionError where no token can be had for the moment, TokenRefused where waiting does not mend it."""
        token = await self.token()
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED and (another := await self.token(instead_of=token)) != token:
            request.headers["Authorization"] = f"Bearer {another}"
            yield request

    @abstractmethod
    async def token(self, instead_of: str | None = None) -> str:
        """A token that is good, and not the one that was refused, where another can be had."""


@dataclass(frozen=True)
class GivenToken(ServiceToken):
    """As the settings have it, for as long as it is good."""

    value: str

    async def token(self, instead_of: str | None = None) -> str:  # noqa: ARG002 - there is no other
        return self.value


class MadeToken(ServiceToken):
    """Made when it is needed, and anew before it ends."""

    def __init__(self) -> None:
        self._token, self._renew_at = "", float("-inf")

    async def token(self, instead_of: str | None = None) -> str:
        if time.monotonic() >= self._renew_at or self._token == instead_of:
            self._token, lifetime = await self.make()
            self._renew_at = time.monotonic() + lifetime / 2
        return self._token

    @abstractmethod
    async def make(self) -> tuple[str, float]:
        """A new token, and for how many seconds it is good."""


class SignedToken(MadeToken):
    """By the development issuer's key, on one machine."""

    def __init__(self, service: str, settings: ServiceSettings, issuer: DevelopmentIssuer) -> None:
        super().__init__()
        self._service, self._settings, self._issuer = service, settings, issuer

    async def make(self) -> tuple[str, float]:
        token = self._issuer.sign(
            subject=self._service,
            roles=[SERVICE_ROLE],
            issuer=self._settings.token_issuer,
            audience=self._settings.token_audience,
            lifetime_seconds=LIFETIME_SECONDS,
        )
        return token, LIFETIME_SECONDS


class FetchedToken(MadeToken):
    """By the identity provider, for the client's own name and secret (client credentials: RFC 6749, 4.4)."""

    def __init__(self, url: str, client_id: str, client_secret: str, scope: str | None) -> None:
        super().__init__()
        self._url, self._client = url, httpx.BasicAuth(quote(client_id, safe=""), quote(client_secret, safe=""))
        self._asked = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}

    async def make(self) -> tuple[str, float]:
        try:
            async with httpx.AsyncClient(timeout=5, auth=self._client) as http:
                answer = await http.post(self._url, data=self._asked, headers={"Accept": "application/json"})
            given = answer.json() if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR else None
        except (httpx.HTTPError, ValueError) as error:
            raise ConnectionError(f"the identity provider at {self._url} cannot be asked for a token") from error
        if not isinstance(given, dict):
            raise ConnectionError(f"the identity provider at {self._url} gave no token ({answer.status_code})")
        token, lifetime = given.get("access_token"), given.get("expires_in")
        if answer.status_code != httpx.codes.OK or not isinstance(token, str):
            raise TokenRefused(f"the identity provider at {self._url} gives no token: {str(given.get('error'))[:64]}")
        return token, float(lifetime) if isinstance(lifetime, int | float) else SHORTEST_SECONDS


def service_token(service: str, settings: ServiceSettings) -> ServiceToken:
    """Signed here on one machine, else fetched, else the one from the settings."""
    if settings.development_issuer is not None:
        return SignedToken(service, settings, DevelopmentIssuer(settings.development_issuer))
    if settings.service_token_url and settings.service_client_id and settings.service_client_secret:
        secret = settings.service_client_secret.get_secret_value()
        return FetchedToken(
            settings.service_token_url, settings.service_client_id, secret, settings.service_token_scope
        )
    if settings.service_token is None:
        stop(
            "set ECOUTE_SERVICE_TOKEN_URL, ECOUTE_SERVICE_CLIENT_ID and ECOUTE_SERVICE_CLIENT_SECRET, or"
            " ECOUTE_SERVICE_TOKEN: without the development issuer a worker cannot read the other's log"
        )
    return GivenToken(settings.service_token.get_secret_value())
