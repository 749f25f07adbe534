"""A person has what they said erased: at once, for good, and whatever comes later."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from libs.common.stream.ledger import ErasureLedger, read_ledger
from libs.contracts.cases import CaseClosed, CaseOpened, CaseReplied, case_id_of
from services.intake.privacy.holdings import WORDS
from services.intake.privacy.restoring import erase_again
from services.intake.tracking.codes import tracking_code
from tests.services.intake.house import COMPLAINT, Intake, told

SAID: dict[str, Any] = {
    **COMPLAINT,
    "person": {
        "name": "Zoé Quintessence",
        "email": "zoe@marque.example",
        "phone": "+1 514 555 0187",
        "language": "fr",
        "accessible_format": "braille",
    },
    "consent": [{"purpose": "link", "given": True}],
}
YES = {"confirm": True}


@pytest.fixture
def somebody() -> dict[str, Any]:
    """What a person says whom nobody else shares an address with."""
    mark = uuid4().hex[:12]
    digits = str(int(mark, 16))[:7]
    return {**SAID, "person": {**SAID["person"], "email": f"{mark}@marque.example", "phone": f"+33 1 4{digits}"}}


async def answered(intake: Intake, body: dict[str, Any]) -> dict[str, Any]:
    """The receipt of a feedback with an open case, a reply and an evaluation in words."""
    receipt = await intake.submit(body)
    await intake.redact()
    opened = told(CaseOpened, receipt["id"], 1, state="new", submitted_at=receipt["submitted_at"])
    await intake.hear(opened, reply_of(receipt, 2))
    said = {"solved": "no", "comment": "Toujours pas."}
    answer = await intake.http.post("/v1/tracking/evaluation", json=said, headers=code_of(receipt))
    assert answer.status_code == 201
    return receipt


def reply_of(receipt: dict[str, Any], version: int) -> Any:
    spans = {"effective_at": receipt["submitted_at"], "elapsed_seconds": 0, "business_seconds": 0}
    fields = {"state": "answered", "interim": False, "answer": 1, "text": "Il est parti.", **spans}
    return told(CaseReplied, receipt["id"], version, **fields)


def code_of(receipt: dict[str, Any]) -> dict[str, str]:
    return {"Tracking-Code": receipt["tracking_code"]}


async def held(intake: Intake, feedback_id: str) -> dict[str, Any]:
    """Every column of words that still holds something of the feedback's."""
    [row] = await intake.rows("SELECT person_id FROM feedback WHERE id = :id", id=feedback_id)
    whose = {"feedback": feedback_id, "person": row.person_id}
    found: dict[str, Any] = {}
    for one in WORDS:
        for name in one.columns or ("feedback_id",):
            rows = await intake.rows(
                f"SELECT {name} AS word FROM {one.table} WHERE {one.key} = :id AND {name} IS NOT NULL",  # noqa: S608
                id=whose[one.whose],
            )
            if rows:
                found[f"{one.table}.{name}"] = [row.word for row in rows]
    for table in ("event_pending", "event_log"):
        subjects = [feedback_id, str(case_id_of(UUID(feedback_id)))]
        texts = await intake.rows(
            f"SELECT text FROM {table} WHERE subject = ANY(:subjects) AND text IS NOT NULL",  # noqa: S608
            subjects=subjects,
        )
        if texts:
            found[table] = texts
    return found


async def erase(intake: Intake, role: str = "reviewer", key: str | None = None, **body: Any) -> Any:
    headers = intake.staff(role, subject=f"a {role}") | ({"Idempotency-Key": key} if key else {})
    return await intake.http.post("/v1/privacy/erasures", json={"reason": "person_asked", **body}, headers=headers)


async def test_with_the_code_a_person_has_everything_erased_and_everyone_is_told(
    intake: Intake, somebody: dict[str, Any]
) -> None:
    receipt, other = await answered(intake, somebody), await answered(intake, SAID)
    before = await held(intake, receipt["id"])
    assert {"person.key", "person.contact", "feedback.words", "reply.words", "evaluation.comment"} <= before.keys()
    assert {"contact_index.feedback_id", "feedback.person_ref", "event_pending"} <= before.keys()

    erased = await intake.http.post("/v1/privacy/erasure", json=YES, headers=code_of(receipt))
    assert erased.status_code == 200
    assert await held(intake, receipt["id"]) == {}
    assert (await held(intake, other["id"])).keys() == before.keys()
    events = await intake.events(receipt["id"])
    assert [one["type"].split(".")[2:4] for one in events][-2:] == [["feedback", "withdrawn"], ["person", "erased"]]
    assert [one["version"] for one in events] == list(range(1, len(events) + 1))
    assert all(one["text"] is None for one in events)
    tombstones = await intake.rows("SELECT subject FROM tombstone")
    assert {receipt["id"], str(case_id_of(UUID(receipt["id"])))} <= {row.subject for row in tombstones}


async def test_afterwards_the_code_and_staff_are_told_that_it_is_erased(intake: Intake) -> None:
    receipt = await answered(intake, SAID)
    first = await intake.http.post("/v1/privacy/erasure", json=YES, headers=code_of(receipt))
    again = await intake.http.post("/v1/privacy/erasure", json=YES, headers=code_of(receipt))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert len([one for one in await intake.events(receipt["id"]) if "erased" in one["type"]]) == 1
    seen = await intake.http.get("/v1/tracking", headers=code_of(receipt) | {"Accept-Language": "fr"})
    read = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=intake.staff("reviewer"))
    corrected = await intake.http.patch(
        f"/v1/feedback/{receipt['id']}", json={"kind": "enquiry"}, headers=intake.staff("reviewer") | {"If-Match": "*"}
    )
    said = await intake.http.post("/v1/tracking/evaluation", json={"solved": "yes"}, headers=code_of(receipt))
    assert [one.status_code for one in (seen, read, corrected, said)] == [410] * 4
    assert "reclassified" not in str([one["type"] for one in await intake.events(receipt["id"])])
    assert seen.json()["title"] == "Ce qui a été dit ici a été effacé, à la demande de la personne."


@pytest.mark.parametrize("body", [{}, {"confirm": False}, {"confirm": "yes"}, {"confirm": True, "also": 1}])
async def test_erasure_asks_for_an_explicit_yes(intake: Intake, body: dict[str, Any]) -> None:
    receipt = await intake.submit()
    refused = await intake.http.post("/v1/privacy/erasure", json=body, headers=code_of(receipt))
    assert refused.status_code == 422
    assert (await held(intake, receipt["id"])).keys() >= {"person.key", "feedback.words"}


async def test_with_a_wrong_code_or_none_nothing_is_erased(intake: Intake) -> None:
    for headers, status in (({}, 401), ({"Tracking-Code": "nonsense"}, 422)):
        assert (await intake.http.post("/v1/privacy/erasure", json=YES, headers=headers)).status_code == status


async def test_a_code_of_nothing_holds_up_no_reader(intake: Intake) -> None:
    made_up = tracking_code("another house", uuid4(), 1)
    async with intake.database.transaction() as session:
        await session.execute(text("LOCK TABLE event_position"))
        asking = intake.http.post("/v1/privacy/erasure", json=YES, headers={"Tracking-Code": made_up})
        assert (await asyncio.wait_for(asking, 5)).status_code == 404


async def test_staff_erase_every_feedback_of_a_contact_in_any_spelling_and_no_other(
    intake: Intake, somebody: dict[str, Any]
) -> None:
    mine = [(await intake.submit(somebody))["id"] for _ in range(2)]
    by_phone_alone = {**COMPLAINT, "person": {"phone": somebody["person"]["phone"]}}
    mine.append((await intake.submit(by_phone_alone))["id"])
    other = (await intake.submit(SAID))["id"]
    contact = {"email": somebody["person"]["email"].upper(), "phone": somebody["person"]["phone"].replace(" ", ".")}
    done = await erase(intake, "admin", contact=contact)
    assert done.status_code == 201
    assert (done.json()["feedback_ids"], done.json()["already_erased"]) == (sorted(mine), [])
    assert [await held(intake, one) for one in mine] == [{}, {}, {}]
    assert "feedback.words" in await held(intake, other)
    again = (await erase(intake, "admin", contact=contact)).json()
    assert (again["feedback_ids"], again["already_erased"]) == ([], [])


async def test_staff_erase_by_id_once_and_hear_what_was_gone_already(intake: Intake) -> None:
    first, second = [(await intake.submit(SAID))["id"] for _ in range(2)]
    assert (await erase(intake, feedback_ids=[first])).json()["feedback_ids"] == [first]
    done = (await erase(intake, feedback_ids=[first, second])).json()
    assert (done["feedback_ids"], done["already_erased"]) == ([second], [first])
    refused = await erase(intake, feedback_ids=[str(uuid4()), (await intake.submit(SAID))["id"]])
    assert refused.status_code == 404


async def test_an_erasure_is_in_the_ledger_before_it_is_acknowledged_and_without_it_nothing_is_erased(
    intake: Intake, tmp_path: Path
) -> None:
    ledger = intake.app.state.settings.erasure_ledger
    by_staff, by_code, refused = [await intake.submit(SAID) for _ in range(3)]
    await erase(intake, feedback_ids=[by_staff["id"]])
    await intake.http.post("/v1/privacy/erasure", json=YES, headers=code_of(by_code))
    erased = read_ledger(ledger)
    assert {UUID(by_staff["id"]), UUID(by_code["id"])} <= set(erased)
    assert set(ledger.read_text().lower()) <= set("0123456789abcdef-:.+t \n"), "moments and ids"

    desk = intake.app.state.desk
    intake.app.state.desk = replace(desk, ledger=ErasureLedger(tmp_path / "gone" / "erasures"))
    try:
        assert (await erase(intake, feedback_ids=[refused["id"]])).status_code == 503
        answer = await intake.http.post("/v1/privacy/erasure", json=YES, headers=code_of(refused))
        assert answer.status_code == 503
    finally:
        intake.app.state.desk = desk
    assert "feedback.words" in await held(intake, refused["id"])


async def test_who_is_in_the_ledger_is_erased_again_once_and_who_is_not_there_leaves_a_tombstone(
    intake: Intake,
) -> None:
    here, gone = UUID((await intake.submit(SAID))["id"]), uuid4()
    for expected in (1, 0):
        async with intake.app.state.database.transaction() as session:
            assert await erase_again(session, [here, gone], utc_now()) == expected
    assert await held(intake, str(here)) == {}
    tombstones = await intake.rows("SELECT 1 FROM tombstone WHERE subject = :id", id=str(gone))
    assert len(tombstones) == 1


async def test_the_same_request_sent_again_gets_the_same_line(intake: Intake) -> None:
    number = (await intake.submit(SAID))["id"]
    first = await erase(intake, key="erase-once-1", feedback_ids=[number])
    assert first.json() == (await erase(intake, key="erase-once-1", feedback_ids=[number])).json()
    other = await erase(intake, key="erase-once-1", feedback_ids=[str(uuid4())])
    assert (other.status_code, other.json()["type"]) == (422, "urn:ecoute:problem:idempotency-key-reused")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contact": {}},
        {"feedback_ids": ["0196f2b8-0000-7000-8000-000000000000"], "contact": {"email": "a@b.example"}},
        {"contact": {"email": "a@b.example"}, "reason": "because"},
        {"contact": {"email": "nobody"}},
    ],
)
async def test_an_erasure_names_ids_or_a_contact_and_a_known_reason(intake: Intake, body: dict[str, Any]) -> None:
    assert (await erase(intake, **body)).status_code == 422


async def test_only_reviewers_and_admins_erase_and_auditors_read_the_register(intake: Intake) -> None:
    number = (await intake.submit(SAID))["id"]
    for role in ("agent", "supervisor", "manager", "analyst", "importer", "auditor", "service"):
        assert (await erase(intake, role, feedback_ids=[number])).status_code == 403
    anonymous = {"feedback_ids": [number], "reason": "unlawful"}
    assert (await intake.http.post("/v1/privacy/erasures", json=anonymous)).status_code == 401
    line = (await erase(intake, feedback_ids=[number], reason="unlawful")).json()
    page = await intake.http.get("/v1/privacy/erasures", params={"limit": 1}, headers=intake.staff("auditor"))
    [newest] = page.json()["items"]
    assert newest == {name: line[name] for name in newest}
    assert (newest["requested_by"], newest["reason"], newest["feedback_ids"]) == ("a reviewer", "unlawful", [number])
    next_page = page.links["next"]["url"]
    older = await intake.http.get(next_page, headers=intake.staff("admin"))
    assert older.json()["items"][0]["requested_at"] <= newest["requested_at"]
    for role in ("reviewer", "agent", "manager", "service"):
        assert (await intake.http.get("/v1/privacy/erasures", headers=intake.staff(role))).status_code == 403


async def test_a_closed_case_is_not_withdrawn(intake: Intake) -> None:
    receipt = await answered(intake, SAID)
    await intake.hear(told(CaseClosed, receipt["id"], 3, state="closed", effective_at=utc_now()))
    await erase(intake, feedback_ids=[receipt["id"]])
    types = [one["type"].split(".", 2)[2] for one in await intake.events(receipt["id"])]
    assert types[-1] == "person.erased.v1"
    assert "feedback.withdrawn.v1" not in types


async def test_words_that_wait_for_redaction_are_never_told(intake: Intake) -> None:
    receipt = await intake.submit(SAID)
    await erase(intake, feedback_ids=[receipt["id"]])
    await intake.redact()
    assert all(one["text"] is None for one in await intake.events(receipt["id"]))


async def test_messages_that_were_erased_wait_for_nothing(intake: Intake) -> None:
    receipt = await intake.submit(SAID)
    said = await intake.http.post("/v1/tracking/messages", json={"text": "Encore moi."}, headers=code_of(receipt))
    assert said.status_code == 201
    await erase(intake, feedback_ids=[receipt["id"]])
    assert await intake.rows("SELECT id FROM message WHERE redaction_pending") == []


async def test_a_reply_that_is_read_after_the_erasure_is_kept_without_words(intake: Intake) -> None:
    receipt = await intake.submit(SAID)
    await intake.hear(told(CaseOpened, receipt["id"], 1, state="new", submitted_at=receipt["submitted_at"]))
    await erase(intake, feedback_ids=[receipt["id"]])
    await intake.hear(reply_of(receipt, 2))
    assert await held(intake, receipt["id"]) == {}
    assert await intake.count("reply WHERE feedback_id = :id", id=receipt["id"]) == 1


async def test_a_link_between_feedback_goes_with_the_last_of_it(intake: Intake, somebody: dict[str, Any]) -> None:
    first, second = [(await intake.submit(somebody))["id"] for _ in range(2)]
    [row] = await intake.rows("SELECT person_ref FROM feedback WHERE id = :id", id=first)
    links = "person_link WHERE person_ref = :ref"
    assert await intake.count(links, ref=row.person_ref) == 2
    await erase(intake, feedback_ids=[first])
    assert await intake.count(links, ref=row.person_ref) == 2
    await erase(intake, feedback_ids=[second])
    assert await intake.count(links, ref=row.person_ref) == 0


async def test_a_link_goes_with_the_last_feedback_that_was_linked_whoever_else_has_the_address(
    intake: Intake, somebody: dict[str, Any]
) -> None:
    first = (await intake.submit(somebody))["id"]
    await intake.submit({**somebody, "consent": []})
    [row] = await intake.rows("SELECT person_ref FROM feedback WHERE id = :id", id=first)
    await erase(intake, feedback_ids=[first])
    assert await intake.count("person_link WHERE person_ref = :ref", ref=row.person_ref) == 0


async def test_what_is_erased_does_not_come_again_by_the_same_partners_reference(intake: Intake) -> None:
    importer = intake.staff("importer")
    body = {**SAID, "external_reference": f"CRM-{uuid4().hex}"}
    receipt = await intake.submit(body, importer)
    await erase(intake, feedback_ids=[receipt["id"]])
    again = await intake.submit(body, importer)
    assert (again["id"], again["status"], again["kept"]) == (receipt["id"], "erased", False)
    assert await held(intake, receipt["id"]) == {}
    [kept] = await intake.rows(
        "SELECT fingerprint FROM idempotency_key WHERE answer = to_jsonb(cast(:id AS text)) AND expires_at IS NULL",
        id=receipt["id"],
    )
    assert kept.fingerprint == b""


async def test_many_erased_at_once_while_replies_come_in_leave_no_word(intake: Intake) -> None:
    receipts = [await intake.submit(SAID) for _ in range(3)]  # nine at once, of ten connections
    await asyncio.gather(
        *(intake.hear(reply_of(receipt, 1)) for receipt in receipts),
        *(erase(intake, feedback_ids=[receipt["id"]]) for receipt in receipts),
        *(intake.http.post("/v1/privacy/erasure", json=YES, headers=code_of(receipt)) for receipt in receipts),
    )
    for receipt in receipts:
        left = await held(intake, receipt["id"])
        assert left.keys() <= {"reply.words"}  # under a key that is gone: here no reader holds its positions
        types = [one["type"] for one in await intake.events(receipt["id"])]
        assert types.count("ca.ecoute.person.erased.v1") == 1


async def test_a_team_complained_about_erases_nothing_of_it_whatever_role_its_member_has(intake: Intake) -> None:
    receipt = await intake.submit(SAID)
    fields = {"state": "new", "submitted_at": receipt["submitted_at"], "hidden_from": ["passports"]}
    await intake.hear(told(CaseOpened, receipt["id"], 1, **fields))
    body = {"feedback_ids": [receipt["id"]], "reason": "unlawful"}
    for role in ("reviewer", "admin"):
        headers = intake.staff(role, teams=["passports"])
        assert (await intake.http.post("/v1/privacy/erasures", json=body, headers=headers)).status_code == 404
    assert "person.key" in await held(intake, receipt["id"])


async def test_nor_is_it_told_that_somebody_spoke_for_another_in_what_is_hidden_from_it(intake: Intake) -> None:
    address = f"{uuid4().hex}@exemple.org"
    receipt = await intake.submit({**COMPLAINT, "submitted_by": {"role": "relative", "email": address}})
    fields = {"state": "new", "submitted_at": receipt["submitted_at"], "hidden_from": ["passports"]}
    await intake.hear(told(CaseOpened, receipt["id"], 1, **fields))
    for teams, seen in ((["passports"], []), (["pensions"], [receipt["id"]])):
        who = intake.staff("admin", teams=teams)
        answer = await intake.http.post("/v1/privacy/exports", json={"contact": {"email": address}}, headers=who)
        assert answer.json()["spoke_for_others"] == seen


async def test_by_contact_only_who_is_in_no_team_erases_so_that_nothing_stays_unseen(
    intake: Intake, somebody: dict[str, Any]
) -> None:
    receipt = await intake.submit(somebody)
    fields = {"state": "new", "submitted_at": receipt["submitted_at"], "hidden_from": ["passports"]}
    await intake.hear(told(CaseOpened, receipt["id"], 1, **fields))
    body = {"contact": {"email": somebody["person"]["email"]}, "reason": "person_asked"}
    for role in ("reviewer", "admin"):
        who = intake.staff(role, teams=["passports"]) | {"Accept-Language": "fr"}
        refused = await intake.http.post("/v1/privacy/erasures", json=body, headers=who)
        assert (refused.status_code, "aucune équipe" in refused.json()["detail"]) == (403, True)
    assert (await erase(intake, contact=body["contact"])).json()["feedback_ids"] == [receipt["id"]]
