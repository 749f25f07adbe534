"""Sign in, come back, sign out."""

from typing import Annotated

from fastapi import Query, Request, Response
from starlette.responses import RedirectResponse

from libs.common.clock import Now
from libs.pages.routes import page_router
from libs.pages.sessions import FromOurForm, forget
from services.intake.pages.sign_in import service
from services.intake.pages.sign_in.service import Returned

router = page_router()


@router.get("/sign-in")
async def sign_in(request: Request, now: Now, back: Annotated[str | None, Query(max_length=2_000)] = None) -> Response:
    """To the identity provider, and from there back to where somebody wanted to go."""
    return await service.begin(request, back, now)


@router.get("/sign-in/callback")
async def come_back(request: Request, now: Now, returned: Annotated[Returned, Query()]) -> Response:
    """The identity provider sends everybody here who has signed in, or has not."""
    return await service.complete(request, returned, now)


@router.post("/sign-out", dependencies=[FromOurForm])
async def sign_out(request: Request) -> Response:
    """Out of the pages; what the identity provider remembers is its own."""
    response = RedirectResponse("/", 303)
    forget(response, request.app.state.settings)
    return response
