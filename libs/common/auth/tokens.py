"""JWTs: whose they are. Staff's and services' by the keys of their issuer, partners' and devices' by our own."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import jwt
from jwt import PyJWK

from libs.common.auth.claims import Claim, meanings_of
from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.identity import SERVICE_ROLE, Principal, PrincipalKind
from libs.common.auth.jwks import ALGORITHMS, RemoteKeys
from libs.common.auth.partner_tokens import LEEWAY_SECONDS, PartnerTokens
from libs.common.problems import Problem
from libs.common.settings import ServiceSettings


class Unauthenticated(Problem):
    """A valid token is needed here: `Authorization: Bearer …`."""

    status: ClassVar[int] = 401
    fr = "Un jeton valide est nécessaire ici : « Authorization: Bearer … »."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class Keys(Protocol):
    """Where the keys of the issuer are found."""

    async def key_of(self, token: str) -> PyJWK: ...


class Tokens:
    """Verifies tokens: signature, issuer, audience, times."""

    def __init__(
        self, keys: Keys, partners: PartnerTokens, *, issuer: str, audience: list[str], roles: Claim, teams: Claim
    ) -> None:
        self.partners = partners
        self._keys, self._issuer, self._audience = keys, issuer, audience
        self._roles, self._teams = roles, teams

    @classmethod
    def of(cls, settings: ServiceSettings) -> "Tokens":
        keys: Keys = (
            DevelopmentIssuer(settings.development_issuer)
            if settings.development_issuer
            else RemoteKeys(settings.jwks_url or "")
        )
        return cls(
            keys,
            PartnerTokens(settings.partner_token_keys, settings.audiences),
            issuer=settings.token_issuer,
            audience=settings.audiences,
            roles=roles_claim(settings),
            teams=teams_claim(settings),
        )

    async def principal_of(self, token: str) -> Principal:
        """Whose token it is; else `Unauthenticated`."""
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            if key_id is not None and self.partners.are_signed_by(key_id):
                return self.partners.principal_of(token)
            claims = await self._verified(token)
            roles = self._roles.codes(claims)
            kind: PrincipalKind = "service" if roles == {SERVICE_ROLE} else "staff"
            return Principal(claims["sub"], roles, self._teams.codes(claims), kind)
        except (jwt.PyJWTError, ValueError) as invalid:
            raise Unauthenticated from invalid

    async def _verified(self, token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            await self._keys.key_of(token),
            algorithms=[name for names in ALGORITHMS.values() for name in names],
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub"]},
        )
        return claims


def roles_claim(settings: ServiceSettings) -> Claim:
    """Where a member of staff's roles stand: in a token for the API as in one from a sign-in."""
    return Claim(settings.token_roles_claim, _meanings(settings.token_roles))


def teams_claim(settings: ServiceSettings) -> Claim:
    """The same for teams."""
    return Claim(settings.token_teams_claim, _meanings(settings.token_teams))


def _meanings(text: str | None) -> dict[str, str] | None:
    return meanings_of(text) if text else None
