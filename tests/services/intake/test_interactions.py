"""Counts of calls, visits and page views come in batches, and replace what the same source counted before."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.services.intake.house import Intake

CALLS = {"on": "2026-03-02", "interaction": "call", "channel": "phone", "service": "passports", "count": 120}


async def report(intake: Intake, headers: dict[str, str], *items: Any, **more: str) -> httpx.Response:
    given = {"Content-Type": "application/json", **headers, **more}
    return await intake.http.post("/v1/interactions/batch", content=json.dumps({"items": items}), headers=given)


async def outcomes(intake: Intake, headers: dict[str, str], *items: Any) -> list[dict[str, Any]]:
    answer = await report(intake, headers, *items)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["outcomes"]
    return found


async def test_a_count_is_kept_and_told_and_another_takes_its_place(intake: Intake) -> None:
    manager = intake.staff("manager")
    [first] = await outcomes(intake, manager, CALLS | {"waiting_seconds": 3600, "waited": 100})
    assert (first["index"], first["status"], first["version"]) == (0, 201, 1)
    [same] = await outcomes(intake, manager, CALLS | {"waiting_seconds": 3600, "waited": 100})
    assert (same["id"], same["version"]) == (first["id"], 1)
    [other] = await outcomes(intake, manager, CALLS | {"count": 130})
    assert (other["status"], other["id"], other["version"]) == (200, first["id"], 2)
    events = await intake.events(first["id"])
    assert [(one["type"], one["version"]) for one in events] == [
        ("ca.ecoute.interactions.reported.v1", 1),
        ("ca.ecoute.interactions.reported.v1", 2),
    ]
    assert [(one["data"]["count"], one["data"].get("waited")) for one in events] == [(120, 100), (130, None)]
    assert (events[0]["data"]["on"], events[0]["data"]["source"]) == ("2026-03-02", "staff")


async def test_whatever_differs_but_the_counts_is_another_count(intake: Intake) -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"on": "2026-03-03"},
        {"interaction": "visit"},
        {"channel": "counter"},
        {"service": None},
        {"service_point": "office-north"},
        {"topic": "courtesy"},
    ]
    found = await outcomes(intake, intake.staff("importer"), *(CALLS | {"on": "2026-04-01"} | one for one in changes))
    assert len({one["id"] for one in found}) == len(changes)


async def test_partners_and_devices_count_each_for_itself(intake: Intake) -> None:
    headers = [
        await intake.key("counts-a", "interactions:write"),
        await intake.key("counts-b", "interactions:write"),
        await intake.key("counts-gate", "interactions:write", kind="device"),
        intake.staff("admin"),
    ]
    day = CALLS | {"on": "2026-05-01"}
    found = [(await outcomes(intake, one, day))[0] for one in headers]
    assert len({one["id"] for one in found}) == 4
    assert {one["version"] for one in found} == {1}
    [of_b] = await intake.events(found[1]["id"])
    assert (of_b["data"]["source"], of_b["data"]["source_code"]) == ("partner", "counts-b")
    key = {"Idempotency-Key": str(uuid4())}
    answers = [await report(intake, one, day | {"count": place}, **key) for place, one in enumerate(headers)]
    assert [one.json()["outcomes"][0]["id"] for one in answers] == [one["id"] for one in found]


@pytest.mark.parametrize(
    ("item", "problem", "pointer"),
    [
        ({**CALLS, "count": -1}, "invalid-request", "/count"),
        ({**CALLS, "count": "many"}, "invalid-request", "/count"),
        ({**CALLS, "count": True}, "invalid-request", "/count"),
        ({**CALLS, "interaction": "seance"}, "invalid-request", "/interaction"),
        ({**CALLS, "person": "Zoé"}, "invalid-request", "/person"),
        ({**CALLS, "waited": 1}, "invalid-request", ""),
        ({**CALLS, "waited": 121, "waiting_seconds": 9}, "invalid-request", ""),
        ({**CALLS, "service": "nowhere", "topic": "passports"}, "unknown-code", "/service"),
        ({**CALLS, "on": "2999-01-01"}, "day-in-the-future", None),
        ({**CALLS, "on": "2026-02-30"}, "invalid-request", "/on"),
        ({}, "invalid-request", "/on"),
        ("nothing", "invalid-request", ""),
        (None, "invalid-request", ""),
        ({**CALLS, "topic": "\ud800"}, "invalid-request", "/topic"),
        ({**CALLS, "topic": "a\x00"}, "invalid-request", "/topic"),
    ],
)
async def test_what_is_wrong_with_one_item_is_told_and_harms_no_other(
    intake: Intake, item: Any, problem: str, pointer: str | None
) -> None:
    right = CALLS | {"on": "2026-06-01", "count": 7}
    answer = await report(intake, intake.staff("manager"), item, right, **{"Idempotency-Key": str(uuid4())})
    assert (answer.status_code, answer.json()["accepted"], answer.json()["refused"]) == (200, 1, 1)
    wrong, kept = answer.json()["outcomes"]
    assert (wrong["status"], wrong["problem"]["type"]) == (422, f"urn:ecoute:problem:{problem}")
    assert ((wrong["problem"].get("errors") or [{}])[0].get("pointer")) == pointer
    assert kept["version"] == 1
    assert "Zoé" not in answer.text


async def test_the_same_day_and_place_twice_in_a_batch_is_refused(intake: Intake) -> None:
    day = CALLS | {"on": "2026-07-01"}
    first, second = await outcomes(intake, intake.staff("manager"), day, day | {"count": 5})
    assert (first["status"], second["status"]) == (201, 422)
    assert second["problem"]["type"].endswith(":counted-twice")


async def test_what_is_retired_may_still_be_counted(intake: Intake) -> None:
    admin = intake.staff("admin")
    body = {"name": {"fr": "Ancien", "en": "Old"}}
    await intake.http.put("/v1/services/old", json=body, headers=admin)
    await intake.http.delete("/v1/services/old", headers={**admin, "If-Match": '"1"'})
    [kept] = await outcomes(intake, admin, CALLS | {"service": "old"})
    assert kept["status"] == 201


async def test_a_batch_is_of_one_to_a_thousand_and_its_retry_finds_the_first_answer(intake: Intake) -> None:
    manager = intake.staff("manager")
    many = [CALLS | {"on": "2026-08-01", "topic": "decision", "service_point": None, "count": n} for n in range(1001)]
    assert (await report(intake, manager, *many)).status_code == 422
    assert (await report(intake, manager)).status_code == 422
    year = [CALLS | {"on": f"{2000 + n // 12}-{n % 12 + 1:02}-01"} for n in range(300)]
    key = {"Idempotency-Key": str(uuid4())}
    first = await report(intake, manager, *year, **key)
    assert first.json()["accepted"] == 300
    corrected = await report(intake, manager, year[0] | {"count": 1})
    assert corrected.json()["outcomes"][0]["version"] == 2
    again = await report(intake, manager, *year, **key)
    assert again.json() == first.json(), "a late retry does not undo what was corrected since"
    other = await report(intake, manager, *year[1:], **key)
    assert other.json()["type"].endswith(":idempotency-key-reused")


@pytest.mark.parametrize("role", ["agent", "supervisor", "reviewer", "analyst", "auditor", "service"])
async def test_who_may_not_count_is_refused(intake: Intake, role: str) -> None:
    assert (await report(intake, intake.staff(role), CALLS)).status_code == 403


async def test_without_the_scope_or_a_token_nothing_is_counted(intake: Intake) -> None:
    assert (await report(intake, await intake.key("counts-nothing", "feedback:write"), CALLS)).status_code == 403
    assert (await report(intake, {}, CALLS)).status_code == 401
