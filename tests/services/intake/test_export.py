"""A person, or who answers their request, gets all that is held about them: whole, and each time written down."""

import io
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from services.intake.notices.models import Notice
from services.intake.recovery.mailing import LOST_CODES
from tests.services.intake.cases import Story
from tests.services.intake.house import COMPLAINT, Intake

MARKS = {
    "name": "Zoé Quintessence",
    "email": "zoe@export.example",
    "phone": "+1 514 555 0187",
    "address": "77, impasse",
}
MARK = {"measure": "csat", "value": 2}
SAID: dict[str, Any] = {
    **COMPLAINT,
    "channel": "phone",
    "text": "Mot-Zibeline",
    "person": {**MARKS, "language": "fr", "accessible_format": "braille"},
    "interaction": {"reference": "APPEL-90210", "waiting_seconds": 5},
    "submitted_by": {
        "role": "relative",
        "authority": "declared",
        "name": "Paul Sablier",
        "email": "paul@export.example",
    },
    "consent": [{"purpose": "link", "given": True, "text_version": "2026-1"}],
}


def code_of(receipt: dict[str, Any]) -> dict[str, str]:
    return {"Tracking-Code": receipt["tracking_code"]}


async def lived(intake: Intake, body: dict[str, Any] = SAID) -> dict[str, Any]:
    """The receipt of a feedback with a question, a message, a reply and an evaluation, read once by an agent."""
    receipt = await intake.submit(body, intake.staff("agent"))
    story = Story(receipt["id"])
    soon = utc_now() + timedelta(days=20)
    await intake.hear(story.opened(), story.assigned(), story.acknowledged(), story.asked(soon), story.replied(1))
    for path, said in (
        ("messages", {"text": "Mot-Xylophone"}),
        ("evaluation", {"solved": "no", "ratings": [MARK], "comment": "Mot-Perlimpin"}),
    ):
        answer = await intake.http.post(f"/v1/tracking/{path}", json=said, headers=code_of(receipt))
        assert answer.status_code == 201, answer.text
    agent = intake.staff("agent", teams=["passports"], subject="agent-7")
    assert (await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=agent)).status_code == 200
    return receipt


async def test_with_the_code_a_person_gets_all_that_is_held(intake: Intake) -> None:
    receipt = await lived(intake)
    given = await intake.http.get("/v1/privacy/export", headers=code_of(receipt))
    assert given.status_code == 200
    [one] = given.json()["items"]
    feedback = one["feedback"]
    assert {name: feedback["person"][name] for name in MARKS} == MARKS
    assert (feedback["person"]["accessible_format"], feedback["text"]) == ("braille", "Mot-Zibeline")
    assert feedback["interaction"]["reference"] == "APPEL-90210"
    assert (feedback["submitted_by"]["name"], feedback["submitted_by"]["role"]) == ("Paul Sablier", "relative")
    assert feedback["consent"] == SAID["consent"]
    assert one["person_ref"]
    said = {entry["kind"]: entry for entry in one["feedback"]["conversation"]}
    assert said["message"]["text"] == "Mot-Xylophone"
    assert said["evaluation"]["comment"] == "Mot-Perlimpin"
    assert [evaluation["ratings"] for evaluation in feedback["evaluations"]] == [[MARK]]
    assert said["question"]["text"]
    assert said["reply"]["text"]
    assert [(reading["what"], reading["by"]) for reading in one["readings"]] == [
        ("words", "staff"),
        ("export", "person"),
    ]
    assert [shared["recipient"] for shared in one["shared_with"]] == ["routing", "analytics", "mail_server"]
    assert one["shared_with"][-1]["receives"] == [
        "address",
        "reference",
        "moments",
        "tracking_code",
        "team",
        "questions",
        "extensions",
        "replies",
    ]


async def test_staff_get_the_same_by_id_or_contact_and_it_is_logged(intake: Intake) -> None:
    receipt = await lived(intake, {**SAID, "person": {**MARKS, "email": "staff@export.example"}})
    other = await intake.submit(SAID, intake.staff("agent"))
    reviewer = intake.staff("reviewer", subject="reviewer-1")
    for body in ({"feedback_ids": [receipt["id"]]}, {"contact": {"email": "STAFF@export.example"}}):
        given = await intake.http.post("/v1/privacy/exports", json=body, headers=reviewer)
        assert [one["feedback"]["id"] for one in given.json()["items"]] == [receipt["id"]]
        assert given.json()["items"][0]["feedback"]["person"]["name"] == MARKS["name"]
    readings = await intake.rows(
        "SELECT what, read_by FROM reading WHERE feedback_id = :id ORDER BY read_at DESC, id DESC LIMIT 2",
        id=receipt["id"],
    )
    assert [tuple(row) for row in readings] == [("export", "reviewer-1")] * 2
    assert await intake.count("reading WHERE feedback_id = :id", id=other["id"]) == 0


async def test_what_was_given_out_is_kept_nowhere_in_clear(intake: Intake, logs: io.StringIO) -> None:
    receipt = await lived(intake)
    headers = intake.staff("reviewer") | {"Idempotency-Key": "export-once-1"}
    given = await intake.http.post("/v1/privacy/exports", json={"feedback_ids": [receipt["id"]]}, headers=headers)
    assert "Zibeline" in given.text
    async with intake.database.connection() as connection:
        kept = await connection.scalars(text("SELECT answer FROM idempotency_key WHERE answer IS NOT NULL"))
        assert b"Zibeline" not in orjson.dumps(list(kept))
    assert "zibeline" not in logs.getvalue().lower()


@pytest.mark.parametrize(
    ("chosen", "not_shared"),
    [
        ("person", ["tracking_code"]),
        ("submitter", ["questions", "extensions", "replies"]),
        ("both", []),
    ],
)
async def test_what_the_mail_server_gets_is_what_mail_says_to_who_is_told(
    intake: Intake, chosen: str, not_shared: list[str]
) -> None:
    said = {**SAID, "reply_to": chosen, "submitted_by": SAID["submitted_by"] | {"authority": "none"}}
    receipt = await intake.submit(said, intake.staff("agent"))
    asked = {"feedback_ids": [receipt["id"]]}
    given = await intake.http.post("/v1/privacy/exports", json=asked, headers=intake.staff("reviewer"))
    received = given.json()["items"][0]["shared_with"][-1]["receives"]
    rest = {"tracking_code", "questions", "extensions", "replies"} - {*not_shared}
    assert {*received} == {"address", "reference", "moments", "team", *rest}


async def test_a_lost_code_that_was_sent_again_went_through_the_mail_server(intake: Intake) -> None:
    receipt = await intake.submit({**SAID, "reply_by": "phone"}, intake.staff("agent"))
    asked = {"feedback_ids": [receipt["id"]]}
    reviewer = intake.staff("reviewer")
    before = await intake.http.post("/v1/privacy/exports", json=asked, headers=reviewer)
    assert [one["recipient"] for one in before.json()["items"][0]["shared_with"]] == ["routing", "analytics"]
    async with intake.database.transaction() as session:
        session.add(
            Notice(
                id=uuid4(),
                feedback_id=UUID(receipt["id"]),
                kind=LOST_CODES,
                recipient="submitter",
                created_at=utc_now(),
                next_try_at=utc_now(),
                expires_at=utc_now(),
            )
        )
    after = await intake.http.post("/v1/privacy/exports", json=asked, headers=reviewer)
    assert after.json()["items"][0]["shared_with"][-1] == {
        "recipient": "mail_server",
        "receives": ["address", "reference", "moments", "tracking_code"],
    }


async def test_only_reviewers_and_admins_take_out_what_others_said(intake: Intake) -> None:
    body = {"feedback_ids": [(await intake.submit())["id"]]}
    for role in ("agent", "supervisor", "manager", "analyst", "importer", "auditor", "service"):
        refused = await intake.http.post("/v1/privacy/exports", json=body, headers=intake.staff(role))
        assert refused.status_code == 403
    assert (await intake.http.post("/v1/privacy/exports", json=body)).status_code == 401
    assert (await intake.http.get("/v1/privacy/export")).status_code == 401


async def test_who_chose_to_stay_anonymous_is_shown_to_themselves_alone(intake: Intake) -> None:
    receipt = await lived(intake, {**SAID, "disclosure": "anonymous"})
    own = await intake.http.get("/v1/privacy/export", headers=code_of(receipt))
    assert own.json()["items"][0]["feedback"]["person"]["name"] == MARKS["name"]
    asked = {"feedback_ids": [receipt["id"]]}
    theirs = await intake.http.post("/v1/privacy/exports", json=asked, headers=intake.staff("admin"))
    held = theirs.json()["items"][0]["feedback"]
    assert (held["person"]["name"], held["interaction"]["reference"]) == (None, None)


async def test_a_code_that_staff_gave_out_shows_no_contact_of_who_stays_anonymous(intake: Intake) -> None:
    for disclosure, name in (("anonymous", None), ("confidential", MARKS["name"])):
        receipt = await intake.submit({**SAID, "disclosure": disclosure}, intake.staff("agent"))
        await intake.hear(Story(receipt["id"]).opened())
        path, agent = f"/v1/feedback/{receipt['id']}/tracking-code", intake.staff("agent", teams=["passports"])
        given = (await intake.http.post(path, json={"reason": "lost"}, headers=agent)).json()
        held = (await intake.http.get("/v1/privacy/export", headers=code_of(given))).json()["items"][0]["feedback"]
        assert (held["text"], held["person"]["name"]) == ("Mot-Zibeline", name)


async def test_who_stays_anonymous_is_not_found_by_contact_for_an_export(intake: Intake) -> None:
    contact = {"email": f"zoe.{uuid4()}@export.example"}
    named, hidden = [
        (await intake.submit({**COMPLAINT, "person": contact, "disclosure": disclosure}))["id"]
        for disclosure in ("named", "anonymous")
    ]
    admin = intake.staff("admin")
    found = await intake.http.post("/v1/privacy/exports", json={"contact": contact}, headers=admin)
    assert [one["feedback"]["id"] for one in found.json()["items"]] == [named]
    body = {"contact": contact, "reason": "person_asked"}
    done = await intake.http.post("/v1/privacy/erasures", json=body, headers=admin)
    assert done.json()["feedback_ids"] == [named]
    rows = await intake.rows("SELECT id FROM feedback WHERE id IN (:a, :b) AND erased_at IS NULL", a=named, b=hidden)
    assert rows == []


async def test_of_the_erased_nothing_is_given_out(intake: Intake) -> None:
    receipt = await lived(intake)
    await intake.http.post("/v1/privacy/erasure", json={"confirm": True}, headers=code_of(receipt))
    assert (await intake.http.get("/v1/privacy/export", headers=code_of(receipt))).status_code == 410
    asked = {"feedback_ids": [receipt["id"]]}
    given = await intake.http.post("/v1/privacy/exports", json=asked, headers=intake.staff("reviewer"))
    assert (given.json()["items"], given.json()["erased"]) == ([], [receipt["id"]])


@pytest.mark.parametrize(
    "call", [("GET", "/v1/privacy/export", None), ("POST", "/v1/privacy/erasure", {"confirm": True})]
)
async def test_who_speaks_for_a_person_without_their_authority_neither_takes_out_nor_erases(
    intake: Intake, call: tuple[str, str, Any]
) -> None:
    receipt = await intake.submit({**COMPLAINT, "submitted_by": {"role": "relative", "name": "Paul"}})
    method, path, body = call
    refused = await intake.http.request(method, path, json=body, headers=code_of(receipt))
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:ecoute:problem:authority-needed")
