"""Who asks, and what they may do. A role or a scope without a decision may do nothing."""

from collections.abc import Callable, Collection, Coroutine
from typing import Annotated, Any, ClassVar, Protocol

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer

from libs.common.auth.identity import WORKS_AS, Principal
from libs.common.auth.tokens import Tokens, Unauthenticated
from libs.common.headers import headers_of
from libs.common.languages import Bilingual
from libs.common.problems import Problem

__all__ = ["ActingAgentMissing", "Anyone", "Forbidden", "Keyring", "Principal", "known", "requires", "scopes_needed"]

KEY_PREFIX = "eck_"
"""How a partner's or a device's key begins."""


TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - an address
"""There `Authorization` has the credentials that are exchanged (RFC 6749, 2.3.1): who asks is not known yet."""


_EXCHANGE_IT = Bilingual(
    fr=f"Une clé n'est pas acceptée ici : échangez-la contre un jeton par « POST {TOKEN_PATH} ».",
    en=f"A key is not taken here: exchange it for a token at `POST {TOKEN_PATH}`.",
)


class Forbidden(Problem):
    """Your role or your team does not allow this."""

    status: ClassVar[int] = 403
    fr = "Votre rôle ou votre équipe ne le permet pas."


class ActingAgentMissing(Problem):
    """Say with `Acting-Agent` which agent does this: your tool works in their name."""

    status: ClassVar[int] = 403
    fr = "Dites par « Acting-Agent » quel agent fait ceci : votre outil travaille en son nom."


class Keyring(Protocol):
    """The keys that a service accepts by themselves, without a token."""

    async def principal_of(self, key: str) -> Principal:
        """Whose key it is; else `Unauthenticated`."""
        ...

    async def still(self, principal: Principal) -> Principal:
        """The same, as far as the key of its token still allows; else `Unauthenticated`."""
        ...


bearer = HTTPBearer(
    auto_error=False,
    description="JWT of a member of staff or of a service; of a partner or a device the JWT from `/v1/oauth/token`, "
    "or at intake the key itself",
)

AGENT_PATTERN = r"^[A-Za-z0-9._:@-]{1,64}$"

ActingAgent = Annotated[
    str | None,
    Header(
        pattern=AGENT_PATTERN,
        description="the agent behind a partner's tool; needed for what `cases:work` allows",
    ),
]


async def known(request: Request) -> Principal | None:
    """Whose token or key it is; None without one, `Unauthenticated` where it is not valid."""
    header = headers_of(request.scope).get("authorization")
    if header is None or request.scope["path"] == TOKEN_PATH:
        return None
    scheme, _, shown = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated
    tokens: Tokens = request.app.state.tokens
    keyring: Keyring | None = request.app.state.keyring
    return await _principal_of(shown.strip(), tokens, keyring)


Known = Annotated[Principal | None, Depends(known)]
"""Whose token it is, for what is no part of a call's contract. A token that is not valid is refused everywhere."""


async def _anyone(by: Known, _: Annotated[Any, Depends(bearer)], acting_agent: ActingAgent = None) -> Principal | None:
    return by.acting(acting_agent) if by else None


async def _principal_of(shown: str, tokens: Tokens, keyring: Keyring | None) -> Principal:
    if shown.startswith(KEY_PREFIX):
        if keyring is None:
            raise Unauthenticated(detail=_EXCHANGE_IT)
        return await keyring.principal_of(shown)
    principal = await tokens.principal_of(shown)
    return await keyring.still(principal) if keyring and principal.key_id else principal


Anyone = Annotated[Principal | None, Depends(_anyone)]
"""The principal, with the agent behind it, or None without a token."""


def _requires(
    roles: tuple[str, ...], scopes: tuple[str, ...]
) -> Callable[[Principal | None], Coroutine[Any, Any, Principal]]:
    of_an_agent = {scope for scope, role in WORKS_AS.items() if scope in scopes or role in roles}
    needed = scopes_needed({*scopes} - of_an_agent, of_an_agent)
    roles_needed = _roles_needed(roles)

    async def principal(anyone: Anyone) -> Principal:
        if anyone is None:
            raise Unauthenticated
        named = anyone.agent is not None
        if anyone.has(*roles) or anyone.may(*({*scopes} if named else {*scopes} - of_an_agent)):
            return anyone
        if not named and anyone.may(*of_an_agent):
            raise ActingAgentMissing
        raise Forbidden(detail=needed if anyone.kind in ("partner", "device") else roles_needed)

    return principal


def requires(*roles: str, scopes: tuple[str, ...] = ()) -> Any:
    """A dependency that yields the principal if it has one of the roles or scopes: else 401 or 403."""
    return Depends(_requires(roles, scopes))


def _roles_needed(roles: Collection[str]) -> Bilingual:
    """What staff, or a service, are told that have none of them."""
    return Bilingual(
        fr=f"Il faut un de ces rôles : {', '.join(f'« {one} »' for one in sorted(roles))}.",
        en=f"One of these roles is needed: {', '.join(f'`{one}`' for one in sorted(roles))}.",
    )


def scopes_needed(scopes: Collection[str], of_an_agent: Collection[str] = ()) -> Bilingual:
    """What a partner or a device is told that has none of them; `of_an_agent`: those that work in an agent's name."""
    if not (scopes or of_an_agent):
        return Bilingual(
            fr="Aucune portée ne le permet : c'est pour le personnel.", en="No scope allows it: it is for staff."
        )
    french = [f"« {one} »" for one in sorted(scopes)] + [
        f"« {one} » avec « Acting-Agent »" for one in sorted(of_an_agent)
    ]
    english = [f"`{one}`" for one in sorted(scopes)] + [f"`{one}` with `Acting-Agent`" for one in sorted(of_an_agent)]
    return Bilingual(
        fr=f"Il faut une de ces portées : {', '.join(french)}.",
        en=f"One of these scopes is needed: {', '.join(english)}.",
    )
