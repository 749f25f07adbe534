"""No lost update (RFC 9110, 13.1): what can be edited says its version as an `ETag`, and is changed with `If-Match`.

What anybody may read is not sent again to who has it (`If-None-Match`).
"""

import hashlib
import re
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Depends, Header, Request, Response
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from libs.common.languages import Bilingual
from libs.common.problems import Problem


class PreconditionRequired(Problem):
    """Say with `If-Match` which version you change: that of the `ETag` you were given."""

    status: ClassVar[int] = 428
    fr = "Dites par « If-Match » quelle version vous changez : celle de l'« ETag » que vous avez reçu."


class PreconditionFailed(Problem):
    """It has been changed since you read it: read it again."""

    status: ClassVar[int] = 412
    fr = "Ceci a été changé depuis que vous l'avez lu : relisez-le."


_THERE_ALREADY = Bilingual(
    fr="Il y en a déjà un : changez-le avec « If-Match ».", en="There is one already: change it with `If-Match`."
)
_NOT_THERE = Bilingual(
    fr="Il n'y a rien ici à changer : envoyez-le sans « If-Match ».",
    en="There is nothing here to change: send it without `If-Match`.",
)

_STRONG = re.compile(r'\s*(\*|"[!#-~]*")\s*')


def _of_etags(said: str) -> str:
    """A weak one is refused as well: by it nothing can be changed (RFC 9110, 13.1.1)."""
    if not all(_STRONG.fullmatch(one) for one in said.split(",")):
        raise PydanticCustomError(
            "not_an_etag",
            'An `ETag` is expected as it was given, with its quotes: "3".',
            {"fr": 'Un « ETag » est attendu tel qu\'il a été donné, avec ses guillemets : "3".'},
        )
    return said


class Expected:
    """The version that a change is made from, as the request says it."""

    def __init__(self, if_match: str | None) -> None:
        self._if_match = if_match

    def require(self, version: int | None) -> None:
        """See that this version lies here. None said: `PreconditionRequired`; another: `PreconditionFailed`.

        Where nothing lies yet (`version` is None), none need be said, and any that is said is another.
        """
        if version is None:
            if self._if_match is not None:
                raise PreconditionFailed(detail=_NOT_THERE)
            return
        if self._if_match is None:
            raise PreconditionRequired
        self.agree(version)

    def agree(self, version: int) -> None:
        """The same where naming a version is optional."""
        if self._if_match is None or self._if_match.strip() == "*":
            return
        if etag(version) not in [one.strip() for one in self._if_match.split(",")]:
            raise PreconditionFailed

    def require_of(self, version: int | None, *, only_new: bool = False) -> None:
        """The same for what a PUT makes or changes: None where there is nothing yet."""
        if version is not None and only_new:
            raise PreconditionFailed(detail=_THERE_ALREADY)
        self.require(version)


def etag(version: int | str) -> str:
    """The strong validator of a version."""
    return f'"{version}"'


def tag(response: Response, version: int | str) -> None:
    """Say the version of what is answered."""
    response.headers["ETag"] = etag(version)


def digest(parts: Iterable[Any]) -> str:
    """One version of several things together."""
    return hashlib.sha256(repr([*parts]).encode()).hexdigest()[:32]


KEPT_SECONDS = 60
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is what `If-None-Match` says."}}


class Public:
    """Answers that anybody may keep for a minute, and ask again whether they have changed (RFC 9110, 13.1.2)."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request, self.response = request, response

    def unless_known(self, version: int | str) -> Response | None:
        """What is answered to who has this version; None to whom it is to be sent."""
        headers = {"ETag": etag(version), "Cache-Control": f"public, max-age={KEPT_SECONDS}"}
        self.response.headers.update(headers)
        known = self.request.headers.get("if-none-match", "").replace("W/", "").split(",")
        return Response(status_code=304, headers=headers) if headers["ETag"] in map(str.strip, known) else None


async def _expected(
    if_match: Annotated[
        str | None, Header(max_length=200, description="the `ETag` of what you change"), AfterValidator(_of_etags)
    ] = None,
) -> Expected:
    return Expected(if_match)


IfMatch = Annotated[Expected, Depends(_expected)]
"""What the request says of the version that it changes."""


async def _only_new(
    if_none_match: Annotated[
        Literal["*"] | None, Header(description="`*`: make it where there is none, and change nothing")
    ] = None,
) -> bool:
    return if_none_match is not None


OnlyNew = Annotated[bool, Depends(_only_new)]
"""True when the request would make something and never change what is there (`If-None-Match: *`)."""

VERSION_PROBLEMS = (PreconditionRequired, PreconditionFailed)
