"""A real browser: what it shows, what it asks for, what it complains of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] + [
    f"--disable-{one}" for one in ("background-networking", "component-update", "sync")
]
PATIENCE_MS = 20_000
PHONE = 360

Theme = Literal["light", "dark"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Where there is none, the test is skipped, and says what to install."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Seen:
    """What a page has asked for, and what the browser said about it."""

    addresses: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def screen(
    browser: Browser,
    base_url: str,
    *,
    language: str = "fr",
    theme: Theme = "light",
    width: int = 1200,
    scripts: bool = True,
    session: str | None = None,
) -> Iterator[tuple[Page, Seen]]:
    """A page of a browser of its own. At the end, it has asked nobody else for anything, and nothing was refused.

    `session`: the cookie of somebody who has signed in.
    """
    context = browser.new_context(
        base_url=base_url,
        locale=language,
        color_scheme=theme,
        viewport={"width": width, "height": 800},
        java_script_enabled=scripts,
    )
    context.set_default_timeout(PATIENCE_MS)
    if session:
        context.add_cookies([{"name": "ecoute", "value": session, "url": base_url}])
    page, seen = context.new_page(), Seen()
    page.on("request", lambda request: seen.addresses.append(request.url))
    page.on("console", lambda said: seen.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    yield page, seen
    context.close()
    own = urlsplit(base_url).netloc
    assert [url for url in seen.addresses if urlsplit(url).netloc != own and not url.startswith("data:")] == []
    assert [one for one in seen.complaints if "the server responded with a status of 4" not in one] == []


def nobody_is_shut_out(page: Page) -> None:
    """axe-core finds nothing (WCAG 2.2 AA and good practice), and nothing stands beyond the right edge."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    wide, seen = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url}: {wide} px on a screen of {seen}"
