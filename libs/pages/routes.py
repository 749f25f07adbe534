"""A page's route: its language, its errors as a page, and what the browser is told not to allow."""

from collections.abc import Callable, Coroutine
from typing import Any, cast, get_args

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import URL
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse

from libs.common import problems
from libs.common.headers import asks_for_a_page
from libs.common.languages import Language, language_of_request
from libs.common.problems import NotFound, Problem, problem_of
from libs.pages.addresses import local
from libs.pages.forms import form_of, wrong_in
from libs.pages.rendering import Renderer
from libs.pages.sessions import SignInNeeded, is_from_here
from libs.pages.switching import COOKIE, keep_language
from libs.pages.wording import in_words, title_of, typed_in

GUARDED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Vary": "Cookie, Accept-Language",
}
"""For every page: nothing inline, nothing from elsewhere, in nobody's frame, kept by no cache."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_render = Renderer()


class PageRoute(APIRoute):
    """Answers a browser: with a page, also where the answer is a problem."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            return await _answer_browser(handle, request)

        return answer


def page_router() -> APIRouter:
    """For a service's pages: they are no part of its OpenAPI document."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)


def guide_browsers(app: FastAPI) -> None:
    """A browser that asks for a page that is not there is answered with one; everybody else, with the problem."""

    def guiding(otherwise: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Response]]:
        async def answer(request: Request, error: Exception) -> Response:
            async def fail(_: Request) -> Response:
                raise error

            if asks_for_a_page(request.scope):
                return await _answer_browser(fail, request)
            response: Response = await otherwise(request, error)
            return response

        return answer

    for kind in (HTTPException, NotFound):
        app.add_exception_handler(kind, guiding(app.exception_handlers.get(kind, problems.answer_to)))


async def _answer_browser(handle: Handler, request: Request) -> Response:
    wanted = request.query_params.get("lang")
    if wanted in get_args(Language) and request.method == "GET":
        return _in_language(request, cast(Language, wanted))
    if (chosen := request.cookies.get(COOKIE)) in get_args(Language):
        language_of_request.set(cast(Language, chosen))
    response = await _with_problems(handle, request)
    for name, value in GUARDED.items():
        response.headers.setdefault(name, value)
    return response


async def _with_problems(handle: Handler, request: Request) -> Response:
    try:
        return await handle(request)
    except SignInNeeded:
        return await _sign_in(request)
    except Exception as error:
        problem = NotFound() if _is_in_the_path(error) else problem_of(error)
        if problem is None:
            raise
        return await _as_page(request, problem)


def _is_in_the_path(error: Exception) -> bool:
    """An address of which a part can be none leads nowhere, whatever else is wrong."""
    return isinstance(error, RequestValidationError) and any(one["loc"][0] == "path" for one in error.errors())


async def _as_page(request: Request, problem: Problem) -> Response:
    body = problem.body(language_of_request.get())
    structlog.get_logger("pages").info("problem", type=body.type)
    response = _render(
        request,
        "problem.html",
        status=problem.status,
        problem=body,
        title=title_of(problem),
        detail=in_words(body.detail) if body.detail else None,
        wrong=[wrong_in(one, {}) for one in problem.errors],
        lost=await _lost(request),
        again=_sign_in_for(_page_before(request)) if isinstance(problem, SignInNeeded) else _page_before(request),
    )
    response.headers.update(problem.headers)
    return response


async def _lost(request: Request) -> list[tuple[str, str]]:
    """What was filled in, of which nothing came: of a form of ours, after which the browser may have an empty one.

    It may be refused before anybody has read it. What another site sends is shown to nobody.
    """
    if request.method != "POST" or not isinstance(request.scope.get("route"), PageRoute) or not is_from_here(request):
        return []
    try:
        return typed_in((await form_of(request)).multi_items())
    except (Problem, HTTPException, ClientDisconnect, RuntimeError):  # there is nothing that could be read
        return []


def _page_before(request: Request) -> str:
    """The page with the form that was sent: at this address, or above it."""
    path = request.url.path
    while path and not problems.answers(request, "GET", path):
        path = path.rpartition("/")[0]
    return path or "/"


def _in_language(request: Request, language: Language) -> Response:
    """The same address in another language, which is kept: nothing else is, before somebody sends something."""
    address = local(_without_host(request.url.remove_query_params("lang")), "/")
    return keep_language(RedirectResponse(address, 303), language)


async def _sign_in(request: Request) -> Response:
    """To where one signs in, and from there back; a part of a page sends the whole page there.

    Who has filled in a form meanwhile is first shown what they wrote.
    """
    if await _lost(request):
        return await _as_page(request, SignInNeeded())
    part_of = request.headers.get("hx-current-url") if "hx-request" in request.headers else None
    try:
        back = _without_host(URL(part_of) if part_of else request.url if request.method == "GET" else URL("/"))
    except ValueError:  # what was said to be an address is none
        back = "/"
    address = _sign_in_for(back)
    if part_of:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _sign_in_for(back: str) -> str:
    return str(URL("/sign-in").include_query_params(back=back))


def _without_host(url: URL) -> str:
    """The address without the host; its path may still name one: `//evil.example`."""
    return f"{url.path}?{url.query}" if url.query else url.path
