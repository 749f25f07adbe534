"""Staff sign in at an identity provider: authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1; RFC 9700).

What of it needs care is done elsewhere: keys and their algorithms in `jwks`, tokens by PyJWT.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import httpx
import jwt
import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from libs.common.auth.jwks import ALGORITHMS, RemoteKeys
from libs.common.auth.partner_tokens import LEEWAY_SECONDS
from libs.common.problems import Problem

FRESH_SECONDS = 3600.0
"""How long what the provider says of itself is believed without asking again."""

BASIC = "client_secret_basic"

log = structlog.get_logger("oidc")


class IdentityProviderUnreachable(Problem):
    """The identity provider does not answer as it should, so that nobody can sign in: try again in a moment."""

    status: ClassVar[int] = 503
    fr = "Le fournisseur d'identité ne répond pas comme il le devrait : réessayez dans un instant pour vous connecter."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "10"}


class SignInRefused(Problem):
    """You are not signed in: what the identity provider sent does not belong to a sign-in begun here. Begin again."""

    status: ClassVar[int] = 400
    fr = (
        "Vous n'êtes pas connecté : ce que le fournisseur d'identité a envoyé n'est pas d'une connexion commencée ici. "
        "Recommencez."
    )


@dataclass(frozen=True)
class Client:
    """Who this house is to the provider; without a secret, PKCE alone proves who comes back."""

    issuer: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    scopes: str

    def in_the_header(self, methods: Sequence[str]) -> httpx.BasicAuth | None:
        """Its name and secret, where the provider takes them there (RFC 6749, 2.3.1)."""
        if self.client_secret is None or BASIC not in methods:
            return None
        return httpx.BasicAuth(quote(self.client_id, safe=""), quote(self.client_secret, safe=""))

    def in_the_form(self, methods: Sequence[str]) -> dict[str, str]:
        """The same in the body, or the name alone."""
        if self.client_secret is None:
            return {"client_id": self.client_id}
        return {} if BASIC in methods else {"client_id": self.client_id, "client_secret": self.client_secret}


@dataclass(frozen=True)
class Attempt:
    """One sign-in on its way: what only the browser that began it can show."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Attempt":
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        return challenge_of(self.verifier)


class Provider(BaseModel):
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3), as far as it is needed."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = [BASIC]


class IdentityProvider:
    """An identity provider, found by its issuer: asked at the first sign-in, then once an hour."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: tuple[Provider, RemoteKeys] | None = None
        self._asked_at = float("-inf")

    async def address_for(self, attempt: Attempt) -> str:
        """Where the browser goes to sign in."""
        provider, _ = await self._provider()
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": self._client.scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        separator = "&" if "?" in provider.authorization_endpoint else "?"
        return f"{provider.authorization_endpoint}{separator}{urlencode(asked)}"

    async def claims_for(self, code: str, attempt: Attempt) -> dict[str, Any]:
        """What the provider says of who came back with the code. `SignInRefused` unless all of it fits."""
        provider, keys = await self._provider()
        token = await self._exchange(provider, code, attempt)
        try:
            claims = await self._verified(token, provider, keys)
            if not secrets.compare_digest(str(claims["nonce"]), attempt.nonce):
                raise jwt.InvalidTokenError("another nonce")
        except jwt.PyJWTError as invalid:
            log.warning("sign_in_refused", error=str(invalid))
            raise SignInRefused from invalid
        return claims

    def is_from(self, issuer: str | None) -> bool:
        """Whether an answer that says who sent it (RFC 9207) is from here."""
        return issuer is None or issuer == self._client.issuer

    async def _provider(self) -> tuple[Provider, RemoteKeys]:
        if self._known is None or monotonic() - self._asked_at > FRESH_SECONDS:
            found = await self._discover()
            same = self._known is not None and self._known[0].jwks_uri == found.jwks_uri
            self._known = (found, self._known[1] if same and self._known else RemoteKeys(found.jwks_uri))
            self._asked_at = monotonic()
        return self._known

    async def _discover(self) -> Provider:
        url = f"{self._client.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            async with httpx.AsyncClient(timeout=5, follow_redirects=True) as http:
                found = Provider.model_validate_json((await http.get(url)).raise_for_status().content)
        except (httpx.HTTPError, ValidationError) as error:
            log.warning("identity_provider_unreachable", error=type(error).__name__)
            raise IdentityProviderUnreachable from error
        if found.issuer != self._client.issuer:
            log.warning("identity_provider_names_another_issuer")
            raise IdentityProviderUnreachable
        return found

    async def _exchange(self, provider: Provider, code: str, attempt: Attempt) -> str:
        """The code for the ID token, at the provider itself (RFC 6749, 4.1.3; RFC 7636, 4.5)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._client.redirect_uri,
            "code_verifier": attempt.verifier,
            **self._client.in_the_form(provider.token_endpoint_auth_methods_supported),
        }
        try:
            auth = self._client.in_the_header(provider.token_endpoint_auth_methods_supported)
            async with httpx.AsyncClient(timeout=5, auth=auth) as http:
                answer = await http.post(provider.token_endpoint, data=form, headers={"Accept": "application/json"})
                given = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("identity_provider_unreachable", error=type(error).__name__)
            raise IdentityProviderUnreachable from error
        token = given.get("id_token") if isinstance(given, dict) else None
        if answer.status_code != httpx.codes.OK or not isinstance(token, str):
            log.warning("sign_in_refused", error=_error_of(given))
            raise SignInRefused
        return token

    async def _verified(self, token: str, provider: Provider, keys: RemoteKeys) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            await keys.key_of(token),
            algorithms=[name for names in ALGORITHMS.values() for name in names],
            audience=self._client.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "nonce"]},
        )
        if claims.get("azp", self._client.client_id) != self._client.client_id:
            raise jwt.InvalidAudienceError("made for another client")
        return claims


def challenge_of(verifier: str) -> str:
    """What is shown first, so that the verifier proves later who began (RFC 7636, 4.2, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _error_of(given: object) -> str:
    """The provider's own word for it (RFC 6749, 5.2); nothing else of its answer is written down."""
    error = given.get("error") if isinstance(given, dict) else None
    return error[:64] if isinstance(error, str) else "no id_token"
