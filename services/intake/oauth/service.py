"""Gives tokens for keys."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.auth.partner_tokens import PartnerTokenSigner
from libs.common.auth.tokens import Unauthenticated
from libs.common.ids import new_id
from services.intake.oauth.credentials import TokenRequest
from services.intake.oauth.errors import ClientRefused, GrantTypeUnsupported, ScopeRefused, TokensNotGiven
from services.intake.oauth.schemas import TokenOut
from services.intake.partners.keyring import Keyring


@dataclass(frozen=True)
class Mint:
    """What tokens are made with."""

    signer: PartnerTokenSigner | None
    audience: list[str]
    seconds: int


async def give(mint: Mint, keyring: Keyring, asked: TokenRequest, now: datetime) -> TokenOut:
    """A token with all scopes of the holder, or with those that are asked for."""
    if mint.signer is None:
        raise TokensNotGiven
    if asked.grant_type != "client_credentials":
        raise GrantTypeUnsupported
    try:
        principal = await keyring.principal_of(asked.client_secret)
    except Unauthenticated as unknown:
        raise ClientRefused from unknown
    if principal.subject != asked.client_id:
        raise ClientRefused
    if not asked.scopes <= principal.scopes:
        raise ScopeRefused
    narrowed = replace(principal, scopes=asked.scopes or principal.scopes)
    token = mint.signer.sign(
        narrowed, token_id=str(new_id()), audience=mint.audience, at=int(now.timestamp()), seconds=mint.seconds
    )
    return TokenOut(access_token=token, expires_in=mint.seconds, scope=" ".join(sorted(narrowed.scopes)))
