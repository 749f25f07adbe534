"""Style sheets and scripts: files of this house, each under an address that changes with what is in it."""

import gzip
import hashlib
from functools import cache
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath

from libs.common.problems import NotFound

FOLDER = Path(__file__).parent / "assets"

router = APIRouter(include_in_schema=False)


def address_of(name: str) -> str:
    """Where a page finds an asset: it may be kept for ever, since another content has another address."""
    return f"/assets/{_mark(name)}/{name}"


@router.get("/assets/{mark}/{name}")
async def read_asset(
    request: Request, mark: str, name: Annotated[str, InPath(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$")]
) -> Response:
    """A file of the folder, compressed where the browser takes it.

    While a new version takes over, a page may ask for the content of another: it gets what is there, and keeps it not.
    """
    return _answer(mark, name, request.headers.get("accept-encoding", ""))


def _answer(mark: str, name: str, accepted: str) -> Response:
    if not (FOLDER / name).is_file():
        raise NotFound
    packed = "gzip" in accepted
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if mark == _mark(name) else "no-store",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        **({"Content-Encoding": "gzip"} if packed else {}),
    }
    return Response(_packed(name) if packed else _content(name), headers=headers, media_type=guess_type(name)[0])


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)


@cache
def _mark(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]
