"""Slips given out beforehand: the person has the code at once, what they said may come hours later."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from libs.common.clock import utc_now
from tests.services.intake.house import COMPLAINT, Intake


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def slips(intake: Intake, headers: dict[str, str], count: int = 1) -> list[str]:
    answer = await intake.http.post("/v1/tracking-codes", json={"count": count}, headers=headers)
    assert answer.status_code == 201, answer.text
    codes: list[str] = answer.json()["tracking_codes"]
    assert len(set(codes)) == count
    return codes


async def track(intake: Intake, code: str) -> tuple[int, Any]:
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    return answer.status_code, answer.json()


async def refusal(intake: Intake, body: dict[str, Any], headers: dict[str, str]) -> tuple[str, str]:
    answer = await intake.http.post("/v1/feedback", json=body, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:slip-not-usable"), answer.text
    [error] = answer.json()["errors"]
    return error["pointer"], error["code"]


async def test_a_kiosk_that_was_offline_for_an_hour_sends_what_was_said_with_the_codes_it_gave_out(
    intake: Intake,
) -> None:
    kiosk = await intake.key("slip-kiosk", "feedback:write", "tracking-codes:write", kind="device")
    code, unused = await slips(intake, kiosk, 2)
    status, seen = await track(intake, code)
    assert (status, seen["status"], seen["reference"], seen["submitted_at"]) == (200, "awaited", None, None)
    assert "parvenu" in seen["next_step"]["fr"]

    spoken_at = (utc_now() - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    once = kiosk | key()
    said = {**COMPLAINT, "tracking_code": code.lower().replace("-", " "), "submitted_at": spoken_at}
    receipt = await intake.submit(said, once)
    assert (receipt["tracking_code"], receipt["id"]) == (code, seen["id"])
    assert receipt["submitted_at"] == spoken_at
    assert await intake.submit(said, once) == receipt
    status, seen = await track(intake, code)
    assert (status, seen["status"], seen["reference"]) == (200, "received", receipt["reference"])
    assert (await track(intake, unused))[1]["status"] == "awaited"
    [event] = await intake.events(receipt["id"])
    assert code not in str(event)


async def test_a_code_works_once_and_the_same_said_again_gets_the_first_receipt(intake: Intake) -> None:
    agent = intake.staff("agent")
    [code] = await slips(intake, agent)
    said = {**COMPLAINT, "tracking_code": code}
    first = await intake.submit(said, agent)
    assert await intake.submit(said, agent | key()) == first
    for headers in (agent, agent | key()):
        assert await refusal(intake, {**said, "text": "Autre chose."}, headers) == ("/tracking_code", "used")
    assert await intake.submit(said, agent) == first
    assert await intake.count("feedback WHERE id = :id", id=first["id"]) == 1


async def test_of_two_who_use_a_code_at_once_one_has_it(intake: Intake) -> None:
    agent = intake.staff("agent")
    [code] = await slips(intake, agent)
    bodies = [{**COMPLAINT, "tracking_code": code, "text": f"{n}"} for n in range(8)]
    answers = await asyncio.gather(*(intake.http.post("/v1/feedback", json=body, headers=agent) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7


async def test_a_refused_submission_leaves_the_code_free(intake: Intake) -> None:
    agent = intake.staff("agent")
    [code] = await slips(intake, agent)
    body = {**COMPLAINT, "tracking_code": code}
    refused = await intake.http.post("/v1/feedback", json={**body, "service": "ferries"}, headers=agent | key())
    assert refused.json()["type"] == "urn:ecoute:problem:unknown-code"
    assert (await intake.submit(body, agent))["tracking_code"] == code


async def test_a_slip_that_came_with_anothers_reference_is_still_good(intake: Intake) -> None:
    """What was said with it is kept nowhere: sent again with a reference of its own, it is."""
    scanner = await intake.key("slip-scanner", "feedback:write", "tracking-codes:write")
    first, second = await slips(intake, scanner, 2)
    await intake.submit({**COMPLAINT, "external_reference": "0001", "tracking_code": first}, scanner | key())
    said = {**COMPLAINT, "text": "Autre chose.", "tracking_code": second}
    once = key()
    for _ in range(2):
        assert (await intake.submit({**said, "external_reference": "0001"}, scanner | once))["kept"] is False
    receipt = await intake.submit({**said, "external_reference": "0002"}, scanner | key())
    assert (receipt["kept"], receipt["tracking_code"]) == (True, second)


async def test_a_code_that_is_mistyped_or_on_no_slip_is_refused_with_its_place(intake: Intake) -> None:
    agent = intake.staff("agent")
    [code] = await slips(intake, agent)
    known = (await intake.submit())["tracking_code"]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    for given, expected in ((wrong, "mistyped"), ("0", "mistyped"), (known, "unknown")):
        assert await refusal(intake, {**COMPLAINT, "tracking_code": given}, agent) == ("/tracking_code", expected)


@pytest.mark.parametrize("first", ["partner", "device"])
async def test_anothers_slip_is_on_no_slip_of_ones_own(intake: Intake, first: str) -> None:
    mine = await intake.key(f"slips-{first}", "feedback:write", "tracking-codes:write", kind=first)
    [code] = await slips(intake, mine)
    body = {**COMPLAINT, "tracking_code": code}
    others = [await intake.key("other-town"), await intake.key("other-kiosk", kind="device") | key(), {}]
    others += [intake.staff("agent")] if first == "partner" else []
    for headers in others:
        assert await refusal(intake, body, headers) == ("/tracking_code", "unknown")
    assert (await intake.submit(body, mine | key()))["tracking_code"] == code


async def test_slips_of_staff_work_at_every_door_of_the_house_and_at_no_partners(intake: Intake) -> None:
    codes = await slips(intake, intake.staff("supervisor"), 3)
    doors = ({}, intake.staff("agent"), await intake.key("lobby-kiosk", kind="device") | key())
    partner = await intake.key("not-the-house")
    for code, door in zip(codes, doors, strict=True):
        body = {**COMPLAINT, "tracking_code": code}
        assert await refusal(intake, body, partner) == ("/tracking_code", "unknown")
        assert (await intake.submit(body, door))["tracking_code"] == code


async def test_slips_are_made_by_who_stands_at_a_counter(intake: Intake) -> None:
    async def made(headers: dict[str, str], count: Any = 1) -> int:
        answer = await intake.http.post("/v1/tracking-codes", json={"count": count}, headers=headers)
        return answer.status_code

    assert await made({}) == 401
    for role in ("reviewer", "manager", "analyst", "importer", "auditor", "admin", "service"):
        assert await made(intake.staff(role)) == 403
    assert await made(await intake.key("writes-only")) == 403
    for count in (0, 501, "many", None):
        assert await made(intake.staff("agent"), count) == 422
    assert await made(intake.staff("agent"), 500) == 201


async def test_a_retry_gets_the_same_codes_which_lie_nowhere_in_clear(intake: Intake) -> None:
    once = intake.staff("agent") | key()
    codes = await slips(intake, once, 3)
    assert await slips(intake, once, 3) == codes
    other = await intake.http.post("/v1/tracking-codes", json={"count": 4}, headers=once)
    assert other.json()["type"] == "urn:ecoute:problem:idempotency-key-reused"
    for table in ("slip", "idempotency_key"):
        for code in codes:
            forms = {"code": f"%{code}%", "plain": f"%{code.replace('-', '')}%"}
            assert not await intake.count(f"{table} t WHERE t::text LIKE :code OR t::text LIKE :plain", **forms)
