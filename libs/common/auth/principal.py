"""Who asks, and what they may do. A role without a decision may do nothing."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from libs.common.auth.tokens import Tokens, Unauthenticated
from libs.common.problems import Problem

PrincipalKind = Literal["staff", "service", "partner", "device"]


@dataclass(frozen=True)
class Principal:
    """Somebody with a token: staff and services by their roles, partners and devices by their scopes."""

    subject: str
    roles: frozenset[str]
    teams: frozenset[str]
    kind: PrincipalKind = "staff"
    scopes: frozenset[str] = frozenset()
    agent: str | None = None
    """Who acts behind a partner's tool, as it says itself (`Acting-Agent`)."""
    quota: int | None = None
    """Requests a minute, where it is not what others of its kind have."""

    def has(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    def may(self, *scopes: str) -> bool:
        return not self.scopes.isdisjoint(scopes)


class Forbidden(Problem):
    """Your role or your team does not allow this."""

    status: ClassVar[int] = 403
    fr = "Votre rôle ou votre équipe ne le permet pas."


bearer = HTTPBearer(auto_error=False, description="JWT of a member of staff or of a service")


async def _anyone(request: Request, _: Annotated[Any, Depends(bearer)]) -> Principal | None:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    tokens: Tokens = request.app.state.tokens
    claims = await tokens.verify(token.strip())
    return Principal(claims["sub"], _codes(claims, "roles"), _codes(claims, "teams"))


def _codes(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """A claim that is a list of codes; a token in which it is anything else is not valid."""
    codes = claims.get(name, [])
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise Unauthenticated
    return frozenset(codes)


Anyone = Annotated[Principal | None, Depends(_anyone)]
"""The principal, or None without a token. A token that is not valid is refused all the same."""


def _requires(
    roles: tuple[str, ...], scopes: tuple[str, ...]
) -> Callable[[Principal | None], Coroutine[Any, Any, Principal]]:
    async def principal(anyone: Anyone) -> Principal:
        if anyone is None:
            raise Unauthenticated
        if not (anyone.has(*roles) or anyone.may(*scopes)):
            raise Forbidden
        return anyone

    return principal


def requires(*roles: str, scopes: tuple[str, ...] = ()) -> Any:
    """A dependency that yields the principal if it has one of the roles or scopes: else 401 or 403."""
    return Depends(_requires(roles, scopes))
