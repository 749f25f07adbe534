"""The conversation: what the person reads and says with the code, from both sides and in its order."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from libs.common.clock import utc_now
from services.intake.persons.models import Person
from tests.services.intake.cases import DUE, Story, team_changed
from tests.services.intake.house import COMPLAINT, Intake

SOON = utc_now() + timedelta(days=20)


async def see(intake: Intake, code: str) -> dict[str, Any]:
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def write(intake: Intake, code: str, key: str | None = None, **said: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Tracking-Code": code} | ({"Idempotency-Key": key} if key else {})
    answer = await intake.http.post("/v1/tracking/messages", json=said, headers=headers)
    return answer.status_code, answer.json()


async def withdraw(intake: Intake, code: str, key: str | None = None) -> tuple[int, dict[str, Any]]:
    headers = {"Tracking-Code": code} | ({"Idempotency-Key": key} if key else {})
    answer = await intake.http.post("/v1/tracking/withdrawal", json={}, headers=headers)
    return answer.status_code, answer.json()


async def told_events(intake: Intake, number: str, name: str) -> list[Any]:
    return [event for event in await intake.events(number) if event["type"] == f"ca.ecoute.{name}.v1"]


async def test_everything_that_was_said_and_done_stands_in_its_order(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    story = Story(number)
    asked = story.opened(), story.assigned(), story.acknowledged(), story.asked(SOON), story.suspended("person", SOON)
    await intake.hear(*asked)
    seen = await see(intake, code)
    assert (seen["situation"], seen["answer_by"]) == ("asked", None)
    assert seen["next_by"][:10] == SOON.isoformat()[:10]
    [question] = [entry for entry in seen["conversation"] if entry["kind"] == "question"]
    assert (question["text"], question["answered"]) == ("Quel est le numéro de votre reçu ?", False)

    status, message = await write(intake, code, text="C'est le 4417.", in_answer_to=question["id"])
    assert status == 201
    seen = await see(intake, code)
    assert (seen["situation"], seen["messages_left"]) == ("answer_received", 49)
    later = Story(number, utc_now())
    later.version = story.version
    later_due = DUE + timedelta(days=3)
    await intake.hear(
        later.resumed("person", later_due),
        later.transferred(),
        later.replied(None, "Nous cherchons."),
        later.extended(DUE + timedelta(days=9)),
        later.replied(1),
        later.closed(reopen_until=SOON),
    )
    seen = await see(intake, code)
    assert [entry["kind"] for entry in seen["conversation"]] == [
        "assignment",
        "question",
        "wait",
        "message",
        "transfer",
        "reply",
        "extension",
        "reply",
        "closing",
    ]
    assert seen["conversation"][3] == {
        "kind": "message",
        "at": message["sent_at"],
        "id": message["id"],
        "author": "person",
        "in_answer_to": question["id"],
        "text": "C'est le 4417.",
    }
    assert seen["conversation"][1]["answered"]
    assert seen["conversation"][6]["text"] == "Un document manque. Vous pouvez vous y opposer."
    assert seen["conversation"][7]["delivery"] == "delivered"
    assert (seen["situation"], seen["next_by"][:10]) == ("closed", SOON.isoformat()[:10])


async def test_the_page_asks_for_an_answer_until_the_case_goes_on_without(intake: Intake) -> None:
    receipt = await intake.submit()
    story, form = Story(receipt["id"]), {"code": receipt["tracking_code"]}
    await intake.hear(story.opened(), story.assigned(), story.asked(SOON), story.suspended("person", SOON))
    page = (await intake.http.post("/follow", data=form)).text
    assert "Answer the question</h2>" in page
    assert "Please answer by" in page
    assert "Waiting for something from you, at the latest until" in page
    await intake.hear(story.resumed("staff", DUE), story.replied(1))
    page = (await intake.http.post("/follow", data=form)).text
    assert "Add something</h2>" in page
    assert "Please answer by" not in page


async def test_the_person_sees_how_to_reach_the_team_that_has_it_now(intake: Intake) -> None:
    receipt = await intake.submit()
    story = Story(receipt["id"])
    contact = {"phone": "+1 418 555 0100", "email": "pensions@service.example", "url": "https://pensions.example"}
    name = {"fr": "Pensions", "en": "Pensions"}
    await intake.hear(story.opened(), story.assigned(), story.transferred())
    assert (await see(intake, receipt["tracking_code"]))["team"]["contact"]["email"] is None
    await intake.hear(team_changed("pensions", 2, name=name, contact=contact))
    await intake.hear(team_changed("pensions", 1, name=name, contact={}))
    team = (await see(intake, receipt["tracking_code"]))["team"]
    assert team == {"code": "pensions", "name": name, "contact": contact}
    page = (await intake.http.post("/follow", data={"code": receipt["tracking_code"]})).text
    assert all(f">{one}</a>" in page for one in contact.values())


async def test_a_message_is_kept_at_once_and_told_without_personal_data(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    status, message = await write(intake, code, text="Appelez-moi au 514 555 0187, c\x92est urgent.")
    assert status == 201
    assert set(message) == {"id", "sent_at", "in_answer_to"}
    [entry] = (await see(intake, code))["conversation"]
    assert entry["text"] == "Appelez-moi au 514 555 0187, c’est urgent."
    assert await told_events(intake, number, "feedback.message_added") == []
    while await intake.tell_messages():
        pass
    [event] = await told_events(intake, number, "feedback.message_added")
    assert event["text"] == "Appelez-moi au [telephone], c’est urgent."
    assert (event["data"]["message_id"], event["data"]["author"]) == (message["id"], "person")
    assert event["data"]["removed"] == [{"kind": "telephone", "count": 1}]
    assert event["data"]["language"] == "fr"
    assert event["version"] == 2


async def test_messages_that_take_long_hold_others_up_no_longer_than_time_allows(intake: Intake) -> None:
    receipt = await intake.submit()
    for text_ in ("Un.", "Deux.", "Trois."):
        await write(intake, receipt["tracking_code"], text=text_)
    looked_at = [await intake.tell_messages(seconds=0) for _ in range(4)]
    assert looked_at == [1, 1, 1, 0]
    events = await told_events(intake, receipt["id"], "feedback.message_added")
    assert [(one["version"], one["text"]) for one in events] == [(2, "Un."), (3, "Deux."), (4, "Trois.")]


async def test_a_message_that_another_worker_has_in_hand_is_left_to_it(intake: Intake) -> None:
    receipt = await intake.submit()
    await write(intake, receipt["tracking_code"], text="Le chien s'appelle Rex.")
    async with intake.database.transaction() as session:
        await session.execute(text("SELECT FROM message WHERE feedback_id = :id FOR UPDATE"), {"id": receipt["id"]})
        await intake.tell_messages()
    assert await told_events(intake, receipt["id"], "feedback.message_added") == []
    await intake.tell_messages()
    assert len(await told_events(intake, receipt["id"], "feedback.message_added")) == 1


async def test_a_wait_that_began_after_the_answer_is_for_the_person_again(intake: Intake) -> None:
    receipt = await intake.submit()
    code, story = receipt["tracking_code"], Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned(), story.asked(SOON), story.suspended("person", SOON))
    assert (await write(intake, code, text="C'est le 4417."))[0] == 201
    assert (await see(intake, code))["situation"] == "answer_received"
    later = Story(receipt["id"], utc_now())
    later.version = story.version
    await intake.hear(later.resumed("person", DUE), later.suspended("person", SOON))
    assert (await see(intake, code))["situation"] == "waiting_for_you"


async def test_a_retry_adds_nothing_and_another_code_with_the_same_key_is_told_apart(intake: Intake) -> None:
    mine, other = await intake.submit(), await intake.submit()
    key = str(uuid4())
    answers = [await write(intake, mine["tracking_code"], key, text="Encore moi.") for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0][0] == 201
    assert await intake.count("message WHERE feedback_id = :id", id=mine["id"]) == 1
    status, problem = await write(intake, mine["tracking_code"], key, text="Autre chose.")
    assert (status, problem["type"]) == (422, "urn:ecoute:problem:idempotency-key-reused")
    status, problem = await write(intake, other["tracking_code"], key, text="Encore moi.")
    assert (status, problem["type"]) == (422, "urn:ecoute:problem:idempotency-key-reused")
    assert (await write(intake, mine["tracking_code"], "not-a-uuid", text="x"))[0] == 422
    kept = await intake.rows("SELECT answer::text AS said FROM idempotency_key WHERE key = :key", key=key)
    assert "Encore" not in kept[0].said


@pytest.mark.parametrize(
    "said", [{}, {"text": ""}, {"text": "x" * 5_001}, {"text": "\x00"}, {"text": "x", "in_answer_to": "y"}], ids=str
)
async def test_a_message_without_sense_is_refused(intake: Intake, said: dict[str, Any]) -> None:
    assert (await write(intake, (await intake.submit())["tracking_code"], **said))[0] == 422


async def test_an_answer_names_a_question_of_ones_own(intake: Intake) -> None:
    mine, other = await intake.submit(), await intake.submit()
    story = Story(other["id"])
    await intake.hear(story.opened(), story.acknowledged(), story.asked(SOON))
    theirs = (await see(intake, other["tracking_code"]))["conversation"][-1]["id"]
    for question in (theirs, str(uuid4())):
        status, problem = await write(intake, mine["tracking_code"], text="x", in_answer_to=question)
        assert (status, problem["type"]) == (422, "urn:ecoute:problem:question-not-found")


async def test_messages_have_a_bound(intake: Intake) -> None:
    receipt = await intake.submit()
    await intake.rows(
        "INSERT INTO message (id, feedback_id, author, sent_at, redaction_pending)"
        " SELECT gen_random_uuid(), :id, 'person', now(), false FROM generate_series(1, 50) RETURNING id",
        id=receipt["id"],
    )
    assert (await see(intake, receipt["tracking_code"]))["messages_left"] == 0
    status, problem = await write(intake, receipt["tracking_code"], text="x")
    assert (status, problem["type"]) == (409, "urn:ecoute:problem:too-many-messages")


async def test_one_may_come_back_by_a_message_until_the_time_for_it_has_passed(intake: Intake) -> None:
    receipt = await intake.submit()
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1), story.closed(reopen_until=SOON))
    assert (await write(intake, receipt["tracking_code"], text="Ce n'est pas réglé."))[0] == 201
    await intake.hear(story.reopened(), story.replied(2), story.closed(reopen_until=utc_now() - timedelta(days=1)))
    assert (await see(intake, receipt["tracking_code"]))["messages_left"] == 0
    status, problem = await write(intake, receipt["tracking_code"], text="Encore !")
    assert (status, problem["type"]) == (409, "urn:ecoute:problem:too-late-to-come-back")


async def test_a_withdrawal_is_told_once_and_ends_the_conversation(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    await intake.hear(Story(number).opened())
    answers = await asyncio.gather(*(withdraw(intake, code) for _ in range(4)))
    key = str(uuid4())
    answers += [await withdraw(intake, code, key), await withdraw(intake, code, key)]
    assert len({str(answer) for answer in answers}) == 1
    assert answers[0][0] == 200
    [event] = await told_events(intake, number, "feedback.withdrawn")
    assert event["data"]["effective_at"] == answers[0][1]["withdrawn_at"]
    seen = await see(intake, code)
    assert (seen["status"], seen["situation"], seen["next_by"], seen["answer_by"]) == (
        "withdrawn",
        "withdrawn",
        None,
        None,
    )
    assert seen["conversation"][-1]["kind"] == "withdrawal"
    assert seen["messages_left"] == 0
    status, problem = await write(intake, code, text="Attendez !")
    assert (status, problem["type"]) == (409, "urn:ecoute:problem:withdrawn")


async def test_what_was_withdrawn_and_is_open_again_can_be_spoken_of_and_withdrawn_again(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    before = Story(number)
    await intake.hear(before.opened(), before.reopened())
    first = await withdraw(intake, code)
    late = Story(number, utc_now() - timedelta(hours=1))  # opened again before that, and heard of later
    late.version = before.version
    await intake.hear(late.reopened())
    assert (await see(intake, code))["situation"] == "withdrawn"
    story = Story(number, utc_now())
    story.version = late.version
    await intake.hear(story.closed("withdrawn"), story.reopened(), story.asked(SOON), story.suspended("person", SOON))
    seen = await see(intake, code)
    assert (seen["status"], seen["situation"]) == ("waiting", "asked")
    assert [entry["because"] for entry in seen["conversation"] if entry["kind"] == "closing"] == ["withdrawn"]
    assert (await write(intake, code, text="C'est le 4417."))[0] == 201
    again = await withdraw(intake, code)
    assert (again[0], again[1]["withdrawn_at"] > first[1]["withdrawn_at"]) == (200, True)
    assert len(await told_events(intake, number, "feedback.withdrawn")) == 2


async def test_after_erasure_nothing_is_added_nor_withdrawn(intake: Intake) -> None:
    receipt = await intake.submit()
    await write(intake, receipt["tracking_code"], text="Un mot.")
    async with intake.database.transaction() as session:
        [row] = await intake.rows("SELECT person_id FROM feedback WHERE id = :id", id=receipt["id"])
        (await session.get_one(Person, row.person_id)).key = None
    seen = await intake.http.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]})
    assert seen.status_code == 410
    assert (await write(intake, receipt["tracking_code"], text="x"))[0] == 410
    assert (await withdraw(intake, receipt["tracking_code"]))[0] == 410
    while await intake.tell_messages():
        pass
    assert await told_events(intake, receipt["id"], "feedback.message_added") == []


async def test_without_a_code_nothing_is_said(intake: Intake) -> None:
    for path, body in (("tracking/messages", {"text": "x"}), ("tracking/withdrawal", {}), ("privacy/erasure", {})):
        assert (await intake.http.post(f"/v1/{path}", json=body)).status_code == 401


async def test_who_speaks_without_authority_follows_it_and_learns_nothing_of_the_file(intake: Intake) -> None:
    receipt = await intake.submit()
    number, code = receipt["id"], receipt["tracking_code"]
    without = '{"role": "relative", "authority": "none"}'
    await intake.rows(
        "UPDATE feedback SET submitted_by = cast(:by AS jsonb) WHERE id = :id RETURNING id", by=without, id=number
    )
    story = Story(number)
    await intake.hear(
        story.opened(), story.acknowledged(), story.asked(SOON), story.extended(SOON), story.replied(1, "Secret-Wapiti")
    )
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert "Wapiti" not in answer.text
    assert "upheld" not in answer.text
    assert "reçu ?" not in answer.text
    assert "document manque" not in answer.text
    seen = answer.json()
    assert "mandat" in seen["withheld"]["fr"]
    assert "authority" in seen["withheld"]["en"]
    assert (seen["situation"], seen["evaluation_asked"]) == ("answered", False)
    assert seen["next_step"]["en"] == "An answer was given to the person concerned."
    assert (await withdraw(intake, code))[0] == 403
    evaluated = await intake.http.post(
        "/v1/tracking/evaluation", json={"solved": "yes"}, headers={"Tracking-Code": code}
    )
    assert evaluated.json()["type"] == "urn:ecoute:problem:authority-needed"
    assert (await write(intake, code, text="Ma mère attend."))[0] == 201
    await intake.hear(story.closed("declined"))
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert "declined" not in answer.text
    assert answer.json()["situation"] == "closed"
    assert (await see(intake, code))["conversation"][-1]["author"] == "submitter"


async def test_an_answer_that_is_read_here_is_delivered_and_one_by_other_means_is_not_yet(intake: Intake) -> None:
    ways = {None: "delivered", "tracking": "delivered", "phone": None, "letter": None, "email": "undeliverable"}
    for reply_by, delivery in ways.items():
        person = {"email": "ways@example.org", "phone": "514 555-0111", "address": "12, rue des Lilas"}
        receipt = await intake.submit({**COMPLAINT, "person": person, **({"reply_by": reply_by} if reply_by else {})})
        await intake.rows("UPDATE feedback SET told_by_mail = '[]' WHERE id = :id RETURNING 1", id=receipt["id"])
        story = Story(receipt["id"])
        events = story.opened(), story.replied(1)
        await intake.hear(*events)
        await intake.hear(*events)
        told = [one for one in await intake.events(receipt["id"]) if one["type"].startswith("ca.ecoute.reply.")]
        reply = (await see(intake, receipt["tracking_code"]))["conversation"][-1]
        assert reply["delivery"] == delivery, reply_by
        assert reply["text"] == "Votre passeport part demain."
        assert [(one["data"]["reply_id"], one["data"]["answer"]) for one in told] == (
            [(str(events[1].id), 1)] if delivery else []
        )
        if reply_by == "email":
            assert told[0]["data"]["because"] == "no_address"


async def test_an_answer_is_asked_about_while_it_stands(intake: Intake) -> None:
    receipt = await intake.submit()
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1), story.reopened(SOON))
    seen = await see(intake, receipt["tracking_code"])
    assert (seen["situation"], seen["evaluation_asked"]) == ("reopened", False)
    assert seen["answer_by"][:10] == SOON.isoformat()[:10]
    await intake.hear(story.replied(2))
    assert (await see(intake, receipt["tracking_code"]))["evaluation_asked"]


@pytest.mark.parametrize("second_stage", [None, DUE + timedelta(days=9)])
async def test_what_no_answer_has_reached_is_still_promised_by_the_first_date_once_it_is_open_again(
    intake: Intake, second_stage: datetime | None
) -> None:
    receipt = await intake.submit()
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.replied(1, outcome="declined"), story.closed("declined"))
    await intake.hear(story.reopened(second_stage, unanswered=True))
    seen = await see(intake, receipt["tracking_code"])
    assert (seen["situation"], seen["answer_by"][:10]) == ("reopened", DUE.isoformat()[:10])
    await intake.hear(story.replied(2), story.closed(), story.reopened(second_stage))
    seen = await see(intake, receipt["tracking_code"])
    assert (seen["answer_by"] or "")[:10] == (second_stage.isoformat()[:10] if second_stage else "")


async def test_a_question_that_the_team_answered_without_is_not_asked_again_once_the_case_is_open_again(
    intake: Intake,
) -> None:
    receipt = await intake.submit()
    story = Story(receipt["id"])
    asked = story.opened(), story.assigned(), story.asked(SOON), story.suspended("person", SOON)
    await intake.hear(*asked, story.resumed("staff", DUE), story.replied(1), story.reopened())
    assert (await see(intake, receipt["tracking_code"]))["situation"] == "reopened"
    await intake.hear(story.asked(SOON), story.suspended("person", SOON))
    assert (await see(intake, receipt["tracking_code"]))["situation"] == "asked"


@pytest.mark.parametrize(("by", "situation"), [("staff", "acknowledged"), ("timer", "asked")])
async def test_a_question_is_over_once_staff_go_on_without_an_answer(intake: Intake, by: str, situation: str) -> None:
    """They may have it by telephone. Where nobody did anything an answer is still welcome."""
    receipt = await intake.submit()
    story = Story(receipt["id"])
    await intake.hear(story.opened(), story.assigned(), story.asked(SOON), story.suspended("person", SOON))
    await intake.hear(story.resumed(by, DUE))
    seen = await see(intake, receipt["tracking_code"])
    assert seen["situation"] == situation
    assert [one["kind"] for one in seen["conversation"]] == ["assignment", "question", "wait"]


async def test_opened_a_second_time_nothing_is_promised_by_the_date_that_an_answer_has_kept(intake: Intake) -> None:
    receipt = await intake.submit()
    story, passed = Story(receipt["id"]), utc_now() - timedelta(days=3)
    await intake.hear(story.opened(), story.replied(1), story.reopened(passed), story.replied(2))
    await intake.hear(story.reopened(passed, kept=True))
    seen = await see(intake, receipt["tracking_code"])
    assert (seen["situation"], seen["next_by"], seen["answer_by"]) == ("reopened", None, None)


async def test_what_did_not_arrive_is_promised_again_though_it_was_opened_again_meanwhile(intake: Intake) -> None:
    receipt = await intake.submit()
    story, second = Story(receipt["id"]), DUE + timedelta(days=9)
    await intake.hear(story.opened(), story.replied(1), story.reopened(), story.bounced())
    assert (await see(intake, receipt["tracking_code"]))["answer_by"][:10] == DUE.isoformat()[:10]
    await intake.hear(story.replied(2), story.reopened(second, kept=True), story.bounced(second, "stage2_reply"))
    assert (await see(intake, receipt["tracking_code"]))["answer_by"][:10] == second.isoformat()[:10]


async def test_a_message_says_whether_the_person_wrote_or_who_speaks_for_them(intake: Intake) -> None:
    spoken_for = {"role": "representative", "authority": "declared", "email": "avocate@example.com"}
    for said, author in ((COMPLAINT, "person"), ({**COMPLAINT, "submitted_by": spoken_for}, "submitter")):
        receipt = await intake.submit(said)
        await write(intake, receipt["tracking_code"], text="Bonjour.")
        while await intake.tell_messages():
            pass
        [event] = await told_events(intake, receipt["id"], "feedback.message_added")
        assert event["data"].get("author", "person") == author
