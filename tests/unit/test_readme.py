"""The README is what a new user has: what it lists is all there is, and no more."""

import re
from pathlib import Path

from deploy.gateway.settings import GatewaySettings
from deploy.services import SERVICES
from deploy.settings import MachineSettings
from services.analytics.settings import AnalyticsSettings
from services.intake.settings import IntakeSettings
from services.routing.settings import RoutingSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_setting_is_in_the_table_and_no_other() -> None:
    settings_page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    rows = [line for line in settings_page.splitlines() if line.startswith("| `ECOUTE_")]
    listed = [name for row in rows for name in re.findall(r"`(ECOUTE_[A-Z_]+)`", row.split("|")[1])]
    settings = (MachineSettings, GatewaySettings, IntakeSettings, RoutingSettings, AnalyticsSettings)
    known = set().union(*(one.names() for one in settings))
    assert sorted(listed) == sorted(known)


def test_every_target_of_make_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert targets
    assert sorted(targets[1].split()) == sorted(re.findall(r"^([a-z-]+):.*## \S", makefile, flags=re.MULTILINE))


def test_every_decision_is_in_the_index_under_a_number_of_its_own() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    index = re.findall(r"^(\d+)\. \[.+\]\((.+)\)$", (folder / "README.md").read_text("utf-8"), flags=re.MULTILINE)
    assert [page for _, page in index] == pages
    assert [int(number) for number, _ in index] == list(range(1, len(pages) + 1))
    assert [int(page[:4]) for page in pages] == list(range(1, len(pages) + 1))


def test_every_page_that_is_linked_is_there() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
            assert (ROOT / target).exists(), target


def test_every_room_of_a_service_is_on_the_map_and_no_other() -> None:
    for service in SERVICES:
        row = re.search(rf"^services/{service}/ +(.+)$", README, flags=re.MULTILINE)
        assert row
        shown = re.findall(r"\w+", re.sub(r"\(.*?\)", "", row[1]).replace(" and ", " "))
        rooms = {path.parent.name for path in (ROOT / "services" / service).glob("*/__init__.py")}
        assert sorted(shown) == sorted(rooms)
