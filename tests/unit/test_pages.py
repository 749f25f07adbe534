"""What pages are made of: addresses of this house, cookies that no other site has, templates of one version."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from libs.common.auth.identity import Principal
from libs.common.clock import utc_now
from libs.common.languages import Language, language_of_request
from libs.common.settings import ServiceSettings
from libs.pages.addresses import local
from libs.pages.rendering import Renderer
from libs.pages.sessions import cookie_name, keep
from services.analytics import pages as analytics
from services.routing.settings import RoutingSettings


def settings(public_url: str) -> ServiceSettings:
    return RoutingSettings.load(
        {
            "ECOUTE_ROUTING_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "ECOUTE_ROUTING_SECRET": "of no importance, but long enough",
            "ECOUTE_JWKS_URL": "http://127.0.0.1:1/jwks",
            "ECOUTE_PUBLIC_URL": public_url,
        }
    )


@pytest.mark.parametrize("address", ["/", "/queue", "/queue?state=new&team=a%20b", "/cases/1#reply", "/é"])
def test_a_path_of_this_house_is_gone_back_to(address: str) -> None:
    assert local(address, "/home") == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "queue",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: b",
        "/a\tb",
        " /queue",
        "/" + "a" * 3000,
    ],
)
def test_anything_else_is_not(address: str | None) -> None:
    assert local(address, "/home") == "/home"


def test_over_an_encrypted_connection_the_session_is_bound_to_it_and_to_this_very_address() -> None:
    answer, house = Response(), settings("https://retours.example.org")
    keep(answer, "session", house)
    assert cookie_name(house) == "__Host-ecoute"
    said = answer.headers["Set-Cookie"].lower()
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= {part.strip() for part in said.split(";")}
    assert "domain" not in said


def test_on_one_machine_it_goes_without() -> None:
    assert cookie_name(settings("http://127.0.0.1:8000")) == "ecoute"


def test_a_page_is_of_the_version_that_runs_and_not_of_one_that_is_laid_over_it(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    shown, part = tmp_path / "shown.html", tmp_path / "case" / "part.html"
    shown.write_text('{{ word }}, {% include "case/part.html" %}')
    part.write_text("as it runs")
    page = Renderer(tmp_path)
    part.write_text("{{ word | filter_of_tomorrow }}")
    assert page(asked(), "shown.html", word="Now").body == b"Now, as it runs"
    shown.unlink()
    assert page(asked(), "shown.html", word="Still").body == b"Still, as it runs"


@pytest.mark.parametrize(("language", "said"), [("fr", "0 jour 1 jour 2 jours"), ("en", "0 days 1 day 2 days")])
def test_a_noun_agrees_with_its_number(tmp_path: Path, language: Language, said: str) -> None:
    (tmp_path / "shown.html").write_text(
        '{% from "parts.html" import counted with context %}'
        '{% for n in (0, 1, 2) %}{{ counted(n, ("jour", "jours"), ("day", "days")) }} {% endfor %}'
    )
    token = language_of_request.set(language)
    shown = Renderer(tmp_path)(asked(), "shown.html").body.decode()
    language_of_request.reset(token)
    assert shown.strip() == said


def test_between_two_percentages_lie_points(tmp_path: Path) -> None:
    (tmp_path / "shown.html").write_text(
        '{% import "numbers.html" as numbers with context %}'
        '{% for unit in ("percent", "net_percent", "per_1000") %}{{ numbers.difference(5, unit) | trim }}, {% endfor %}'
        '{{ numbers.bounds((1.5, none), "percent", numbers.difference) | trim }}'
    )
    shown = Renderer(tmp_path, Path(analytics.__file__).parent / "templates")(asked(), "shown.html").body.decode()
    assert shown == "5.0 points, 5 points, 5.0 ‰, 1.5 points – ?"


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (None, "/"),
        ("agent", "/queue"),
        ("reviewer", "/queue"),
        ("analyst", "/dashboard"),
        ("manager", "/dashboard"),
        ("admin", "/standards"),
    ],
)
def test_the_name_of_the_house_leads_where_one_may_go(tmp_path: Path, role: str | None, path: str) -> None:
    (tmp_path / "shown.html").write_text('{% extends "layout.html" %}')
    request = asked()
    request.state.principal = Principal("zoe", frozenset({role}), frozenset()) if role else None
    assert f'<a class="brand" href="{path}">' in Renderer(tmp_path)(request, "shown.html").body.decode()


def asked() -> Request:
    """A page is asked for."""
    state = SimpleNamespace(settings=settings("http://127.0.0.1:8000"), clock=utc_now)
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "server": ("a", 80)}
    return Request({**scope, "scheme": "http", "app": SimpleNamespace(state=state)})
