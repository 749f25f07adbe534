"""Words, names and addresses are read by whom they are for, and are nowhere else."""

import io
from typing import Any

import pytest

from libs.contracts.cases import CaseOpened, CaseReplied
from tests.services.intake.house import COMPLAINT, TEAM, Intake, told
from tests.tables import fields_with

MARKS = {
    "word": "Zibeline",
    "named in the words": "tel. 06 12 34 56 78, zoe@motmarque.example",
    "name": "Zoé Quintessence",
    "email": "zoe.quintessence@exemple-marque.org",
    "phone": "+1 514 555 0187",
    "address": "77, impasse du Secret",
    "call": "APPEL-90210",
    "comment": "Commentaire-Xylophone",
    "reply": "Réponse-Wapiti",
}
PIECES = [
    "Zibeline",
    "06 12 34 56 78",
    "zoe@motmarque.example",
    "Quintessence",
    "exemple-marque",
    "555 0187",
    "impasse du Secret",
    "APPEL-90210",
    "Xylophone",
    "Wapiti",
]
SAID = {
    "channel": "phone",
    "kind": "complaint",
    "text": f"{MARKS['word']} ! {MARKS['named in the words']}",
    "person": {name: MARKS[name] for name in ("name", "email", "phone", "address")},
    "interaction": {"reference": MARKS["call"], "waiting_seconds": 5},
}


async def in_clear(intake: Intake, *pieces: str) -> dict[str, set[str]]:
    """Of each piece of text every `table.column` of the database in which it is found, as text or as bytes."""
    async with intake.database.driver() as driver:
        found = await fields_with(driver, pieces)
    return {piece: found.get(piece, set()) for piece in pieces}


async def test_nothing_of_what_was_said_or_by_whom_is_in_clear_in_any_table_or_log(
    intake: Intake, logs: io.StringIO
) -> None:
    receipt = await intake.submit(SAID, intake.staff("agent") | {"Idempotency-Key": "for-secrecy-1"})
    await intake.submit(SAID, intake.staff("agent") | {"Idempotency-Key": "for-secrecy-1"})
    number, code = receipt["id"], receipt["tracking_code"]
    assert await in_clear(intake, *PIECES) == {piece: set() for piece in PIECES}

    assert await intake.redact() == 1
    await intake.hear(
        told(CaseOpened, number, 1, state="new", submitted_at=receipt["submitted_at"]),
        told(
            CaseReplied,
            number,
            2,
            state="answered",
            effective_at=receipt["submitted_at"],
            interim=False,
            answer=1,
            text=MARKS["reply"],
            elapsed_seconds=0,
            business_seconds=0,
        ),
    )
    comment = {"solved": "no", "comment": MARKS["comment"]}
    await intake.http.post("/v1/tracking/evaluation", json=comment, headers={"Tracking-Code": code})
    seen = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    [reply] = [entry for entry in seen.json()["conversation"] if entry["kind"] == "reply"]
    assert reply["text"] == MARKS["reply"]
    read = await intake.http.get(f"/v1/feedback/{number}", headers=intake.staff("reviewer"))
    assert read.json()["text"] == SAID["text"]

    only_words = {"Zibeline": {"event_pending.text"}}  # the redacted words, where erasure can null them
    assert await in_clear(intake, *PIECES) == {piece: set() for piece in PIECES} | only_words
    kept = {code, code.replace("-", "")}
    assert await in_clear(intake, *kept) == {form: set() for form in kept}
    assert logs.getvalue().count('"event":"request"') >= 4
    for piece in (*PIECES, *kept):
        assert piece.lower() not in logs.getvalue().lower()


async def test_events_tell_of_the_person_no_more_than_language_and_format(intake: Intake) -> None:
    person = {"name": "Zoé", "email": "zoe@exemple.org", "language": "fr", "accessible_format": "large-print"}
    unlinked = await intake.submit({**COMPLAINT, "person": person})
    [event] = await intake.events(unlinked["id"])
    assert event["data"]["person"] == {"language": "fr", "accessible_format": "large-print"}
    assert "person_ref" not in event["data"]
    refused = [{"purpose": "link", "given": False}, {"purpose": "publish", "given": True}]
    linked = [{"purpose": "link", "given": True}]
    for consent, told_ref in ((refused, False), (linked, True)):
        receipt = await intake.submit({**COMPLAINT, "person": person, "consent": consent})
        assert ("person_ref" in (await intake.events(receipt["id"]))[0]["data"]) is told_ref


@pytest.mark.parametrize("place", ["accessible_format", "text_version"])
async def test_what_events_carry_for_ever_is_a_code_and_no_room_for_free_text(intake: Intake, place: str) -> None:
    words = "call me, Zoé"
    body: dict[str, Any] = {
        "accessible_format": {**COMPLAINT, "person": {"accessible_format": words}},
        "text_version": {**COMPLAINT, "consent": [{"purpose": "link", "given": True, "text_version": words}]},
    }[place]
    assert (await intake.http.post("/v1/feedback", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("reference", "told_as"), [("CRM:2026-1_a.b", "CRM:2026-1_a.b"), ("Zoé Q.", None), ("a/b", None), ("x" * 65, None)]
)
async def test_a_partners_reference_is_told_only_where_it_cannot_be_words(
    intake: Intake, reference: str, told_as: str | None
) -> None:
    receipt = await intake.submit({**COMPLAINT, "external_reference": reference}, intake.staff("importer"))
    assert (await intake.events(receipt["id"]))[0]["data"].get("external_reference") == told_as


# Who reads.


async def test_words_are_for_the_team_that_has_the_case_and_for_reviewers_and_each_reading_is_noted(
    intake: Intake,
) -> None:
    receipt = await intake.submit(SAID, intake.staff("agent"))
    path = f"/v1/feedback/{receipt['id']}"

    async def read(*roles: str, teams: tuple[str, ...] = ()) -> int:
        headers = intake.staff(*roles, teams=teams, subject=" ".join(roles)) if roles else {}
        return (await intake.http.get(path, headers=headers)).status_code

    mine = (TEAM["team"],)
    assert await read("agent", teams=mine) == 404  # no case is known yet
    await intake.hear(told(CaseOpened, receipt["id"], 1, state="new", submitted_at=receipt["submitted_at"]))
    assert await read() == 401
    for role in ("manager", "analyst", "importer", "auditor", "admin", "service"):
        assert await read(role, teams=mine) == 403
    assert await read("agent", teams=("pensions",)) == 404
    assert await read("supervisor") == 404
    assert await intake.count("reading WHERE feedback_id = :id", id=receipt["id"]) == 0
    assert await read("agent", teams=mine) == 200
    assert await read("supervisor", teams=("pensions", *mine)) == 200
    assert await read("reviewer") == 200
    readings = await intake.rows("SELECT read_by FROM reading WHERE feedback_id = :id ORDER BY id", id=receipt["id"])
    assert [row.read_by for row in readings] == ["agent", "supervisor", "reviewer"]


async def test_the_team_reads_all_that_was_said_as_it_was_said(intake: Intake) -> None:
    receipt = await intake.submit(SAID, intake.staff("agent"))
    read = (await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=intake.staff("reviewer"))).json()
    assert {name: read["person"][name] for name in ("name", "email", "phone", "address")} == SAID["person"]
    assert read["interaction"] == {"reference": MARKS["call"], "waiting_seconds": 5, "handling_seconds": None}
    assert (read["text"], read["reference"], read["channel"]) == (SAID["text"], receipt["reference"], "phone")


async def test_the_log_is_read_by_services_alone(intake: Intake) -> None:
    for roles, status in (((), 401), (("admin",), 403), (("service",), 200)):
        headers = intake.staff(*roles) if roles else {}
        assert (await intake.http.get("/v1/feedback-events", headers=headers)).status_code == status
