"""JWTs: whose they are, by the issuer's published keys (JWKS, RFC 7517)."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import jwt
from jwt import PyJWK, PyJWKClient

from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.identity import Principal, PrincipalKind
from libs.common.problems import Problem, ServiceUnavailable
from libs.common.settings import ServiceSettings

ALGORITHMS = ["ES256", "RS256", "EdDSA"]


class Unauthenticated(Problem):
    """A valid token is needed here: `Authorization: Bearer …`."""

    status: ClassVar[int] = 401
    fr = "Un jeton valide est nécessaire ici : « Authorization: Bearer … »."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Keys(Protocol):
    """Where the keys of the issuer are found."""

    async def key_of(self, token: str) -> PyJWK: ...


class RemoteKeys:
    """The keys that an identity provider publishes at an address."""

    def __init__(self, url: str) -> None:
        self._client = PyJWKClient(url, timeout=5)

    async def key_of(self, token: str) -> PyJWK:
        try:
            return await asyncio.to_thread(self._client.get_signing_key_from_jwt, token)
        except jwt.PyJWKClientConnectionError as unreachable:
            raise ServiceUnavailable from unreachable


class Tokens:
    """Verifies tokens: signature, issuer, audience, times."""

    def __init__(self, keys: Keys, *, issuer: str, audience: str) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience

    @classmethod
    def of(cls, settings: ServiceSettings) -> "Tokens":
        keys: Keys = (
            DevelopmentIssuer(settings.development_issuer)
            if settings.development_issuer
            else RemoteKeys(settings.jwks_url or "")
        )
        return cls(keys, issuer=settings.token_issuer, audience=settings.token_audience)

    async def principal_of(self, token: str) -> Principal:
        """Whose token it is; else `Unauthenticated`."""
        claims = await self._verified(token)
        roles = _codes(claims, "roles")
        kind: PrincipalKind = "service" if roles == {"service"} else "staff"
        return Principal(claims["sub"], roles, _codes(claims, "teams"), kind)

    async def _verified(self, token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                await self._keys.key_of(token),
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=30,
                options={"require": ["exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, ValueError) as invalid:
            raise Unauthenticated from invalid
        return claims


def _codes(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """A claim that is a list of codes; a token in which it is anything else is not valid."""
    codes = claims.get(name, [])
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise Unauthenticated
    return frozenset(codes)
