"""The provider's addresses (OpenID Connect Core and Discovery 1.0): what it is, its page, its tokens, its key."""

from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Query, Request, Response
from starlette.responses import JSONResponse, RedirectResponse

from libs.common.db import Session
from libs.pages.routes import page_router
from libs.pages.sessions import FromOurForm
from services.intake.pages.development_issuer.client import PATH
from services.intake.pages.development_issuer.forms import ROLES, Asked, Exchange, Picked
from services.intake.pages.development_issuer.provider import DevelopmentProvider
from services.intake.pages.rendering import page
from services.intake.teams.queries import team_names

pages = page_router()
endpoints = APIRouter(include_in_schema=False)


async def set_development_provider(app: FastAPI, _: AsyncExitStack) -> None:
    """Start of the application: `app.state.development_provider`."""
    app.state.development_provider = DevelopmentProvider(app.state.settings)


async def _provider(request: Request) -> DevelopmentProvider:
    provider: DevelopmentProvider = request.app.state.development_provider
    return provider


ProviderOf = Annotated[DevelopmentProvider, Depends(_provider)]


@pages.get(f"{PATH}/authorize")
async def authorize(
    request: Request, asked: Annotated[Asked, Query()], provider: ProviderOf, session: Session
) -> Response:
    """Pick who you are."""
    provider.check(asked)
    teams = await team_names(session)
    return page(request, "development_issuer/authorize.html", asked=asked.model_dump(), roles=ROLES, teams=teams)


@pages.post(f"{PATH}/authorize", dependencies=[FromOurForm])
async def pick(picked: Annotated[Picked, Form()], provider: ProviderOf) -> Response:
    """Back to the client with a code."""
    return RedirectResponse(provider.grant(picked), 303)


@endpoints.get(f"{PATH}/.well-known/openid-configuration")
async def discover(provider: ProviderOf) -> dict[str, Any]:
    """What the provider says of itself."""
    return provider.document()


@endpoints.get(f"{PATH}/jwks")
async def list_keys(provider: ProviderOf) -> dict[str, Any]:
    """The key by which its tokens are verified."""
    return provider.keys()


@endpoints.post(f"{PATH}/token")
async def exchange(asked: Annotated[Exchange, Form()], provider: ProviderOf) -> Response:
    """A code for an ID token, once."""
    status, given = provider.exchange(asked)
    return JSONResponse(given, status, {"Cache-Control": "no-store"})
