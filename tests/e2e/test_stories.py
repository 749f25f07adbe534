"""601 real stories in French (Services Publics +): nothing lost, their language found, personal data taken out.

Names and postal addresses are not covered by the rules.
"""

import csv
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.log import CASES, FEEDBACK, assert_is_whole, events_of
from tests.system import System, eventually, json_of

pytestmark = pytest.mark.slow

TELEPHONES = {
    "270501": ["0170772372"],
    "270504": ["0820825825", "0820825825"],
    "270788": ["0971103960"],
    "270840": ["0806703803"],
    "270973": ["0492172222"],
    "271289": ["0820538123"],
    "271307": ["0810251310"],
    "3249274": ["0496202640"],
    "3600799": ["0805204805"],
}
EMAILS = {"270383": "tutelles.tj-les-sables-d'olonne@justice.f", "270729": "no-reply@interieur.gouv.fr"}
SERVICE_NUMBERS = {
    "3646": ["270469"],
    "3960": ["279470", "280021"],
    "3975": ["270892"],
}
FOUR_FIGURES = ["3559438", "3446987", "3447027", "2988737"]


@dataclass
class Told:
    """What was sent, what was answered, and what the log says, by the story's id."""

    system: System
    sent: dict[str, str]
    receipts: dict[str, dict[str, Any]]
    events: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def told(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with (data / "services_publics_plus_sample.csv").open(encoding="utf-8", newline="") as file:
        sent = {row["id"]: f"{row['title']}\n\n{row['text']}" for row in csv.DictReader(file)}
    with System(tmp_path_factory.mktemp("stories")) as system:
        with httpx.Client(base_url=system.intake, timeout=30) as web, ThreadPoolExecutor(8) as pool:

            def tell(story: str) -> dict[str, Any]:
                return json_of(web.post("/v1/feedback", json={"channel": "web", "text": sent[story]}), 201)

            receipts = dict(zip(sent, pool.map(tell, sent), strict=True))
        by_subject = eventually(lambda: _redacted(system, len(sent)), 60)
        yield Told(system, sent, receipts, {story: by_subject[receipts[story]["id"]] for story in sent})


def _redacted(system: System, count: int) -> dict[str, dict[str, Any]] | None:
    """By subject, once there are so many."""
    found = [one for one in events_of(system, FEEDBACK) if one["type"] == "ca.ecoute.feedback.verbatim_redacted.v1"]
    return {one["subject"]: one for one in found} if len(found) >= count else None


def test_every_story_is_kept_as_it_was_told_with_its_windows_1252_characters(told: Told) -> None:
    assert len(told.sent) == 601
    assert sum(bool(re.search(r"[\x80-\x9f]", text)) for text in told.sent.values()) == 110
    with httpx.Client(base_url=told.system.intake, headers=told.system.staff("reviewer"), timeout=30) as reviewer:
        for story, text in told.sent.items():
            kept = json_of(reviewer.get(f"/v1/feedback/{told.receipts[story]['id']}"))
            assert kept["text"] == re.sub(r"[\x80-\x9f]", _as_windows_1252, text)
            assert kept["language"] == "fr"


def _as_windows_1252(control: re.Match[str]) -> str:
    return control[0].encode("latin-1").decode("cp1252", errors="replace").replace("\ufffd", control[0])


def test_the_language_of_all_is_french(told: Told) -> None:
    assert {event["data"]["language"] for event in told.events.values()} == {"fr"}


def test_telephone_numbers_and_e_mail_addresses_are_in_no_event(told: Told) -> None:
    everything = [*events_of(told.system, FEEDBACK), *events_of(told.system, CASES)]
    assert_is_whole(events_of(told.system, FEEDBACK))
    by_feedback: dict[str, str] = {}
    for event in everything:
        subject = event["data"].get("feedback_id", event["subject"])
        by_feedback[subject] = by_feedback.get(subject, "") + json.dumps(event["data"]) + event.get("text", "")
    for story, numbers in TELEPHONES.items():
        told_of_it = re.sub(r"[^0-9]", "", by_feedback[told.receipts[story]["id"]])
        assert told.events[story]["text"].count("[telephone]") == len(numbers)
        assert all(number not in told_of_it for number in numbers)
    for story, address in EMAILS.items():
        assert "[email]" in told.events[story]["text"]
        assert address not in by_feedback[told.receipts[story]["id"]]
        assert "@" not in told.events[story]["text"]


def test_what_is_not_personal_stays(told: Told) -> None:
    for number, stories in SERVICE_NUMBERS.items():
        assert all(number in told.events[story]["text"] for story in stories)
    assert all(number in told.events["279982"]["text"] for number in FOUR_FIGURES)


def test_words_that_nobody_has_sorted_wait_with_the_catch_all_team(told: Told) -> None:
    opened = eventually(lambda: _all_opened(told), 30)
    assert {(event["data"]["team"], event["data"]["state"]) for event in opened} == {("first-line", "new")}


def _all_opened(told: Told) -> list[dict[str, Any]] | None:
    opened = [one for one in events_of(told.system, CASES) if one["type"] == "ca.ecoute.case.opened.v1"]
    return opened if len(opened) == len(told.sent) else None
