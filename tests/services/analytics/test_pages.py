"""What a manager sees, and what everybody may: the same figures as the API's, each with what it is computed from."""

import re
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokenSigner
from libs.common.auth.sessions import sign_session
from libs.common.db import Database
from services.analytics.rollups import queries
from services.analytics.rollups.folding import fold
from tests.keys import PARTNER_TOKEN_KEY
from tests.services.analytics import quarter
from tests.services.analytics.logs import chance_of, log_of
from tests.services.analytics.reading import TORONTO, Readers

SPAN = {"length": "91d", "until": "2026-03-31"}
SAME_SPAN = {"from": "2025-12-31", "to": "2026-04-01"}


@pytest.fixture(scope="module")
async def dsn(new_database: Callable[[str], str]) -> AsyncIterator[str]:
    """A database in which a made-up quarter has been read; the pages change nothing."""
    database = Database(new_database("analytics"), pool_size=2, application="test")
    readers = Readers(database, TORONTO)
    await readers.prepare()
    stories = quarter.stories_of_a_quarter(chance_of(11), 300)
    told = [quarter.calendar(), *[one for story in stories for one in story.events]]
    for source in ("intake", "routing"):
        log = log_of(one for one in told if one.source == source)
        await readers.apply(source, await readers.positions(source), log)  # type: ignore[arg-type]
    await fold(database)
    yield database.url
    await database.close()


@pytest.fixture
def quarter_over(at: Callable[[datetime], None]) -> None:
    """It is the moment after the quarter."""
    at(quarter.NOW)


def signed_in(*roles: str, teams: tuple[str, ...] = (), seconds: int = 3600) -> dict[str, str]:
    """The cookie of somebody who has signed in."""
    principal = Principal("marie", frozenset(roles), frozenset(teams))
    session = sign_session(
        PartnerTokenSigner(PARTNER_TOKEN_KEY), principal, session_id="s", at=int(time.time()), seconds=seconds
    )
    return {"Cookie": f"ecoute={session}", "Accept-Language": "en"}


def text_of(page: httpx.Response) -> str:
    """What a reader sees, in one line."""
    assert page.status_code == 200, page.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).replace("\u202f", " ").split())


def written(value: float | None) -> str:
    return "–" if value is None else f"{value:,.1f} %"


async def test_the_dashboard_shows_the_figures_of_the_api_with_their_interval_and_what_they_are_computed_from(
    http: httpx.AsyncClient, quarter_over: None
) -> None:
    page = text_of(await http.get("/dashboard", params=SPAN, headers=signed_in("manager")))
    names = "csat,met_of_due,resolution_confirmed_rate"
    figures = (await http.get("/v1/kpis", params={**SAME_SPAN, "names": names})).json()["figures"]
    assert len(figures) > 2
    for one in figures:
        low, high = one["interval"]
        assert (
            f"{written(one['value'])} {one['numerator']} of {one['denominator']} [{low:.1f} % – {high:.1f} %]" in page
        )
    (volume,) = (await http.get("/v1/kpis", params={**SAME_SPAN, "names": "volume"})).json()["figures"]
    assert f"Feedback received {volume['value']:.0f}" in page


async def test_a_chart_is_drawn_from_the_table_beside_it_and_a_cut_week_is_told_but_not_drawn(
    http: httpx.AsyncClient, quarter_over: None
) -> None:
    page = await http.get("/dashboard", params=SPAN, headers=signed_in("manager"))
    series = (await http.get("/v1/kpis/volume/series", params={**SAME_SPAN, "grain": "week"})).json()
    points = series["lines"][0]["points"]
    assert [points[0]["from"], points[-1]["to"]] == ["2025-12-31", "2026-04-01"]
    volume = page.text.split('data-unit="count"')[1].split("</table>")[0]
    drawn = dict(re.findall(r'data-day="([^"]+)" data-value="([^"]+)"', volume))
    assert drawn == {one["from"]: str(one["value"]) for one in points[1:-1]}
    assert text_of(page).count("(in part)") == 2


async def test_a_screen_is_narrowed_by_its_address_and_so_are_its_links(
    http: httpx.AsyncClient, quarter_over: None
) -> None:
    asked = {**SPAN, "service": "passports", "channel": ""}
    page = await http.get("/dashboard", params=asked, headers=signed_in("manager"))
    where = {**SAME_SPAN, "names": "volume", "where": "service:passports"}
    (volume,) = (await http.get("/v1/kpis", params=where)).json()["figures"]
    assert f"Feedback received {volume['value']:.0f}" in text_of(page)
    assert "/dashboard/figures/csat?length=91d" not in page.text  # as the default, it needs no saying
    assert "/dashboard/figures/csat?until=2026-03-31&amp;service=passports" in page.text.replace("&amp;amp;", "&amp;")


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_figure_has_a_page_that_says_what_it_means_in_both_languages(
    http: httpx.AsyncClient, quarter_over: None, language: str
) -> None:
    definitions: list[dict[str, Any]] = (await http.get("/v1/kpis/definitions")).json()["items"]
    cookie = {**signed_in("analyst"), "Accept-Language": language}
    for one in definitions:
        page = text_of(await http.get(f"/dashboard/figures/{one['name']}", params=SPAN, headers=cookie))
        assert " ".join(one["formula"][language].split()) in page
        assert one["title"][language] in page


async def test_without_a_session_one_is_sent_to_sign_in_and_from_there_back(http: httpx.AsyncClient) -> None:
    del http.headers["Authorization"]
    answer = await http.get("/dashboard?service=passports")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/sign-in?back=%2Fdashboard%3Fservice%3Dpassports",
    )


@pytest.mark.parametrize("roles", [("agent",), ("auditor",), ("admin",), ()])
async def test_figures_are_for_those_who_may_read_them_over_the_api_too(
    http: httpx.AsyncClient, roles: tuple[str, ...]
) -> None:
    assert (await http.get("/dashboard", headers=signed_in(*roles))).status_code == 403
    assert (await http.get("/dashboard/figures/csat", headers=signed_in(*roles))).status_code == 403


async def test_a_session_that_is_over_or_that_somebody_made_up_opens_nothing(http: httpx.AsyncClient) -> None:
    cookies = [
        signed_in("manager", seconds=-60),
        {"Cookie": signed_in("manager")["Cookie"][:-3] + "abc"},
        {"Cookie": "ecoute=" + http.headers["Authorization"].removeprefix("Bearer ")},
    ]
    assert [(await http.get("/dashboard", headers=one)).status_code for one in cookies] == [303, 303, 303]


async def test_a_session_opens_no_call_of_the_api(http: httpx.AsyncClient) -> None:
    del http.headers["Authorization"]
    cookie = signed_in("manager")
    session = cookie["Cookie"].removeprefix("ecoute=")
    assert (await http.get("/v1/kpis", headers=cookie)).status_code == 401
    assert (await http.get("/v1/kpis", headers={"Authorization": f"Bearer {session}"})).status_code == 401


async def test_a_supervisor_sees_their_own_teams_and_is_told_so(http: httpx.AsyncClient, quarter_over: None) -> None:
    page = text_of(await http.get("/dashboard", params=SPAN, headers=signed_in("supervisor", teams=("north",))))
    where = {**SAME_SPAN, "names": "volume", "where": "team:north"}
    (volume,) = (await http.get("/v1/kpis", params=where)).json()["figures"]
    assert f"Feedback received {volume['value']:.0f}" in page
    assert "your teams only" in page


async def test_anybody_reads_how_the_promises_were_kept_and_a_manager_reads_the_same(
    http: httpx.AsyncClient, quarter_over: None
) -> None:
    span = {"from": "2026-01-01", "to": "2026-04-01"}
    manager = await http.get("/standards", params=span, headers=signed_in("manager"))
    del http.headers["Authorization"]
    page = text_of(await http.get("/standards", params=span, headers={"Accept-Language": "en"}))
    items = (await http.get("/v1/service-standard-results", params=span)).json()["items"]
    shown = [one for one in items if one["standard"] and "suppressed" not in one["flags"]]
    assert shown
    for one in shown:
        kept = one["met_of_due"]
        assert f"{written(kept['value'])} kept: {kept['numerator']} of {kept['denominator']} that fell due" in page
    assert "What has fewer than 5 cases is not shown" in page
    assert f"met_of_due , version {items[0]['version']}" in page
    assert (
        page.split("What we promise, and what we keep")[2:]
        == text_of(manager).split("What we promise, and what we keep")[2:]
    )


async def test_a_page_says_of_which_moment_it_speaks_where_the_logs_could_not_be_read_since(
    http: httpx.AsyncClient, quarter_over: None, database: Database
) -> None:
    async with database.connection() as connection:
        await connection.execute(text("INSERT INTO log_read VALUES ('routing', 1, 0, '2026-03-30T12:00:00Z')"))
    try:
        dashboard = text_of(await http.get("/dashboard", headers=signed_in("manager")))
        standards = text_of(await http.get("/standards", headers={"Accept-Language": "fr"}))
    finally:
        async with database.connection() as connection:
            await connection.execute(text("DELETE FROM log_read"))
    assert "As of 30 March 2026, 08:00" in dashboard
    assert "(what came since could not be read yet)" in dashboard
    assert "Read on" not in dashboard
    assert "État au 30 mars 2026" in standards
    assert "Du 1er octobre 2025 au 31 décembre 2025" in standards, "the quarter is not known to be over"


async def test_in_french_the_promises_are_told_as_one_says_them(http: httpx.AsyncClient, quarter_over: None) -> None:
    del http.headers["Authorization"]
    span = {"from": "2026-01-01", "to": "2026-04-01"}
    page = text_of(await http.get("/standards", params=span, headers={"Accept-Language": "fr"}))
    assert "Du 1er janvier 2026 au 31 mars 2026" in page
    assert "dont encore en cours :" in page
    assert "intake" not in page


async def test_in_french_nothing_of_a_figure_is_left_in_english_or_in_codes(
    http: httpx.AsyncClient, quarter_over: None
) -> None:
    french = {**signed_in("analyst"), "Accept-Language": "fr"}
    figure = text_of(await http.get("/dashboard/figures/csat", params={**SPAN, "by": "channel"}, headers=french))
    assert "Intervalle : E. B. Wilson" in figure
    assert "notes saisies par le personnel :" in figure
    assert "D'après les totaux par jour." in figure
    assert " Comptoir " in figure
    dashboard = await http.get("/dashboard", params={**SPAN, "channel": "counter"}, headers=french)
    assert ">Comptoir</option>" in dashboard.text
    assert "Canal : Comptoir" in text_of(dashboard)
    assert 'aria-label="Enlever Canal : Comptoir"' in unescape(dashboard.text).replace("\u00a0", " ")


@pytest.mark.parametrize("length", ["91d", "12m"])
async def test_a_year_before_all_figures_is_refused_in_words_and_the_first_is_not(
    http: httpx.AsyncClient, length: str
) -> None:
    answers = [
        await http.get(path, params={"length": length, "until": until}, headers=signed_in("manager"))
        for path in ("/dashboard", "/dashboard/figures/csat")
        for until in ("1900-01-15", "1901-01-01")
    ]
    assert [answer.status_code for answer in answers] == [422, 200] * 2


@pytest.mark.parametrize(("language", "said"), [("fr", "comptés de nouveau"), ("en", "counted anew")])
async def test_while_figures_are_counted_anew_the_public_is_told_nothing_of_commands(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setattr(queries, "FORMULA", 0)
    page = await http.get("/standards", headers={"Accept-Language": language})
    assert page.status_code == 503
    assert said in page.text
    assert "rebuild" not in page.text


async def test_a_span_that_is_not_published_is_refused_in_words(http: httpx.AsyncClient) -> None:
    page = await http.get(
        "/standards", params={"from": "2026-01-05", "to": "2026-01-20"}, headers={"Accept-Language": "fr"}
    )
    assert page.status_code == 422
    assert page.headers["Content-Type"].startswith("text/html")
    assert '<html lang="fr">' in page.text
