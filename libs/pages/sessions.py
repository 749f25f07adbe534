"""Who is signed in: a cookie that intake signs, and all three services believe; never taken by the API.

The cookie is out of reach for scripts and for other sites; whatever changes something besides comes from a form of this
page, for which the token stands: it is made of the session, which nobody else can read (OWASP, Cross-Site Request
Forgery Prevention).
"""

import hashlib
import hmac
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import jwt
from fastapi import Depends, Form, Header, Request
from starlette.responses import Response

from libs.common.auth.identity import Principal
from libs.common.auth.principal import Forbidden
from libs.common.auth.sessions import Sessions
from libs.common.problems import Problem
from libs.common.settings import ServiceSettings

SESSION_SECONDS = 8 * 3600


class SignInNeeded(Problem):
    """Sign in to see this page."""

    status: ClassVar[int] = 401
    fr = "Connectez-vous pour voir cette page."


class FormNotOurs(Problem):
    """This was not sent by a form of this page, or you have signed in anew since: open the page again."""

    status: ClassVar[int] = 403
    fr = "Ceci ne vient pas d'un formulaire de cette page, ou votre session a changé depuis : rouvrez la page."


def cookie_name(settings: ServiceSettings) -> str:
    """`__Host-` binds it to this very address, and to an encrypted one (RFC 6265bis, 4.1.3.2)."""
    return "__Host-ecoute" if settings.is_https else "ecoute"


def keep(response: Response, session: str, settings: ServiceSettings) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(settings),
        session,
        max_age=SESSION_SECONDS,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def forget(response: Response, settings: ServiceSettings) -> None:
    """Take it away."""
    response.delete_cookie(
        cookie_name(settings),
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


async def _visitor(request: Request) -> Principal | None:
    session = request.cookies.get(cookie_name(request.app.state.settings))
    sessions: Sessions = request.app.state.sessions
    try:
        request.state.principal = sessions.principal_of(session) if session else None
    except jwt.PyJWTError:
        request.state.principal = None
    found: Principal | None = request.state.principal
    return found


Visitor = Annotated[Principal | None, Depends(_visitor)]
"""Whoever is signed in, or None: for pages that are open to all."""


def _signed_in(roles: tuple[str, ...]) -> Callable[[Principal | None], Coroutine[Any, Any, Principal]]:
    async def principal(visitor: Visitor) -> Principal:
        if visitor is None:
            raise SignInNeeded
        if roles and not visitor.has(*roles):
            raise Forbidden
        return visitor

    return principal


def signed_in(*roles: str) -> Any:
    """A dependency that yields who is signed in, if they have one of the roles; else they are sent to sign in."""
    return Depends(_signed_in(roles))


def token_for(request: Request) -> str:
    """What a form must send, in this session, whichever service rendered it; without a session it guards nothing."""
    session = request.cookies.get(cookie_name(request.app.state.settings), "")
    return hmac.digest(session.encode(), b"form", hashlib.sha256).hex()


async def _from_our_form(
    request: Request,
    csrf_token: Annotated[str | None, Form()] = None,
    x_csrf_token: Annotated[str | None, Header()] = None,
) -> None:
    if not is_from_here(request):
        raise FormNotOurs
    sent = (csrf_token or x_csrf_token or "").encode()
    if not hmac.compare_digest(sent, token_for(request).encode()):
        raise FormNotOurs if request.cookies.get(cookie_name(request.app.state.settings)) else SignInNeeded


FromOurForm = Depends(_from_our_form)
"""For whatever changes something: refuses what another site sends in somebody's name."""


async def _from_here(request: Request) -> None:
    if not is_from_here(request):
        raise FormNotOurs


FromHere = Depends(_from_here)
"""For what somebody sends without a session: there is no token, and still no other site sends it."""


def is_from_here(request: Request) -> bool:
    """What the browser says of the page that sends; one that says nothing is left to the token."""
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False
