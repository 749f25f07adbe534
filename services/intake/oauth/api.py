"""Keys exchanged for tokens (RFC 6749, client credentials), and the keys that these are verified by."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from libs.common.auth.tokens import Tokens
from libs.common.clock import Now
from libs.common.problems import responses
from services.intake.oauth import service
from services.intake.oauth.credentials import Asked
from services.intake.oauth.errors import (
    ClientRefused,
    GrantTypeUnsupported,
    ScopeRefused,
    TokenRequestUnreadable,
    TokensNotGiven,
)
from services.intake.oauth.schemas import TOKEN_REQUEST, KeySet, TokenOut
from services.intake.partners.keyring import KeyringOf

router = APIRouter(tags=["partners"])


async def _mint(request: Request) -> service.Mint:
    settings = request.app.state.settings
    return service.Mint(settings.partner_token_signer, settings.audiences, settings.partner_token_minutes * 60)


@router.post(
    "/v1/oauth/token",
    openapi_extra=TOKEN_REQUEST,
    responses=responses(TokenRequestUnreadable, GrantTypeUnsupported, ScopeRefused, ClientRefused, TokensNotGiven),
)
async def give_token(
    asked: Asked, mint: Annotated[service.Mint, Depends(_mint)], keyring: KeyringOf, now: Now, response: Response
) -> TokenOut:
    """Exchange a key for a token that all three services accept. To ask again is safe: no `Idempotency-Key` is needed.

    `client_id` is the code of the partner or device, `client_secret` one of its keys, in the form or by HTTP Basic.
    Errors carry RFC 6749's `error` beside the members of a problem document.
    """
    response.headers["Cache-Control"] = "no-store"
    return await service.give(mint, keyring, asked, now)


@router.get("/v1/oauth/jwks", openapi_extra={"security": []})
async def get_token_keys(request: Request, response: Response) -> KeySet:
    """The public keys of partners' tokens: what the setting `ECOUTE_PARTNER_TOKEN_KEYS` of the other services holds."""
    response.headers["Cache-Control"] = "public, max-age=300"
    tokens: Tokens = request.app.state.tokens
    return KeySet.model_validate(tokens.partners.jwks)
