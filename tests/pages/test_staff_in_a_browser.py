"""The agent's pages in a real browser: by keyboard, without script, on a small screen, in both languages and themes."""

import time
from uuid import uuid4

import orjson
import pytest
from playwright.sync_api import Browser, Page

from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokenSigner
from libs.common.auth.sessions import sign_session
from tests.pages.browser import PHONE, Theme, nobody_is_shut_out, screen
from tests.system import System, client, eventually, json_of

OPEN_ALL = (
    """document.querySelectorAll('details').forEach((one) => { one.removeAttribute('name'); one.open = true; })"""
)
TEAMS = ("passports", "first-line")


def session(system: System, *roles: str, teams: tuple[str, ...] = TEAMS, subject: str = "zoe") -> str:
    """The cookie of somebody who has signed in at this system."""
    secrets = orjson.loads((system.folder / "var" / "secrets.json").read_bytes())
    signer = PartnerTokenSigner(secrets["ECOUTE_INTAKE_PARTNER_TOKEN_KEY"])
    by = Principal(subject, frozenset(roles), frozenset(teams))
    return sign_session(signer, by, session_id=str(uuid4()), at=int(time.time()), seconds=3600)


def complaint(system: System, text: str = "Rien depuis trois semaines.", **fields: object) -> str:
    """The page of the case that a complaint opens."""
    body = {"channel": "web", "kind": "complaint", "service": "passports", "topic": "waiting-time", "text": text}
    with client(system.gateway) as http:
        receipt = json_of(http.post("/v1/feedback", json=body | fields), 201)
        asked = {"feedback_id": receipt["id"], "wait": 10}
        [case] = json_of(http.get("/v1/cases", params=asked, headers=system.staff("reviewer")))["items"]
    return f"/cases/{case['id']}"


@pytest.fixture(scope="module")
def case_page(system: System) -> str:
    """A case whose person can be read: intake knows who has it."""
    path = complaint(system, person={"name": "Ali Roy", "phone": "514-555-0123"})
    with client(system.gateway) as http:
        found = json_of(http.get(f"/v1{path}", headers=system.staff("reviewer")))
        words = f"/v1/feedback/{found['feedback_id']}"
        eventually(lambda: http.get(words, headers=system.staff("agent", "passports")).status_code == 200)
    return path


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("fr", "light", PHONE), pytest.param("en", "dark", 1200, marks=pytest.mark.slow)]
)
def test_the_pages_shut_nobody_out(
    system: System, browser: Browser, case_page: str, language: str, theme: Theme, width: int
) -> None:
    cookie = session(system, "supervisor")
    with screen(browser, system.gateway, language=language, theme=theme, width=width, session=cookie) as (page, _):
        for path in ("/queue", "/queue?state=closed&topic=courtesy", case_page, f"{case_page}?verb=extend", "/entry"):
            page.goto(path)
            if path.startswith("/cases"):
                page.get_by_text("514-555-0123").wait_for()
                page.evaluate(OPEN_ALL)
            nobody_is_shut_out(page)


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("fr", "dark", PHONE), pytest.param("en", "light", 1200, marks=pytest.mark.slow)]
)
def test_the_pages_for_who_decides_shut_nobody_out(
    system: System, browser: Browser, case_page: str, language: str, theme: Theme, width: int
) -> None:
    cookie = session(system, "manager")
    with screen(browser, system.gateway, language=language, theme=theme, width=width, session=cookie) as (page, _):
        for path in ("/dashboard", "/dashboard/figures", "/dashboard/figures/met_of_due?by=team", "/standards"):
            page.goto(path)
            page.evaluate(OPEN_ALL)
            nobody_is_shut_out(page)


def test_an_entry_takes_less_than_twenty_seconds_by_keyboard_alone_and_the_next_can_begin(
    system: System, browser: Browser
) -> None:
    with screen(browser, system.gateway, language="fr", session=session(system, "agent")) as (page, _):
        page.goto("/entry")
        for n in range(2):
            began = time.monotonic()
            _type_an_entry(page)
            page.locator(".receipt").wait_for()
            assert time.monotonic() - began < 20
            assert page.evaluate("document.activeElement.id") == "kind"
            assert page.locator(".aloud .character").count() == 10 + 17, n


def _type_an_entry(page: Page) -> None:
    """As somebody types who looks at the person: a key a stroke, tabs in the order of what is said."""
    words = "Deux heures d'attente, et personne ne savait."
    for typed in ("1", words, "renouv", "attente", "2", "Ali Roy", "514-555-0123"):
        page.keyboard.type(typed, delay=15)
        page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")


def test_a_search_leaves_what_is_being_typed_where_it_is(system: System, browser: Browser) -> None:
    with screen(browser, system.gateway, language="en", session=session(system, "agent")) as (page, _):
        page.goto("/entry")
        page.get_by_label("What the person says").fill("I called before.")
        page.get_by_label("Reference, e-mail or phone").fill("nobody@example.org")
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Search").click()
        opened.value.get_by_text("Nothing found.").wait_for()
        assert opened.value.get_by_label("Reference, e-mail or phone").input_value() == "nobody@example.org"
        assert page.get_by_label("What the person says").input_value() == "I called before."


def test_a_case_is_worked_on_without_script(system: System, browser: Browser) -> None:
    path = complaint(system)
    with screen(browser, system.gateway, language="en", scripts=False, session=session(system, "agent")) as (page, _):
        page.goto("/queue?topic=waiting-time")
        page.locator(f'a[href^="{path}"]').click()
        form = page.locator("#verb-acknowledge")
        form.get_by_role("button", name="Acknowledge").click()
        page.get_by_text("Done: Acknowledge").wait_for()
        page.locator("#verb-reply > summary").click()
        form = page.locator("#verb-reply")
        form.get_by_label("Reply", exact=True).fill("It leaves tomorrow.")
        form.get_by_role("button", name="Reply", exact=True).click()
        assert "A final reply needs an outcome" in form.inner_text()
        form.get_by_label("Outcome", exact=True).select_option("upheld")
        form.get_by_role("button", name="See what the person will read").click()
        assert "It leaves tomorrow." in page.locator(".preview").inner_text()
        form.get_by_role("button", name="Reply", exact=True).click()
        page.get_by_text("Done: Reply").wait_for()
        page.get_by_role("link", name="The words as they were").wait_for()


def test_what_was_written_when_the_session_ended_is_there_to_be_copied(
    system: System, browser: Browser, case_page: str
) -> None:
    with screen(browser, system.gateway, width=PHONE, session=session(system, "agent")) as (page, _):
        page.goto(f"{case_page}?verb=reply")
        page.locator("#reply-text").fill("Votre passeport part demain.\n\nUn mot de plus.")
        page.context.clear_cookies()
        page.locator('#verb-reply button[value="send"]').click()
        assert "part demain.\n\nUn mot" in page.get_by_role("region", name="Ce que vous aviez écrit").inner_text()
        nobody_is_shut_out(page)
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Se connecter").click()
        opened.value.wait_for_url("**/development-issuer/**")


def test_the_queue_says_by_itself_that_it_has_changed(system: System, browser: Browser) -> None:
    with screen(browser, system.gateway, language="en", session=session(system, "agent")) as (page, _):
        page.clock.install()
        page.goto("/queue?topic=waiting-time")
        page.evaluate("document.getElementById('changed').dataset.same = 'yes'")
        page.locator("#chip-mine").focus()
        complaint(system)
        page.clock.run_for(31_000)
        changed = page.get_by_role("status").get_by_role("link", name="The queue has changed")
        changed.wait_for()
        assert page.evaluate("document.activeElement.id") == "chip-mine"
        assert page.locator("#changed").get_attribute("data-same") == "yes"  # or nobody hears what it says
        changed.click()
        page.get_by_role("heading", name="Queue").wait_for()


def test_a_complaint_is_sent_found_acknowledged_asked_answered_and_rated(system: System, browser: Browser) -> None:
    with (
        screen(browser, system.gateway, language="en") as (person, _),
        screen(browser, system.gateway, language="en", session=session(system, "agent")) as (agent, _),
    ):
        person.goto("/feedback")
        person.get_by_role("radio", name="Complaint").check()
        person.get_by_label("What happened?").fill("Three weeks, and no passport.")
        person.get_by_label("Which service?").select_option("passports")
        person.get_by_role("button", name="Send").click()
        reference = person.get_by_text("EC-").first.inner_text()
        follow = f"/follow#{person.inner_text('.code')}"

        with client(system.gateway) as http:
            asked = {"reference": reference}
            as_reviewer = system.staff("reviewer")
            eventually(lambda: json_of(http.get("/v1/cases", params=asked, headers=as_reviewer))["items"])
        agent.goto(f"/queue?reference={reference}")
        agent.get_by_role("link", name=reference).click()
        agent.get_by_role("button", name="Acknowledge").click()
        agent.get_by_text("Done: Acknowledge").wait_for()
        _do(agent, "ask", {"text": "Which number?", "otherwise": "We go on without it."})
        agent.get_by_text("Done: Ask the person").wait_for()
        _do(agent, "resume", {})
        _do(agent, "reply", {"text": "It leaves tomorrow.", "outcome": "upheld"})
        agent.get_by_text("Done: Reply").wait_for()

        _open_until(person, follow, "It leaves tomorrow.")
        assert "Which number?" in person.content()
        person.get_by_label("Yes", exact=True).check()
        person.get_by_role("button", name="Say how things stand").click()
        _open_until(agent, agent.url, "The person says whether it is solved")


def _do(agent: Page, verb: str, fields: dict[str, str]) -> None:
    """The form of a verb, opened where it is not, filled in and sent."""
    form = agent.locator(f"#verb-{verb}")
    if form.get_attribute("open") is None:
        form.locator("> summary").click()
    for name, value in fields.items():
        field = agent.locator(f"#{verb}-{name}")
        if name == "outcome":
            field.select_option(value)
        else:
            field.fill(value)
    form.locator('button[value="send"]').click()
    agent.get_by_role("status").filter(has_text="Done").wait_for()


def _open_until(page: Page, address: str, text: str) -> None:
    """What was told by an event is there in a moment."""

    def is_there() -> bool:
        page.goto("about:blank")
        page.goto(address, wait_until="networkidle")
        return text in page.content()

    eventually(is_there)
