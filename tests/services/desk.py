"""Staff before a service's pages: a browser without script, signed in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokenSigner
from libs.common.auth.sessions import sign_session
from libs.pages.sessions import cookie_name
from tests.keys import PARTNER_TOKEN_KEY

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Desk:
    """One of the staff, and what their browser has."""

    app: FastAPI
    http: httpx.AsyncClient
    session: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{cookie_name(self.app.state.settings)}={self.session}", "Accept-Language": "en"}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers={**self.headers, **headers})

    async def see(self, path: str) -> str:
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return unescape(answer.text)

    async def send(self, path: str, shown: str, within: str, **fields: Any) -> httpx.Response:
        """The form of a page that has `within` as its action, with its hidden fields, filled in."""
        form = next(one for one in shown.split("<form ")[1:] if f'action="{within}' in one.split(">")[0])
        hidden = dict(_HIDDEN.findall(form.split("</form>")[0]))
        return await self.http.post(path, data={**hidden, **fields}, headers=self.headers)


def desk(
    app: FastAPI, http: httpx.AsyncClient, *roles: str, teams: Iterable[str] = (), subject: str = "tester"
) -> Desk:
    """Somebody with these roles, signed in at the application's own time."""
    at = int(app.state.clock().timestamp())
    by = Principal(subject, frozenset(roles), frozenset(teams))
    session = sign_session(
        PartnerTokenSigner(PARTNER_TOKEN_KEY), by, session_id=str(uuid4()), at=at, seconds=400 * 24 * 3600
    )
    return Desk(app, http, session)
