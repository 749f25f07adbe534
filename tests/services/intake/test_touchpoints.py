"""A touchpoint fills in what a kiosk, a page or a partner leaves out."""

from typing import Any
from uuid import uuid4

import pytest

from tests.services.intake.house import COMPLAINT, Intake

MARK = {"ratings": [{"measure": "csat", "value": 4}]}
FILLED_IN = ("touchpoint", "channel", "service", "service_point", "phase")


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def filled_in(intake: Intake, body: dict[str, Any], headers: dict[str, str] | None = None) -> tuple[Any, ...]:
    receipt = await intake.submit(body, headers)
    [event] = await intake.events(receipt["id"])
    [row] = await intake.rows(f"SELECT {', '.join(FILLED_IN)} FROM feedback WHERE id = :id", id=receipt["id"])  # noqa: S608
    told = tuple(event["data"].get(name) for name in FILLED_IN)
    assert told == tuple(row)
    return told


async def test_a_kiosk_sends_a_mark_and_where_it_stands_and_no_more(intake: Intake) -> None:
    assert await filled_in(intake, {"touchpoint": "kiosk-downtown", **MARK}) == (
        "kiosk-downtown",
        "counter",
        "passports",
        "office-downtown",
        "visit",
    )


async def test_what_is_said_stands_and_only_what_is_missing_is_filled_in(intake: Intake) -> None:
    body = {"touchpoint": "kiosk-downtown", "channel": "phone", "service": "pensions", **MARK}
    assert await filled_in(intake, body) == ("kiosk-downtown", "phone", "pensions", "office-downtown", "visit")
    assert await filled_in(intake, {"touchpoint": "passport-form", **MARK}) == (
        "passport-form",
        "web",
        "passports",
        None,
        "apply",
    )


async def test_without_a_touchpoint_the_channel_is_needed(intake: Intake) -> None:
    answer = await intake.http.post("/v1/feedback", json=MARK)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:invalid-request")
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/channel", "missing")


async def test_a_touchpoint_that_is_not_in_the_catalogue_is_refused(intake: Intake) -> None:
    for body in ({"touchpoint": "kiosk-moon", **MARK}, {**COMPLAINT, "touchpoint": "kiosk-moon"}):
        answer = await intake.http.post("/v1/feedback", json=body)
        assert answer.json()["type"] == "urn:ecoute:problem:unknown-code"
        assert [one["pointer"] for one in answer.json()["errors"]] == ["/touchpoint"]


async def test_a_device_and_a_partner_send_from_their_own_touchpoint_unless_they_say_otherwise(intake: Intake) -> None:
    kiosk = await intake.key("kiosk-9", kind="device", touchpoint="kiosk-downtown")
    assert (await filled_in(intake, MARK, kiosk | key()))[:2] == ("kiosk-downtown", "counter")
    said = {"touchpoint": "passport-form", **MARK}
    assert (await filled_in(intake, said, kiosk | key()))[:2] == ("passport-form", "web")
    partner = await intake.key("forms", touchpoint="passport-form")
    assert (await filled_in(intake, MARK, partner))[:2] == ("passport-form", "web")


async def test_a_retry_is_answered_though_the_touchpoint_was_retired_since(intake: Intake) -> None:
    admin, entry = intake.staff("admin"), {"name": {"fr": "Entrée", "en": "Entrance"}, "channel": "counter"}
    made = await intake.http.put("/v1/touchpoints/entrance", json=entry, headers=admin)
    once, body = key(), {"touchpoint": "entrance", **MARK}
    first = await intake.submit(body, once)
    await intake.http.delete("/v1/touchpoints/entrance", headers=admin | {"If-Match": made.headers["etag"]})
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    assert await intake.submit(body, once) == first
    answer = await intake.http.post("/v1/feedback", json=body, headers=key())
    assert answer.json()["type"] == "urn:ecoute:problem:unknown-code"


@pytest.mark.parametrize("kind", ["device", "partner"])
async def test_who_sends_from_a_touchpoint_that_is_no_more_is_told_so(intake: Intake, kind: str) -> None:
    admin, code, body = intake.staff("admin"), f"hall-{kind}", {"name": {"fr": "Hall", "en": "Hall"}}
    made = await intake.http.put(f"/v1/touchpoints/{code}", json={**body, "channel": "counter"}, headers=admin)
    who = await intake.key(f"sender-{kind}", kind=kind, touchpoint=code)
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    once = key()
    first = await intake.submit(MARK, who | once)
    tag = {"If-Match": made.headers["etag"]}
    assert (await intake.http.delete(f"/v1/touchpoints/{code}", headers=admin | tag)).status_code == 200
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    alone = await intake.http.post("/v1/feedback", json=MARK, headers=who | key())
    batch = await intake.http.post("/v1/feedback/batch", json={"items": [MARK]}, headers=who | key())
    for problem in (alone.json(), batch.json()["outcomes"][0]["problem"]):
        assert (problem["status"], problem["type"]) == (422, "urn:ecoute:problem:unknown-code")
        assert [one["pointer"] for one in problem["errors"]] == ["/touchpoint"]
    assert await intake.submit(MARK, who | once) == first
    await intake.submit({**MARK, "channel": "counter"}, who | key())


async def test_a_service_of_others_is_refused_and_says_where_to_turn(intake: Intake) -> None:
    where = {"fr": "Adressez-vous à la ville.", "en": "Turn to the city."}
    entry = {"name": {"fr": "Stationnement", "en": "Parking"}, "out_of_scope": True, "where_to_turn": where}
    made = await intake.http.put("/v1/services/parking", json=entry, headers=intake.staff("admin"))
    assert made.status_code in (200, 201), made.text
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    body = {**COMPLAINT, "service": "parking"}
    alone = await intake.http.post("/v1/feedback", json=body, headers={"Accept-Language": "fr"})
    assert (alone.status_code, alone.json()["type"]) == (422, "urn:ecoute:problem:service-out-of-scope")
    assert alone.json()["where_to_turn"] == where
    assert alone.json()["detail"] == where["fr"]
    assert [one["pointer"] for one in alone.json()["errors"]] == ["/service"]
    headers = intake.staff("agent")
    batch = await intake.http.post("/v1/feedback/batch", json={"items": [body]}, headers=headers)
    assert batch.json()["outcomes"][0]["problem"]["where_to_turn"] == where
