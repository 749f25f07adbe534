"""Keyset paging: opaque cursors, `Link: rel="next"`, at most 200 rows a page."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import orjson
from fastapi import Request, Response

from libs.common.problems import Problem

MAX_LIMIT = 200


class InvalidCursor(Problem):
    """This cursor is not one that was given out here."""

    status: ClassVar[int] = 422
    fr = "Ce curseur n'est pas de ceux qui ont été donnés ici."


def encode_cursor(at: datetime, row_id: UUID) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([at, str(row_id)])).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, UUID]:
    """The place after which the next page begins: an instant, and an id for those of the same instant."""
    try:
        at, row_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(at).astimezone(UTC), UUID(row_id)
    except (binascii.Error, ValueError, TypeError, AttributeError, OverflowError) as wrong:
        raise InvalidCursor from wrong


def link_next(request: Request, response: Response, limit: int, places: Sequence[tuple[datetime, UUID]]) -> None:
    """Announce the next page where this one is full; `places` are the rows' own, in order."""
    if len(places) == limit:
        url = request.url.remove_query_params("wait").include_query_params(cursor=encode_cursor(*places[-1]))
        response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
