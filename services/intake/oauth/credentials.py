"""What a client asks for and who it says it is: the form, and HTTP Basic (RFC 6749, 2.3.1)."""

import base64
import binascii
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl, unquote_plus

from fastapi import Depends, Request

from services.intake.oauth.errors import ClientRefused, TokenRequestUnreadable

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20


@dataclass(frozen=True)
class TokenRequest:
    grant_type: str
    client_id: str
    client_secret: str
    scopes: frozenset[str]


async def _read(request: Request) -> TokenRequest:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise TokenRequestUnreadable
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as wrong:
        raise TokenRequestUnreadable from wrong
    form = dict(pairs)
    if len(form) != len(pairs) or not form.get("grant_type"):
        raise TokenRequestUnreadable
    shown = request.headers.get("authorization")
    if shown is not None and "client_secret" in form:
        raise TokenRequestUnreadable
    client_id, client_secret = (
        _basic(shown) if shown is not None else (form.get("client_id", ""), form.get("client_secret", ""))
    )
    return TokenRequest(form["grant_type"], client_id, client_secret, frozenset(form.get("scope", "").split()))


def _basic(shown: str) -> tuple[str, str]:
    scheme, _, credentials = shown.partition(" ")
    if scheme.lower() != "basic":
        raise ClientRefused
    try:
        client_id, colon, client_secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as wrong:
        raise ClientRefused from wrong
    if not colon:
        raise ClientRefused
    return unquote_plus(client_id), unquote_plus(client_secret)


Asked = Annotated[TokenRequest, Depends(_read)]
