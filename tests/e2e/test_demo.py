"""`make demo` on a running system, at a small size: it prints what was made, and a second time doubles nothing."""

import re
import subprocess
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.e2e.log import CASES, events_of
from tests.system import System, eventually, json_of

pytestmark = pytest.mark.slow

SIZE = "0.03"


@pytest.fixture(scope="module")
def first(aside: System) -> subprocess.CompletedProcess[str]:
    return aside.ecoute("demo", "--size", SIZE, seconds=240)


def test_every_figure_is_as_generated(first: subprocess.CompletedProcess[str]) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    figures = re.search(r"(\d+) figures, (\d+) as generated", first.stdout)
    assert figures, first.stdout
    assert int(figures[1]) == int(figures[2]) >= 40


def test_it_says_what_stands_out_and_where_to_look(first: subprocess.CompletedProcess[str], aside: System) -> None:
    said = " ".join(first.stdout.split())
    assert "A surge: “Late payment”" in said
    assert "What stands out" in said
    for page in ("/dashboard", "/queue", "/standards"):
        assert f"http://{aside.addresses['GATEWAY']}{page}" in said


def test_something_is_overdue_and_something_is_due_today(
    first: subprocess.CompletedProcess[str], aside: System
) -> None:
    cases = f"{aside.routing}/v1/cases?service=change-of-details"
    counts = json_of(httpx.get(cases, headers=aside.staff("manager"), timeout=30))["counts"]
    assert counts["overdue"] >= 1
    assert counts["due_today"] >= 1
    assert counts["by_task"]["read_message"] >= 1


def test_the_organisation_that_was_there_goes_on_beside_it(
    first: subprocess.CompletedProcess[str], aside: System
) -> None:
    body = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Three weeks, and no answer."}
    receipt = json_of(httpx.post(f"{aside.intake}/v1/feedback", json=body), 201)
    asked = {"feedback_id": receipt["id"], "wait": 10}
    agent = aside.staff("agent", "passports")
    [case] = json_of(httpx.get(f"{aside.routing}/v1/cases", params=asked, headers=agent, timeout=30))["items"]
    assert case["team"]["code"] == "passports"


def test_a_second_time_doubles_nothing_and_a_figure_that_is_not_as_generated_is_said(
    first: subprocess.CompletedProcess[str], aside: System
) -> None:
    before = eventually(lambda: _counted_to_the_end(aside))
    again = aside.ecoute("demo", "--size", SIZE, seconds=240)
    assert again.returncode == 0, again.stdout + again.stderr
    assert re.search(r"([\d,]+), \1 of them there already", again.stdout), again.stdout
    assert _counted(aside) == before
    slipped_in = {
        "channel": "web",
        "service": "retirement-pension",
        "topic": "welcome",
        "historical": True,
        "submitted_at": (datetime.now(UTC) - timedelta(days=40)).isoformat(),
        "external_reference": "slipped-in",
    }
    json_of(httpx.post(f"{aside.intake}/v1/feedback", json=slipped_in, headers=aside.staff("importer")), 201)
    wrong = aside.ecoute("demo", "--size", SIZE, seconds=240)
    assert wrong.returncode == 1
    assert re.search(r"Feedback received: n is \d+, and \d+ were\s+made", wrong.stdout), wrong.stdout


def _counted_to_the_end(aside: System) -> tuple[int, int] | None:
    """The same, once analytics has read all that the tests before have made happen."""
    written, counted = events_of(aside, CASES), _counted(aside)
    return counted if counted[1] == len(written) else None


def _counted(aside: System) -> tuple[int, int]:
    """Facts, and lines of all timelines."""
    found = json_of(httpx.get(f"{aside.analytics}/v1/reconciliation", headers=aside.staff("manager"), timeout=60))
    assert found["difference"] == 0
    return found["facts"], found["as_of"]["positions"]["routing"]["pos"]
