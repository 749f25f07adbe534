"""Signs in as somebody does: by the page of the development issuer."""

import re
from html import unescape

import httpx

from tests.system import System


def browser(system: System, **headers: str) -> httpx.Client:
    """What keeps cookies and follows links, at the one base address."""
    return httpx.Client(base_url=system.gateway, headers=headers, timeout=20, follow_redirects=True)


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms: what a browser sends along."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: unescape(value) for name, value in found}


def sign_in(
    http: httpx.Client, *roles: str, teams: tuple[str, ...] = (), subject: str = "zoe", back: str | None = None
) -> httpx.Response:
    """Where somebody stands after it."""
    form = http.get("/sign-in", params={"back": back} if back else {})
    assert "development-issuer/authorize" in str(form.url), form.text
    return pick(http, form, *roles, teams=teams, subject=subject)


def pick(
    http: httpx.Client, form: httpx.Response, *roles: str, teams: tuple[str, ...] = (), subject: str = "zoe"
) -> httpx.Response:
    """Send the development issuer's form."""
    body = {**hidden_fields(form.text), "subject": subject, "roles": list(roles), "teams": list(teams)}
    return http.post("/development-issuer/authorize", data=body)
