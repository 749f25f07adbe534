"""Errors as they leave the house: RFC 9457, `application/problem+json`, in French or English.

An error is a class that says its meaning: its docstring is the public message in English, `fr` the same in French,
its name in kebab case the stable part of `type`. Nothing that was sent is ever echoed.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, ClassVar, Self

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from libs.common.examples import shown
from libs.common.failures import DATABASE_ERRORS, is_infrastructure, sqlstate
from libs.common.field_problems import FieldProblem, field_problem, field_problem_of
from libs.common.languages import Bilingual, Language, language_of_request

TYPE_PREFIX = "urn:ecoute:problem:"
MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 100
"""That are told of a request: one can hold tens of thousands."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

NOT_TEXT = frozenset({"22021", "22P05"})
"""What PostgreSQL says of a character that no text of its can hold, such as NUL."""


class ProblemDetails(BaseModel):
    """RFC 9457 problem details."""

    model_config = shown(
        {
            "type": "urn:ecoute:problem:invalid-request",
            "title": "The request does not have the form that is asked for: see `errors`.",
            "status": 422,
            "request_id": "0199b3f2-7a10-7b61-a7a5-6b0c9f1d2e33",
            "errors": [
                {
                    "pointer": "/ratings/0",
                    "code": "off_scale",
                    "detail": "The mark is not on the measure's scale, from 1 to 5.",
                }
            ],
        }
    )

    type: str = Field(examples=["urn:ecoute:problem:invalid-request"])
    title: str
    status: int
    detail: str | None = None
    request_id: str | None = Field(None, description="quote it when you ask for help: the logs carry it")
    errors: list[FieldProblem] | None = Field(None, description=f"the first {MOST_ERRORS} at most")


class Problem(Exception):
    """The request could not be carried out."""

    status: ClassVar[int] = 500
    fr: ClassVar[str] = "La demande n'a pas pu être traitée."
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *, detail: Bilingual | None = None, errors: Iterable[FieldProblem] = ()) -> None:
        super().__init__(self.type)
        self.detail = detail
        self.errors = list(islice(errors, MOST_ERRORS))

    def __init_subclass__(cls) -> None:
        if not cls.__doc__ or "fr" not in cls.__dict__ or "status" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} must say its status, its meaning (docstring) and the same in French (fr)")
        cls.type = TYPE_PREFIX + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", cls.__name__).lower()

    type: ClassVar[str] = TYPE_PREFIX + "problem"

    @classmethod
    def title(cls, language: Language) -> str:
        return cls.fr if language == "fr" else " ".join((cls.__doc__ or "").split())

    def body(self, language: Language) -> ProblemDetails:
        return ProblemDetails(
            type=self.type,
            title=self.title(language),
            status=self.status,
            detail=self.detail.in_(language) if self.detail else None,
            request_id=structlog.contextvars.get_contextvars().get("request_id"),
            errors=self.errors or None,
        )

    def response(self) -> Response:
        language = language_of_request.get()
        return Response(
            self.body(language).model_dump_json(exclude_none=True),
            self.status,
            {"Content-Language": language, **self.headers},
            media_type=MEDIA_TYPE,
        )


class InvalidRequest(Problem):
    """The request does not have the form that is asked for: see `errors`."""

    status = 422
    fr = "La demande n'a pas la forme voulue : voir « errors »."


def invalid_body(invalid: ValidationError) -> InvalidRequest:
    """What a body that pydantic refuses is answered, by whatever way it came."""
    errors = ({**one, "loc": ("body", *one["loc"])} for one in invalid.errors(include_url=False))
    return InvalidRequest(errors=(field_problem_of(one) for one in errors))


class UnknownCode(Problem):
    """A code is not in the catalogue, or is retired: see `errors`."""

    status = 422
    fr = "Un code n'est pas au catalogue, ou n'y est plus : voir « errors »."

    @classmethod
    def at(cls, names: Iterable[str]) -> Self:
        """At each of these fields of the body."""
        return cls(errors=[unknown_code(name) for name in names])


def unknown_code(name: str) -> FieldProblem:
    """The code in this field of the body is not in the catalogue."""
    text = Bilingual(fr="Ce code n'est pas au catalogue.", en="This code is not in the catalogue.")
    return field_problem("unknown_code", text, pointer=f"/{name}")


class NotFound(Problem):
    """There is nothing here."""

    status = 404
    fr = "Il n'y a rien ici."


class MethodNotAllowed(Problem):
    """This address does not answer that method."""

    status = 405
    fr = "Cette adresse ne répond pas à cette méthode."


class ContentTooLarge(Problem):
    """The body is larger than this address accepts."""

    status = 413
    fr = "Le corps de la demande est plus grand que ce qui est accepté ici."

    @classmethod
    def than(cls, bytes_: int) -> "ContentTooLarge":
        """With the largest size that is accepted."""
        return cls(detail=Bilingual(fr=f"Le maximum est de {bytes_} octets.", en=f"The most is {bytes_} bytes."))


class JsonTooDeep(Problem):
    """The body has more lists and objects within each other than anything that is accepted here."""

    status = 422
    fr = "Le corps de la demande emboîte plus de listes et d'objets que tout ce qui est accepté ici."


class JsonTooMuch(Problem):
    """The body has more values, lists and objects in it than anything that is accepted here."""

    status = 422
    fr = "Le corps de la demande contient plus de valeurs, de listes et d'objets que tout ce qui est accepté ici."


class ControlCharacterInAddress(Problem):
    """The address has control characters in it."""

    status = 422
    fr = "L'adresse contient des caractères de contrôle."


class BadRequest(Problem):
    """The request could not be read."""

    status = 400
    fr = "La demande n'a pas pu être lue."


NOT_UTF8 = Bilingual(
    fr="Le corps n'est pas un texte en UTF-8 ; compressé, il n'est pas accepté.",
    en="The body is not a text in UTF-8; a compressed one is not accepted.",
)


class InternalError(Problem):
    """Something went wrong on our side; it has been noted."""

    status = 500
    fr = "Une erreur s'est produite de notre côté ; elle a été notée."


class ServiceUnavailable(Problem):
    """The service cannot answer just now: try again with the same Idempotency-Key, without risk."""

    status = 503
    fr = "Le service ne peut pas répondre pour l'instant : réessayez avec la même clé Idempotency-Key, sans risque."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "2"}


class TooManyRequests(Problem):
    """You have asked more often than you may: try again after `Retry-After` seconds."""

    status = 429
    fr = "Vous avez demandé plus souvent que permis : réessayez après « Retry-After » secondes."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__()
        self.retry_after = retry_after

    def response(self) -> Response:
        response = super().response()
        response.headers["Retry-After"] = str(self.retry_after)
        return response


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind for kind in (BadRequest, NotFound, MethodNotAllowed, ContentTooLarge)
}


def header(name: str) -> dict[str, str]:
    """A header of an answer, as an OpenAPI document refers to it."""
    return {"$ref": f"#/components/headers/{name}"}


def responses(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """What an endpoint declares in its OpenAPI document for the problems that it can answer with."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = by_status.setdefault(
            kind.status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
            },
        )
        if kind.headers:
            entry.setdefault("headers", {}).update({name: header(name) for name in kind.headers})
        line = f"`{kind.type.removeprefix(TYPE_PREFIX)}`: {kind.title('en')}"
        entry["description"] = f"{entry['description']}\n\n{line}".strip()
    return by_status


def problem_of(error: Exception) -> Problem | None:
    """The problem that an error is for whoever asked; None where nobody expected it."""
    match error:
        # FastAPI wraps what the reading of a body raises.
        case (Problem() as problem) | HTTPException(__cause__=Problem() as problem):
            return problem
        case RequestValidationError():
            return InvalidRequest(errors=(field_problem_of(one) for one in error.errors()))
        case HTTPException():
            kind = _BY_STATUS.get(error.status_code, BadRequest)
            return kind(detail=NOT_UTF8 if isinstance(error.__cause__, UnicodeDecodeError) else None)
    if sqlstate(error) in NOT_TEXT:
        return InvalidRequest()
    if not is_infrastructure(error):
        return None
    structlog.get_logger().warning("database_unavailable", error=type(error).__name__)
    return ServiceUnavailable()


def answer(error: Exception) -> Response:
    """What an error is answered; it goes on where nobody expected it."""
    problem = problem_of(error)
    if problem is None:
        raise error
    response = problem.response()
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


async def answer_to(request: Request, error: Exception) -> Response:
    """The same, and what else is possible where the request went."""
    response = answer(error)
    if response.status_code == MethodNotAllowed.status:
        response.headers["Allow"] = ", ".join(method for method in _METHODS if answers(request, method))
    return response


def answers(request: Request, method: str, path: str | None = None) -> bool:
    """Whether there is such a method where the request went, or at a path: each is a route that knows of no other."""
    scope = {"type": "http", "path": path or request.scope["path"], "root_path": request.scope["root_path"]}
    scope |= {"method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def install(app: FastAPI) -> None:
    """Give every error of the application the one form."""
    for kind in (Problem, RequestValidationError, HTTPException, *DATABASE_ERRORS):
        app.add_exception_handler(kind, answer_to)
