"""A thousand feedbacks in one request: an outcome each, in their order, and none in the way of another."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from services.intake.feedback import batch as batches
from services.intake.feedback import batcher as batching
from tests.services.intake.house import COMPLAINT, Intake


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


@pytest.fixture(autouse=True)
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "IN_A_TRANSACTION", 7)


async def send(intake: Intake, items: list[Any], headers: dict[str, str] | None = None) -> dict[str, Any]:
    headers = headers or intake.staff("importer")
    answer = await intake.http.post("/v1/feedback/batch", json={"items": items}, headers=headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    assert [one["index"] for one in body["outcomes"]] == list(range(len(items)))
    assert body["accepted"] + body["refused"] == len(items)
    return body


def kinds(body: dict[str, Any]) -> list[Any]:
    """For each item 201, or the kind of its problem."""
    return [
        one["status"] if one["receipt"] else one["problem"]["type"].removeprefix("urn:ecoute:problem:")
        for one in body["outcomes"]
    ]


async def test_each_item_gets_the_receipt_that_it_would_get_alone(intake: Intake) -> None:
    items = [{**COMPLAINT, "text": f"Numéro {n}", "external_reference": str(uuid4())} for n in range(20)]
    body = await send(intake, items)
    assert (body["accepted"], body["refused"]) == (20, 0)
    for item, outcome in zip(items, body["outcomes"], strict=True):
        assert outcome["status"] == 201
        alone = await intake.submit(item, intake.staff("importer"))
        assert outcome["receipt"] == alone
    read = await intake.http.get(
        f"/v1/feedback/{body['outcomes'][13]['receipt']['id']}", headers=intake.staff("reviewer")
    )
    assert read.json()["text"] == "Numéro 13"
    told = [len(await intake.events(one["receipt"]["id"])) for one in body["outcomes"]]
    assert told == [1] * 20


async def test_bad_rows_are_told_where_they_are_and_harm_no_neighbour(intake: Intake) -> None:
    good = {**COMPLAINT, "kind": "enquiry"}
    items: list[Any] = [
        good,
        {**good, "text": "x" * 20_001},
        {**good, "service": "ferries"},
        3,
        {**good, "answers": {"questionnaire": "q", "version": 1, "values": {}}},
        good,
        {**good, "reply_by": "email"},
        {**good, "colour": "red"},
        {**good, "idempotency_key": "short"},
        {"ratings": [{"measure": "csat", "value": 3}]},
        {**good, "tracking_code": "0"},
        {**good, "text": "a\x00b"},
        good,
    ]
    body = await send(intake, items, intake.staff("agent"))
    assert kinds(body) == [
        201,
        "invalid-request",
        "unknown-code",
        "invalid-request",
        "not-available-yet",
        201,
        "reply-cannot-reach",
        "invalid-request",
        "invalid-request",
        "invalid-request",
        "slip-not-usable",
        "invalid-request",
        201,
    ]
    pointers = [[one["pointer"] for one in (row["problem"] or {}).get("errors", [])] for row in body["outcomes"]]
    assert pointers == [
        [],
        ["/text"],
        ["/service"],
        [""],
        ["/answers"],
        [],
        ["/person/email"],
        ["/colour"],
        ["/idempotency_key"],
        ["/channel"],
        ["/tracking_code"],
        ["/text"],
        [],
    ]
    assert body["outcomes"][1]["status"] == 422
    assert len({body["outcomes"][n]["receipt"]["id"] for n in (0, 5, 12)}) == 3


async def test_what_only_the_database_refuses_is_one_rows_own_matter(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take_in(texts: list[str]) -> list[Any]:
        return kinds(await send(intake, [{**COMPLAINT, "text": text} for text in texts]))

    prepare = batches.prepare

    def poisoned(*args: Any, **named: Any) -> Any:
        submission = prepare(*args, **named)
        if args[1].text == "poison":
            submission.feedback["ratings"] = "\x00"
        return submission

    monkeypatch.setattr(batches, "prepare", poisoned)
    texts = [f"{n}" for n in range(12)]
    texts[4] = "poison"
    assert await take_in(texts) == [*[201] * 4, "internal-error", *[201] * 7]


async def test_a_batch_sent_again_takes_nothing_in_twice(intake: Intake) -> None:
    once = intake.staff("agent") | key()
    items = [{**COMPLAINT, "text": f"{n}"} for n in range(10)]
    first = await send(intake, items, once)
    before = await intake.count("feedback")
    assert await send(intake, items, once) == first
    assert await intake.count("feedback") == before
    changed = [*items[:4], {**COMPLAINT, "text": "autre"}, *items[5:], COMPLAINT]
    again = await send(intake, changed, once)
    assert kinds(again) == [*[201] * 4, "idempotency-key-reused", *[201] * 6]
    assert [one["receipt"] for one in again["outcomes"][:4]] == [one["receipt"] for one in first["outcomes"][:4]]


async def test_a_batch_of_which_the_answer_was_lost_halfway_is_gone_on_with(intake: Intake) -> None:
    once = intake.staff("agent") | key()
    items = [{**COMPLAINT, "text": f"{n}"} for n in range(40)]
    before = await intake.count("feedback")
    gone = asyncio.create_task(send(intake, items, once))
    await asyncio.sleep(0.03)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert (await send(intake, items, once))["accepted"] == 40
    assert await intake.count("feedback") == before + 40


async def test_a_key_of_an_item_is_the_same_key_alone(intake: Intake) -> None:
    kiosk = await intake.key("batch-kiosk", kind="device")
    item = {**COMPLAINT, "idempotency_key": str(uuid4())}
    body = await send(intake, [item, COMPLAINT], kiosk)
    assert kinds(body) == [201, "idempotency-key-missing"]
    alone = await intake.submit(COMPLAINT, kiosk | {"Idempotency-Key": item["idempotency_key"]})
    assert alone == body["outcomes"][0]["receipt"]
    assert kinds(await send(intake, [item, COMPLAINT], kiosk | key())) == [201, 201]


async def test_of_two_items_of_one_reference_or_key_the_first_is_taken_in(intake: Intake) -> None:
    reference, once = str(uuid4()), str(uuid4())
    items = [
        {**COMPLAINT, "external_reference": reference, "text": "a"},
        {**COMPLAINT, "external_reference": reference, "text": "b"},
        {**COMPLAINT, "idempotency_key": once, "text": "c"},
        {**COMPLAINT, "idempotency_key": once, "text": "c"},
        {**COMPLAINT, "idempotency_key": once, "text": "d"},
    ]
    body = await send(intake, items)
    assert kinds(body) == [201, 201, 201, 201, "idempotency-key-reused"]
    receipts = [one["receipt"] for one in body["outcomes"]]
    assert receipts[0] | {"kept": False} == receipts[1]
    assert (body["accepted"], body["not_kept"]) == (4, 1)
    assert receipts[2] == receipts[3]
    read = await intake.http.get(f"/v1/feedback/{receipts[0]['id']}", headers=intake.staff("reviewer"))
    assert read.json()["text"] == "a"


async def test_a_batch_is_for_staff_partners_and_devices(intake: Intake) -> None:
    async def status(headers: dict[str, str]) -> int:
        items = {"items": [{**COMPLAINT, "idempotency_key": str(uuid4())}]}
        return (await intake.http.post("/v1/feedback/batch", json=items, headers=headers)).status_code

    assert await status({}) == 401
    assert await status(intake.staff("service")) == 403
    assert await status(await intake.key("batch-reads", "feedback:read")) == 403
    for headers in (intake.staff("agent"), await intake.key("batch-crm"), await intake.key("batch-box", kind="device")):
        assert await status(headers) == 200


@pytest.mark.parametrize("items", [[], [COMPLAINT] * 1001, "many", None])
async def test_a_batch_has_one_to_a_thousand_items(intake: Intake, items: Any) -> None:
    answer = await intake.http.post("/v1/feedback/batch", json={"items": items}, headers=intake.staff("agent"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/items")


async def test_a_thousand_real_texts_are_taken_in_and_texts_as_long_as_there_are(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "IN_A_TRANSACTION", 250)
    text = ("J'attends mon passeport depuis trois semaines, personne ne répond. " * 11)[:700]
    assert (await send(intake, [{**COMPLAINT, "text": text}] * 1_000))["accepted"] == 1_000
    assert (await send(intake, [{**COMPLAINT, "text": "é" * 20_000}] * 60))["accepted"] == 60
    alone = await intake.http.post("/v1/feedback", json={**COMPLAINT, "address": "x" * 1_000_001})
    assert alone.status_code == 413


async def test_more_batches_than_there_is_room_for_are_answered_503_at_once(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST_BATCHES", 0)
    headers = intake.staff("agent")
    answer = await intake.http.post("/v1/feedback/batch", json={"items": [COMPLAINT]}, headers=headers)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_batches_and_single_feedback_that_share_references_end_in_one_feedback_each(intake: Intake) -> None:
    references = [str(uuid4()) for _ in range(20)]
    items = [{**COMPLAINT, "external_reference": one} for one in references]
    importer = intake.staff("importer")
    before = await intake.count("feedback")
    answers = await asyncio.gather(
        send(intake, items),
        send(intake, items[::-1]),
        *(intake.submit(item, importer) for item in items[::4]),
    )
    assert {one["accepted"] for one in answers[:2]} == {20}
    assert await intake.count("feedback") == before + 20
