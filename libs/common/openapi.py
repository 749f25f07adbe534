"""What an OpenAPI document says besides its calls: who they are for, and what holds for all of them."""

import re
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

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
