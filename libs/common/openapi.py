"""What an OpenAPI document says besides its calls: who they are for, and what holds for all of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from libs.common.examples import give_back_nulls
from libs.common.problems import (
    BadRequest,
    ContentTooLarge,
    ControlCharacterInAddress,
    InternalError,
    InvalidRequest,
    JsonTooDeep,
    JsonTooMuch,
    ProblemDetails,
    ServiceUnavailable,
    TooManyRequests,
    header,
    responses,
)

HOLDS_FOR_ALL = """
**Errors** are problem documents (RFC 9457), `application/problem+json`. `type` is stable: build on it;
`openapi/problems.md` lists every one. `errors` points at the fields; nothing that was sent is ever repeated. A
field or a query parameter that a call does not know is refused, too: a mistyped filter would find everything. Quote
`request_id` when you ask for help.

**Safe retries.** Every POST that changes something takes an `Idempotency-Key`, kept 24 hours or more: the same key with
the same body gets the same answer, with another body 422, while the first is still running 409. Without a token, the
key is a UUID. After a 503 or a lost connection, send the same again.

**Changes** of what carries an `ETag` take it back as `If-Match`: 428 where it is needed and missing, 412 where
somebody else was faster.

**Pages.** `limit` is at most 200, of the logs of events 1,000; the next page is where the header `Link: …; rel="next"`
says. Cursors are opaque.

**Limits.** `RateLimit` and `RateLimit-Policy` say what is left of a minute's quota; 429 and 503 come with
`Retry-After`.

**Languages.** What a person reads comes in French and English; of errors, `Accept-Language` chooses one. Times are
`*_at`, in UTC; days are `*_on`.
"""

_HEADERS = {
    "ETag": "The version of what is answered. A change of it takes it back as `If-Match`.",
    "Link": 'The next page, with `rel="next"`; missing where there is none.',
    "Location": "Where it is read.",
    "Retry-After": "So many seconds later the same may be answered otherwise.",
    "WWW-Authenticate": "What has to be shown.",
}

_ANYWHERE = (TooManyRequests, InternalError, ServiceUnavailable)
_WITH_A_BODY = (BadRequest, ContentTooLarge)
_SENTENCE = re.compile(r"[.;:](?=\s|$)")


def describe(app: FastAPI, tags: Mapping[str, str], routers: Sequence[APIRouter]) -> None:
    """Give the document its tags, and each operation the first sentence of its description as summary."""
    app.description = f"{app.description}\n{HOLDS_FOR_ALL}"
    app.openapi_tags = [{"name": name, "description": text} for name, text in tags.items()]
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute) and not route.summary:
            route.summary = summary_of(route.description)


def summary_of(description: str) -> str:
    """Its first sentence, on one line."""
    return " ".join(_SENTENCE.split(description, maxsplit=1)[0].split())


def tell_problems(app: FastAPI) -> None:
    """Have the document say our form of error in the place of FastAPI's own, and what any call can meet."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        return _with_problems(generate())

    app.openapi = openapi  # type: ignore[method-assign]


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["ProblemDetails"] = problem
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    give_back_nulls(document)
    _say_headers(document["paths"])
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for operation in operations:
        _say_what_any_call_can_meet(operation)
    has_body = any("requestBody" in operation for operation in operations)
    met = (*_ANYWHERE, *(_WITH_A_BODY if has_body else ()))
    components["responses"] = {kind.__name__: responses(kind)[kind.status] for kind in met}
    said = str(document)
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in _HEADERS.items()
        if header(name)["$ref"] in said
    }
    return document


def _say_headers(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Of lists, where the next page is; of what is changed with `If-Match`, and of what is sent anew only where it is
    another, the version.
    """
    changed = {path for path, operations in paths.items() for one in operations.values() if "if-match" in _takes(one)}
    for path, operations in paths.items():
        for method, operation in operations.items():
            is_list, declared = "cursor" in _takes(operation), operation["responses"]
            is_versioned = (
                "304" in declared
                or "428" in declared
                or (method == "get" and not is_list and any(_acts_on(one, path) for one in changed))
            )
            for status in {"200", "201", "304"} & declared.keys():
                told = {"Link": is_list and status == "200", "ETag": is_versioned}
                if said := {name: header(name) for name, is_said in told.items() if is_said}:
                    declared[status].setdefault("headers", {}).update(said)


def _takes(operation: Mapping[str, Any]) -> set[str]:
    return {one["name"].lower() for one in operation.get("parameters", ())}


def _acts_on(path: str, thing: str) -> bool:
    """Whether a path is a thing's own, or that of something done with it."""
    return path == thing or path.rpartition("/")[0] == thing


def _say_what_any_call_can_meet(operation: dict[str, Any]) -> None:
    declared = operation["responses"]
    if "HTTPValidationError" in str(declared.get("422")):
        declared.pop("422")
    has_body = "requestBody" in operation
    unreadable = responses(ControlCharacterInAddress, InvalidRequest, *([JsonTooDeep, JsonTooMuch] if has_body else []))
    said = declared.setdefault("422", unreadable[422])
    for line in str(unreadable[422]["description"]).split("\n\n"):
        if line not in said["description"]:
            said["description"] += f"\n\n{line}"
    for kind in (*_ANYWHERE, *(_WITH_A_BODY if has_body else ())):
        declared.setdefault(str(kind.status), {"$ref": f"#/components/responses/{kind.__name__}"})
    operation["responses"] = {status: declared[status] for status in sorted(declared)}
