"""Keyset paging: opaque cursors, `Link: rel="next"`, at most 200 rows a page."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

import orjson
from fastapi import Query, Request, Response
from pydantic import TypeAdapter

from libs.common.problems import Problem

MAX_LIMIT = 200

PAGE_SIZE = "how many at most"
NEXT_PAGE = "from the `Link` header of the page before"

P = TypeVar("P")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description=PAGE_SIZE)]
Cursor = Annotated[str | None, Query(max_length=200, description=NEXT_PAGE)]


class InvalidCursor(Problem):
    """This cursor is not one that was given out here."""

    status: ClassVar[int] = 422
    fr = "Ce curseur n'est pas de ceux qui ont été donnés ici."


def encode_cursor(at: datetime, row_id: UUID) -> str:
    return _encode([at, str(row_id)])


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The place after which the next page begins: an instant, and an id for those of the same instant."""
    try:
        at, row_id = _decode(cursor)
        return datetime.fromisoformat(at).astimezone(UTC), UUID(row_id)
    except (ValueError, TypeError, AttributeError, OverflowError) as wrong:
        raise InvalidCursor from wrong


def decode_code_cursor(cursor: str | None) -> str:
    """The code after which the next page begins; that before all others without a cursor."""
    code = _decode(cursor) if cursor else ""
    if not isinstance(code, str) or "\0" in code:
        raise InvalidCursor
    return code


def decode_version_cursor(cursor: str | None) -> int:
    """The version below which the next page begins; above all others without a cursor."""
    version = _decode(cursor) if cursor else 2**62
    if type(version) is not int or not 0 <= version <= 2**62:
        raise InvalidCursor
    return version


def link_next(request: Request, response: Response, limit: int, places: Sequence[tuple[datetime, UUID]]) -> None:
    """Announce the next page where this one is full; `places` are the rows' own, in order."""
    if len(places) == limit:
        _announce(request, response, encode_cursor(*places[-1]))


def link_next_code(request: Request, response: Response, limit: int, codes: Sequence[str | int]) -> None:
    """The same for a list in the order of codes, or of versions."""
    if len(codes) == limit:
        _announce(request, response, _encode(codes[-1]))


def link_next_place(request: Request, response: Response, limit: int, places: Sequence[tuple[Any, ...]]) -> None:
    """The same for a list with an order of its own: a place is what its rows are ordered by."""
    if cursor := next_cursor(limit, places):
        _announce(request, response, cursor)


def next_cursor(limit: int, places: Sequence[tuple[Any, ...]]) -> str | None:
    """Where the next page begins; None where this one is not full."""
    return _encode(places[-1]) if len(places) == limit else None


def decode_place(cursor: str, kinds: TypeAdapter[P]) -> P:
    """What the rows before the next page are ordered by, of these kinds."""
    try:
        return kinds.validate_python(_decode(cursor))
    except ValueError as wrong:
        raise InvalidCursor from wrong


def _announce(request: Request, response: Response, cursor: str) -> None:
    url = request.url.remove_query_params("wait").include_query_params(cursor=cursor)
    response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'


def _encode(place: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place, default=str)).decode().rstrip("=")


def _decode(cursor: str) -> Any:
    try:
        return orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as wrong:
        raise InvalidCursor from wrong
