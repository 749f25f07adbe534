"""The person's pages in a real browser: by keyboard, without script, on a phone, in the dark, on paper."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.browser import PHONE, Theme, nobody_is_shut_out, screen
from tests.pages.messages import answered
from tests.system import System, client


@pytest.fixture(scope="module")
def code(system: System) -> Iterator[str]:
    """Of a complaint that has an answer."""
    with client(system.gateway) as http:
        yield answered(http, system)


def tab_to(page: Page, selector: str) -> None:
    """By the Tab key alone; fails where it is not to be reached."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("fr", "light", PHONE), pytest.param("en", "dark", 1200, marks=pytest.mark.slow)]
)
def test_nobody_is_shut_out_of_any_page(
    browser: Browser, system: System, code: str, language: str, theme: Theme, width: int
) -> None:
    with screen(browser, system.gateway, language=language, theme=theme, width=width) as (page, _):
        for path in ("/", "/follow", "/sign-in", "/feedback"):
            page.goto(path)
            nobody_is_shut_out(page)
        page.locator("main button").last.click()  # nothing was filled in
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        nobody_is_shut_out(page)
        page.fill("#text", "Rien à signaler.")
        page.locator("main button").last.click()
        expect(page.locator(".code")).to_be_visible()
        nobody_is_shut_out(page)
        page.goto(f"/follow#{code}")
        expect(page.locator(".conversation")).to_be_visible()
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        nobody_is_shut_out(page)


def test_a_message_is_written_and_sent_with_the_keyboard_alone(browser: Browser, system: System) -> None:
    with screen(browser, system.gateway) as (page, _):
        page.goto("/feedback")
        tab_to(page, ".skip")
        page.keyboard.press("Enter")
        tab_to(page, "[name=kind]")
        page.keyboard.press("Space")
        tab_to(page, "#text")
        page.keyboard.type("Au clavier seulement.")
        tab_to(page, "[name=ratings]")
        page.keyboard.press("ArrowRight")
        tab_to(page, "#feedback > button")
        page.keyboard.press("Enter")
        expect(page.locator(".code")).to_be_visible()
        tab_to(page, "main form button")
        page.keyboard.press("Enter")
        expect(page.locator("#next")).to_be_visible()


def test_enter_in_a_field_sends_the_form_and_does_not_switch_the_language(
    browser: Browser, system: System, code: str
) -> None:
    with screen(browser, system.gateway, language="fr") as (page, _):
        page.goto("/follow")
        page.fill("#code", code)
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "fr")
        expect(page.locator(".conversation")).to_be_visible()


def test_everything_works_without_script(browser: Browser, system: System) -> None:
    with screen(browser, system.gateway, scripts=False, language="en") as (page, _):
        page.goto("/feedback")
        page.fill("[name='person.email']", "zoe@")
        page.click("#feedback > button")
        page.click(".errors a")
        page.fill("[name='person.email']", "zoe@example.org")
        page.fill("#text", "No script here.")
        page.click("button[name=lang]")
        assert page.input_value("#text") == "No script here."
        page.click("#feedback > button")
        code = page.inner_text(".code")
        assert page.locator("[data-print]").is_hidden()
        page.goto("/follow")
        page.fill("#code", code)
        page.click("#follow button")
        page.fill("#text", "Un mot de plus.")
        page.click("form[action='/follow/message'] button")
        expect(page.locator(".conversation .message")).to_contain_text("Un mot de plus.")


def test_a_link_opens_what_its_code_is_of_and_the_code_is_in_no_address(
    browser: Browser, system: System, code: str
) -> None:
    with screen(browser, system.gateway) as (page, seen):
        page.goto(f"/follow#{code}")
        expect(page.locator("#next")).to_be_visible()
        assert code not in page.url
        assert [url for url in seen.addresses if code in url.partition("#")[0]] == []
        page.click("button[name=lang]")
        expect(page.locator("#next")).to_have_text("Where it stands Answered")


def test_what_is_half_written_stays_when_the_language_changes_and_is_not_sent(
    browser: Browser, system: System, code: str
) -> None:
    with screen(browser, system.gateway, language="fr") as (page, _):
        page.goto(f"/follow#{code}")
        page.check("[name=solved][value=partly]", force=True)
        page.fill("#comment", "À moitié.")
        page.fill("#text", "Et pourtant…")
        page.click("button[name=lang]")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("[name=solved][value=partly]")).to_be_checked()
        assert (page.input_value("#comment"), page.input_value("#text")) == ("À moitié.", "Et pourtant…")
        expect(page.locator(".errors, .conversation .message")).to_have_count(0)
        page.click("form[action='/follow/message'] button")
        expect(page.locator(".conversation .message")).to_contain_text("Et pourtant…")


def test_a_receipt_on_paper_is_the_code_and_how_to_follow_it_in_ink(browser: Browser, system: System) -> None:
    with screen(browser, system.gateway, theme="dark") as (page, _):
        page.goto("/feedback")
        page.fill("#text", "Pour le tiroir.")
        page.click("#feedback > button")
        page.emulate_media(media="print")
        page.mouse.move(0, 0)  # what lies under the pointer has a colour of its own
        page.wait_for_function("document.getAnimations().length === 0")
        nobody_is_shut_out(page)
        for selector in (".code", ".facts"):
            assert page.locator(selector).is_visible()
        for selector in (".bar", "main form", "[data-print]"):
            assert page.locator(selector).first.is_hidden()
