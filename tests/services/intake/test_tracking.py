"""What the person sees and says with the tracking code."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from libs.common.crockford import ALPHABET
from libs.contracts.cases import CaseAcknowledged, CaseAssigned, CaseClosed, CaseOpened, CaseReplied
from services.intake.persons.models import Person
from services.intake.tracking.codes import tracking_code
from tests.services.intake.house import COMPLAINT, Intake, told

DUE = datetime(2026, 12, 14, 21, 30, tzinfo=UTC)
SPENT = {"elapsed_seconds": 60, "business_seconds": 60}


def clocks(due_at: datetime | None = DUE) -> list[dict[str, Any]]:
    common = {"standard": "complaints", "standard_version": 1, "starts": "submission", "started_at": DUE}
    return [
        {"clock": "acknowledge", "due_at": DUE - timedelta(days=9), **common},
        {"clock": "reply", "due_at": due_at, **common},
    ]


def opened(feedback_id: str) -> Any:
    return told(CaseOpened, feedback_id, 1, state="new", submitted_at=DUE, clocks=clocks())


def replied(feedback_id: str, version: int, answer: int | None, text: str = "Votre passeport part demain.") -> Any:
    return told(
        CaseReplied,
        feedback_id,
        version,
        state="answered" if answer else "acknowledged",
        effective_at=DUE + timedelta(minutes=version),
        interim=answer is None,
        answer=answer,
        outcome="upheld" if answer else None,
        text=text,
        **SPENT,
    )


async def see(intake: Intake, code: str, status: int = 200) -> dict[str, Any]:
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def evaluate(intake: Intake, code: str, **said: Any) -> tuple[int, dict[str, Any]]:
    answer = await intake.http.post("/v1/tracking/evaluation", json=said, headers={"Tracking-Code": code})
    return answer.status_code, answer.json()


# The code.


async def test_what_a_code_opens_is_kept_by_nobody_on_the_way(intake: Intake) -> None:
    code = (await intake.submit())["tracking_code"]
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_a_code_opens_however_it_is_typed_or_was_heard(intake: Intake) -> None:
    receipt = await intake.submit()
    code = receipt["tracking_code"]
    heard = code.replace("0", "o").replace("1", "l")
    for form in (code, code.lower(), code.replace("-", ""), code.replace("-", " "), heard, heard.replace("l", "I")):
        assert (await see(intake, form))["id"] == receipt["id"]


async def test_every_wrong_character_and_every_swap_of_neighbours_is_told_from_an_unknown_code(intake: Intake) -> None:
    code = (await intake.submit())["tracking_code"].replace("-", "")
    slips = {code[:9] + other + code[10:] for other in ALPHABET} | {code[:3] + code[4] + code[3] + code[5:]}
    for slip in slips - {code}:
        problem = await see(intake, slip, 422)
        assert problem["type"] == "urn:ecoute:problem:tracking-code-mistyped"
    for slip in ("0", code + "0", code[:-1], code[:-1] + "é", "🙂".encode().decode("latin-1")):
        answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": slip.encode("latin-1")})
        assert answer.status_code == 422, repr(slip)


async def test_a_code_that_was_never_given_out_opens_nothing(intake: Intake) -> None:
    unknown = await see(intake, tracking_code("another secret", uuid4(), 1), 404)
    assert unknown["type"] == "urn:ecoute:problem:tracking-code-unknown"
    assert (await evaluate(intake, tracking_code("another secret", uuid4(), 1), solved="yes"))[0] == 404


async def test_without_the_header_one_is_told_to_send_it_and_the_address_is_no_place_for_it(intake: Intake) -> None:
    code = (await intake.submit())["tracking_code"]
    answer = await intake.http.get("/v1/tracking")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Tracking-Code")
    answer = await intake.http.get("/v1/tracking", params={"tracking_code": code})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "tracking_code")
    assert code not in answer.text
    assert (await intake.http.post("/v1/tracking/evaluation", json={"solved": "yes"})).status_code == 401


# What is seen.


def replies_in(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in seen["conversation"] if entry["kind"] == "reply"]


async def test_the_person_sees_where_it_stands_from_receipt_to_closure(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    seen = await see(intake, code)
    assert (seen["status"], seen["next_by"], seen["team"], seen["conversation"]) == ("received", None, None, [])
    assert seen["reference"] == receipt["reference"]
    assert seen["next_step"] == receipt["next_step"]

    await intake.hear(opened(number))
    seen = await see(intake, code)
    assert (seen["status"], seen["next_by"]) == ("new", "2026-12-14T21:30:00Z")

    assigned = {"state": "assigned", "effective_at": DUE, "assigned_by": "rule", "clocks": clocks()}
    await intake.hear(told(CaseAssigned, number, 2, **assigned))
    seen = await see(intake, code)
    assert (seen["status"], seen["team"]["code"]) == ("assigned", "passports")
    assert seen["team"]["name"] == {"fr": "Équipe des passeports", "en": "Passport team"}

    await intake.hear(told(CaseAcknowledged, number, 3, state="acknowledged", effective_at=DUE, **SPENT))
    await intake.hear(replied(number, 4, None, "Nous cherchons."))
    seen = await see(intake, code)
    assert (seen["status"], seen["next_by"]) == ("acknowledged", "2026-12-14T21:30:00Z")
    assert [(reply["answer"], reply["outcome"]) for reply in replies_in(seen)] == [(None, None)]
    assert not seen["evaluation_asked"]

    await intake.hear(replied(number, 5, 1))
    seen = await see(intake, code)
    assert (seen["status"], seen["next_by"], seen["evaluation_asked"]) == ("answered", None, True)
    assert [reply["text"] for reply in replies_in(seen)] == ["Nous cherchons.", "Votre passeport part demain."]
    assert replies_in(seen)[1]["outcome"] == "upheld"

    await intake.hear(told(CaseClosed, number, 6, state="closed", effective_at=DUE))
    seen = await see(intake, code)
    assert (seen["status"], seen["next_by"], seen["evaluation_asked"]) == ("closed", None, True)


async def test_a_clock_that_starts_at_assignment_promises_no_date_before(intake: Intake) -> None:
    receipt = await intake.submit()
    await intake.hear(told(CaseOpened, receipt["id"], 1, state="new", submitted_at=DUE, clocks=clocks(None)))
    assert (await see(intake, receipt["tracking_code"]))["next_by"] is None


async def test_case_events_heard_twice_or_late_change_nothing(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    slice_ = [opened(number), replied(number, 2, None), replied(number, 3, 1), replied(number, 4, 2, "Il est parti.")]
    await intake.hear(*slice_)
    seen = await see(intake, code)
    assert len(replies_in(seen)) == 3
    await intake.hear(*slice_)
    await intake.hear(slice_[0])
    await intake.hear(slice_[2], slice_[1])
    assert await see(intake, code) == seen


async def test_case_events_may_come_before_anything_else_is_known_of_the_feedback(intake: Intake) -> None:
    unknown = str(uuid4())
    await intake.hear(opened(unknown))
    assert await intake.count("case_view WHERE feedback_id = :id", id=unknown) == 1


async def test_once_the_key_is_destroyed_no_reply_is_read_nor_kept(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    await intake.hear(opened(number), replied(number, 2, 1))
    async with intake.database.transaction() as session:
        [row] = await intake.rows("SELECT person_id FROM feedback WHERE id = :id", id=number)
        (await session.get_one(Person, row.person_id)).key = None
    await intake.hear(replied(number, 3, 2, "Encore un mot."))
    assert (await see(intake, code, 410))["type"] == "urn:ecoute:problem:erased"
    assert [
        row.words is None
        for row in await intake.rows("SELECT words FROM reply WHERE answer = 2 AND feedback_id = :id", id=number)
    ] == [True]
    assert (await evaluate(intake, code, solved="no"))[0] == 410
    answer = await intake.http.get(f"/v1/feedback/{number}", headers=intake.staff("reviewer"))
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:ecoute:problem:erased")


# What is said.


async def test_an_answer_is_evaluated_once_and_the_same_again_is_answered_alike(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    for version in (1, 2):
        assert (await evaluate(intake, code, solved="yes"))[1]["type"] == "urn:ecoute:problem:not-answered-yet"
        await intake.hear(opened(number) if version == 1 else replied(number, version, None))
    await intake.hear(replied(number, 3, 1))
    said = {"solved": "partly", "ratings": [{"measure": "csat", "value": 2}], "comment": "Trop lent."}
    answers = await asyncio.gather(*(evaluate(intake, code, **said) for _ in range(8)))
    assert {status for status, _ in answers} == {201}
    assert {(body["answer"], body["solved"]) for _, body in answers} == {(1, "partly")}
    assert len({body["evaluated_at"] for _, body in answers}) == 1
    for other in ({"solved": "yes"}, {**said, "comment": "Trop lent !"}, {**said, "ratings": []}):
        status, body = await evaluate(intake, code, **other)
        assert (status, body["type"]) == (409, "urn:ecoute:problem:already-evaluated")
    seen = await see(intake, code)
    assert (seen["evaluation_asked"], len(seen["evaluations"])) == (False, 1)

    await intake.hear(replied(number, 4, 2))
    assert (await see(intake, code))["evaluation_asked"]
    assert (await evaluate(intake, code, solved="yes"))[1]["answer"] == 2
    events = [event for event in await intake.events(number) if event["type"] == "ca.ecoute.feedback.evaluated.v1"]
    assert [(event["data"]["answer"], event["data"]["solved"]) for event in events] == [(1, "partly"), (2, "yes")]
    assert [event["data"].get("has_comment", False) for event in events] == [True, False]
    versions = [event["version"] for event in await intake.events(number)]
    assert versions == list(range(1, len(versions) + 1))
    assert events[0]["data"]["ratings"] == [{"measure": "csat", "value": 2, "answered_by": "person"}]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"solved": "maybe"},
        {"solved": "yes", "answer": 0},
        {"solved": "yes", "ratings": [{"measure": "csat", "value": 1, "answered_by": "staff"}]},
        {"solved": "yes", "comment": "\x00"},
        {"solved": "yes", "comment": ""},
        {"solved": "yes", "ratings": [{"measure": "nps", "value": 11}]},
    ],
    ids=str,
)
async def test_an_evaluation_without_sense_is_refused(intake: Intake, said: dict[str, Any]) -> None:
    assert (await evaluate(intake, (await intake.submit(COMPLAINT))["tracking_code"], **said))[0] == 422


async def test_an_evaluation_that_names_its_answer_never_lands_on_another(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    await intake.hear(opened(number), replied(number, 2, 1), replied(number, 3, 2))
    assert (await evaluate(intake, code, solved="no", answer=1))[1]["answer"] == 1
    assert (await evaluate(intake, code, solved="no", answer=1))[0] == 201
    status, body = await evaluate(intake, code, solved="no", answer=3)
    assert (status, body["type"]) == (409, "urn:ecoute:problem:not-answered-yet")
    assert (await see(intake, code))["evaluation_asked"]


async def test_the_team_reads_what_the_person_says_of_its_answer(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    await intake.hear(opened(number), replied(number, 2, 1))
    await evaluate(intake, code, solved="no", comment="Le guichet n\x92a rien fait.")
    answer = await intake.http.get(f"/v1/feedback/{number}", headers=intake.staff("reviewer"))
    [said] = answer.json()["evaluations"]
    assert (said["answer"], said["solved"], said["comment"]) == (1, "no", "Le guichet n’a rien fait.")
