"""Sending again is safe, whatever was lost: one feedback, and the answer of the first time."""

import asyncio
from dataclasses import replace
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from libs.common.auth.principal import Principal
from libs.common.clock import utc_now
from libs.common.idempotency import StillRunning
from libs.common.problems import InternalError
from services.intake.feedback import batcher as batching
from services.intake.feedback.flush import flush
from services.intake.feedback.reception import arrive
from services.intake.feedback.schemas import FeedbackIn
from services.intake.feedback.sender import Sender
from services.intake.feedback.service import Accepted, submit_many
from services.intake.feedback.submission import Submission, prepare
from tests.services.intake.house import COMPLAINT, Intake

IMPORTER = Principal("importer", frozenset({"importer"}), frozenset())


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def post(intake: Intake, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    return await intake.http.post("/v1/feedback", json=body, headers=headers)


async def prepared(intake: Intake, idempotency_key: str | None = None, **fields: Any) -> Submission:
    """An importer's submission, ready to be written."""
    body = FeedbackIn.model_validate({**COMPLAINT, **fields})
    arrival = await arrive(intake.app.state.desk, Sender.of(IMPORTER), utc_now(), [body])
    return prepare(arrival, body, idempotency_key)


async def written(intake: Intake) -> tuple[int, int, int]:
    """How many feedbacks, persons and events there are."""
    return await intake.count("feedback"), await intake.count("person"), await intake.count("event_pending")


async def test_fifty_identical_requests_at_once_make_one_feedback_and_get_one_answer(intake: Intake) -> None:
    before, once = await written(intake), key()
    answers = await asyncio.gather(*(post(intake, COMPLAINT, once) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert await written(intake) == tuple(count + 1 for count in before)


async def test_the_same_key_with_another_body_is_refused_and_changes_nothing(intake: Intake) -> None:
    once = key()
    first = await post(intake, COMPLAINT, once)
    before = await written(intake)
    others = await asyncio.gather(*(post(intake, {**COMPLAINT, "text": f"{n}"}, once) for n in range(100)))
    assert {answer.status_code for answer in others} == {422}
    assert {answer.json()["type"] for answer in others} == {"urn:ecoute:problem:idempotency-key-reused"}
    assert await written(intake) == before
    assert (await post(intake, COMPLAINT, once)).content == first.content


async def test_two_bodies_at_once_under_one_key_make_one_feedback(intake: Intake) -> None:
    for _ in range(10):
        once, before = key(), await written(intake)
        answers = await asyncio.gather(*(post(intake, {**COMPLAINT, "text": f"{n % 2}"}, once) for n in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 422, 422, 422]
        assert await written(intake) == tuple(count + 1 for count in before)


async def test_a_body_is_the_same_in_whatever_order_its_fields_come(intake: Intake) -> None:
    once = key()
    first = await post(intake, COMPLAINT, once)
    assert (await post(intake, dict(reversed(COMPLAINT.items())), once)).content == first.content


async def test_a_moment_in_another_time_zone_is_told_alike_the_first_time_and_again(intake: Intake) -> None:
    once = key() | intake.staff("agent")
    body = {**COMPLAINT, "submitted_at": "2026-01-06T09:00:00+05:30"}
    assert (await post(intake, body, once)).content == (await post(intake, body, once)).content


async def test_without_a_token_a_key_must_be_a_uuid_however_it_is_written(intake: Intake) -> None:
    refused = await post(intake, COMPLAINT, {"Idempotency-Key": "order-12345"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:ecoute:problem:key-must-be-uuid")
    once = uuid4()
    forms = [str(once), str(once).upper(), once.hex, f"{{{once}}}"]
    answers = [await post(intake, COMPLAINT, {"Idempotency-Key": form}) for form in forms]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_staff_may_use_any_key_and_never_meet_the_keys_of_others(intake: Intake) -> None:
    once = {"Idempotency-Key": "order-12345"}
    mine = await post(intake, COMPLAINT, once | intake.staff("agent", subject="a"))
    again = await post(intake, COMPLAINT, once | intake.staff("supervisor", subject="a"))
    yours = await post(intake, COMPLAINT, once | intake.staff("agent", subject="b"))
    assert mine.content == again.content
    assert mine.json()["id"] != yours.json()["id"]
    assert (await post(intake, COMPLAINT, {"Idempotency-Key": "short"})).status_code == 422


async def test_a_refused_request_leaves_its_key_free(intake: Intake) -> None:
    once = key()
    assert (await post(intake, {**COMPLAINT, "service": "ferries"}, once)).status_code == 422
    assert (await post(intake, {**COMPLAINT, "service": "passports"}, once)).status_code == 201


async def test_a_request_whose_answer_was_lost_is_found_again(intake: Intake) -> None:
    before = await written(intake)
    keys = [key() for _ in range(20)]
    for place, once in enumerate(keys):
        gone = asyncio.create_task(post(intake, COMPLAINT, once))
        await asyncio.sleep(place / 2000)  # it may be anywhere between the door and the commit
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
    answers = await asyncio.gather(*(post(intake, COMPLAINT, once) for once in keys))
    assert {answer.status_code for answer in answers} == {201}
    assert await written(intake) == tuple(count + len(keys) for count in before)


async def test_what_is_answered_503_when_the_connections_break_is_taken_in_once_by_the_retry(intake: Intake) -> None:
    before, once = await written(intake), key()
    async with intake.database.engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    answers = []
    while not answers or answers[-1].status_code != 201:
        answers.append(await post(intake, COMPLAINT, once))
        assert answers[-1].status_code == 201 or answers[-1].headers["retry-after"], answers[-1].text
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert await written(intake) == tuple(count + 1 for count in before)
    await intake.database.engine.dispose()  # what else of the pool is dead is no matter of the next test


async def test_a_key_that_another_process_is_still_writing_is_answered_409_within_its_two_seconds(
    intake: Intake,
) -> None:
    once = key()
    async with intake.database.connection() as other:
        await submit_many(other, [replace(await prepared(intake), claims=(await _claim(intake, once),))])
        waiting = await post(intake, COMPLAINT, once)
        assert (waiting.status_code, waiting.json()["type"]) == (409, "urn:ecoute:problem:still-running")
        assert waiting.headers["retry-after"] == "1"
    assert (await post(intake, COMPLAINT, once)).status_code == 201


async def test_a_form_that_may_have_taken_effect_is_there_again_under_its_key_and_one_that_was_refused_is_not(
    intake: Intake,
) -> None:
    once = key()
    form = {"kind": "complaint", "text": "Encore moi.", "key": once["Idempotency-Key"]}
    async with intake.database.connection() as other:
        await submit_many(other, [replace(await prepared(intake), claims=(await _claim(intake, once),))])
        waiting = await intake.http.post("/feedback", data=form)
    refused = await intake.http.post("/feedback", data={**form, "text": "", "kind": ""})
    assert (waiting.status_code, refused.status_code) == (409, 422)
    assert [form["key"] in page.text for page in (waiting, refused)] == [True, False]
    assert "Idempotency" not in waiting.text


async def test_who_shares_a_flush_with_a_key_that_another_process_holds_does_not_wait_for_it_again_and_again(
    intake: Intake,
) -> None:
    once = key()
    async with intake.database.connection() as other:
        held = replace(await prepared(intake), claims=(await _claim(intake, once),))
        await submit_many(other, [held])
        again = replace(await prepared(intake), claims=held.claims)
        neighbours = [await prepared(intake) for _ in range(31)]
        began = monotonic()
        outcomes = await flush(intake.database, [*neighbours[:9], again, *neighbours[9:]])
        assert monotonic() - began < 4.0
    assert isinstance(outcomes.pop(9), StillRunning)
    assert [isinstance(one, Accepted) for one in outcomes] == [True] * 31


async def _claim(intake: Intake, once: dict[str, str]) -> Any:
    body = FeedbackIn.model_validate(COMPLAINT)
    arrival = await arrive(intake.app.state.desk, Sender.of(None), utc_now(), [body])
    return prepare(arrival, body, once["Idempotency-Key"]).claims[0]


async def test_a_full_queue_is_answered_503_at_once(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "LONGEST_QUEUE", 0)
    answer = await post(intake, COMPLAINT, {})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


# The partner's own reference.


async def test_an_external_reference_gets_the_same_answer_for_ever_and_is_told_what_else_is_not_kept(
    intake: Intake,
) -> None:
    importer = intake.staff("importer", subject="a")
    body = {**COMPLAINT, "external_reference": f"CRM-{uuid4()}"}
    first = await post(intake, body, importer)
    before = await written(intake)
    assert first.json()["kept"] is True
    for who in (importer, intake.staff("importer", subject="b")):
        assert (await post(intake, body, who)).content == first.content
        for other in ({**body, "text": "Autre chose"}, {**body, "kind": "enquiry"}):
            assert (await post(intake, other, who)).json() == first.json() | {"kept": False}
    assert await written(intake) == before
    [kept] = await intake.rows(
        "SELECT expires_at FROM idempotency_key WHERE key = :reference", reference=body["external_reference"]
    )
    assert kept.expires_at is None


async def test_a_key_and_a_reference_stand_together_in_every_order(intake: Intake) -> None:
    importer = intake.staff("importer")

    def body(reference: str, said: str = "x") -> dict[str, Any]:
        return {**COMPLAINT, "text": said, "external_reference": reference}

    one, other = str(uuid4()), str(uuid4())
    both, second, third = key(), key(), key()
    first = await post(intake, body(one), both | importer)
    before = await written(intake)
    # the same again: by both, by either, in any order
    assert (await post(intake, body(one), both | importer)).content == first.content
    assert (await post(intake, body(one), importer)).content == first.content
    # a new key for the same reference finds the first, and is bound to it from then on
    for _ in range(2):
        assert (await post(intake, body(one, "y"), second | importer)).json() == first.json() | {"kept": False}
    assert (await post(intake, body(one, "z"), second | importer)).status_code == 422
    assert (await post(intake, body(other, "y"), second | importer)).status_code == 422
    # a key that was used refuses another reference, and the reference stays free
    assert (await post(intake, body(other), both | importer)).status_code == 422
    assert await written(intake) == before
    fresh = await post(intake, body(other), third | importer)
    assert fresh.json()["id"] != first.json()["id"]
    # two that exist already, crossed
    assert (await post(intake, body(other), both | importer)).status_code == 422
    assert (await post(intake, body(one), third | importer)).status_code == 422
    assert await written(intake) == tuple(count + 1 for count in before)


async def test_many_keys_for_one_reference_at_once_make_one_feedback(intake: Intake) -> None:
    importer, before = intake.staff("importer"), await written(intake)
    body = {**COMPLAINT, "external_reference": str(uuid4())}
    answers = await asyncio.gather(*(post(intake, body, key() | importer) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await written(intake) == tuple(count + 1 for count in before)


# Flushes.


async def test_two_flushes_of_the_same_keys_in_another_order_do_not_deadlock(intake: Intake) -> None:
    for _ in range(10):
        keys = [(str(uuid4()), str(uuid4())) for _ in range(20)]
        one = [await prepared(intake, idempotency, external_reference=reference) for idempotency, reference in keys]
        other = [
            await prepared(intake, idempotency, external_reference=reference) for idempotency, reference in keys[::-1]
        ]
        outcomes, again = await asyncio.gather(*(_flush(intake, some) for some in (one, other)))
        assert all(isinstance(outcome, Accepted) for outcome in outcomes)
        assert outcomes == again[::-1]


async def _flush(intake: Intake, submissions: list[Submission]) -> list[Any]:
    async with intake.database.connection() as connection:
        return await submit_many(connection, submissions)


@pytest.mark.parametrize("place", [0, 31, 63])
async def test_one_row_that_the_database_refuses_leaves_its_63_neighbours_unharmed(intake: Intake, place: int) -> None:
    submissions = [await prepared(intake, str(uuid4())) for _ in range(64)]
    submissions[place] = _with(submissions[place], language="no text of PostgreSQL's \x00")
    before = await written(intake)
    outcomes = await asyncio.gather(*(intake.app.state.batcher.submit(one) for one in submissions))
    assert isinstance(outcomes[place], InternalError)
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert {outcome.id for outcome in accepted} == {one.id for one in submissions} - {submissions[place].id}
    assert await written(intake) == tuple(count + 63 for count in before)


async def test_a_reference_that_was_given_out_before_is_drawn_again(intake: Intake) -> None:
    one, other = await prepared(intake), await prepared(intake)
    twin = _with(other, reference=one.feedback["reference"])
    outcomes = await asyncio.gather(*(intake.app.state.batcher.submit(each) for each in (one, twin)))
    assert [outcome.id for outcome in outcomes] == [one.id, twin.id]
    assert len({outcome.reference for outcome in outcomes}) == 2
    events = [await intake.events(str(outcome.id)) for outcome in outcomes]
    assert [event["data"]["reference"] for [event] in events] == [outcome.reference for outcome in outcomes]


def _with(submission: Submission, **fields: Any) -> Submission:
    return replace(submission, feedback={**submission.feedback, **fields})


async def test_every_feedback_has_its_first_event_and_nothing_hangs_in_the_batcher(intake: Intake) -> None:
    told = await intake.rows(
        "SELECT subject, version FROM event_pending WHERE type LIKE 'ca.ecoute.feedback.%' ORDER BY seq"
    )
    assert {UUID(row.subject) for row in told} == {row.id for row in await intake.rows("SELECT id FROM feedback")}
    assert {row.version for row in told} <= {1}
    assert not intake.app.state.batcher._in_flight
    assert not intake.app.state.batcher._waiting


async def test_a_retry_gets_the_first_answer_though_a_code_was_retired_since(intake: Intake) -> None:
    admin, entry = intake.staff("admin"), {"name": {"fr": "Phares", "en": "Lighthouses"}}
    made = await intake.http.put("/v1/services/lighthouses", json=entry, headers=admin)
    key, fresh = {"Idempotency-Key": str(uuid4())}, {"Idempotency-Key": str(uuid4())}
    said = {"channel": "web", "kind": "complaint", "service": "lighthouses", "text": "Encore."}
    first = await intake.submit(said, key)
    tag = {"If-Match": made.headers["etag"]}
    gone = await intake.http.delete("/v1/services/lighthouses", headers=admin | tag)
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    assert await intake.submit(said, key) == first
    for _ in range(2):
        answer = await intake.http.post("/v1/feedback", json=said, headers=fresh)
        assert answer.json()["type"] == "urn:ecoute:problem:unknown-code"
    back = {"If-Match": gone.headers["etag"]}
    assert (await intake.http.put("/v1/services/lighthouses", json=entry, headers=admin | back)).status_code == 200
    assert (await intake.submit(said, fresh))["id"] != first["id"]
