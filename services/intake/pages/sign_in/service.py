"""From a name at an identity provider to a session in the pages."""

import secrets
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field
from starlette.datastructures import URL
from starlette.responses import RedirectResponse, Response

from libs.common.auth.identity import Principal
from libs.common.auth.oidc import Attempt, Client, IdentityProvider, SignInRefused
from libs.common.auth.sessions import sign_session
from libs.common.auth.tokens import roles_claim, teams_claim
from libs.common.ids import new_id
from libs.pages.addresses import local
from libs.pages.navigation import entries_for
from libs.pages.sessions import SESSION_SECONDS, keep
from services.intake.pages.development_issuer.client import development_client
from services.intake.pages.sign_in import attempts
from services.intake.pages.sign_in.errors import NoRole, SignInNotSet
from services.intake.settings import IntakeSettings


class Returned(BaseModel):
    """What the provider adds to the address (RFC 6749, 4.1.2; RFC 9207)."""

    code: str = Field("", max_length=4_000)
    state: str = Field("", max_length=200)
    iss: str | None = Field(None, max_length=500)


async def set_identity_provider(app: FastAPI, _: AsyncExitStack) -> None:
    """Start of the application: `app.state.identity_provider`, or None where nobody can sign in."""
    client = client_of(app.state.settings)
    app.state.identity_provider = IdentityProvider(client) if client else None


def client_of(settings: IntakeSettings) -> Client | None:
    """Who the pages are at the provider from the settings; else at the development issuer, where that is there."""
    if settings.oidc_issuer is None:
        return development_client(settings) if settings.development_issuer else None
    secret = settings.oidc_client_secret
    return Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        redirect_uri=settings.sign_in_callback,
        scopes=settings.oidc_scopes,
    )


async def begin(request: Request, back: str | None, now: datetime) -> Response:
    """Send the browser to the provider. It begins at the public address: only there its cookies come back."""
    settings: IntakeSettings = request.app.state.settings
    public = URL(settings.public_url)
    if request.headers.get("host") != public.netloc:
        return RedirectResponse(str(request.url.replace(scheme=public.scheme, netloc=public.netloc)), 303)
    attempt = Attempt.new()
    response = RedirectResponse(await _provider(request).address_for(attempt), 303)
    attempts.keep(response, attempt, back, settings, now)
    return response


async def complete(request: Request, returned: Returned, now: datetime) -> Response:
    """A session for who comes back from a sign-in that this browser began, and to where it wanted to go."""
    settings: IntakeSettings = request.app.state.settings
    provider = _provider(request)
    attempt, back = attempts.take(request, settings)
    same = secrets.compare_digest(returned.state.encode(), attempt.state.encode())
    if not same or not returned.code or not provider.is_from(returned.iss):
        raise SignInRefused
    principal = _principal_of(await provider.claims_for(returned.code, attempt), settings)
    response = RedirectResponse(local(back, entries_for(principal)[0].path), 303)
    attempts.forget(response, settings)
    keep(response, _session(principal, settings, now), settings)
    return response


def _provider(request: Request) -> IdentityProvider:
    provider: IdentityProvider | None = request.app.state.identity_provider
    if provider is None or request.app.state.settings.partner_token_signer is None:
        raise SignInNotSet
    return provider


def _principal_of(claims: dict[str, Any], settings: IntakeSettings) -> Principal:
    roles = roles_claim(settings).codes(claims)
    if not roles:
        raise NoRole
    name = claims.get("name") or claims.get("preferred_username")
    shown = name if isinstance(name, str) else None
    return Principal(claims["sub"], roles, teams_claim(settings).codes(claims), name=shown)


def _session(principal: Principal, settings: IntakeSettings, now: datetime) -> str:
    signer = settings.partner_token_signer
    if signer is None:
        raise SignInNotSet
    at = int(now.timestamp())
    return sign_session(signer, principal, session_id=str(new_id()), at=at, seconds=SESSION_SECONDS)
