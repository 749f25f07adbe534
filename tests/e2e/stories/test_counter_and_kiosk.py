"""A counter whose kiosk loses its line for an hour: slips beforehand, what was said afterwards, keys and limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.stories.people import (
    IN_FRENCH,
    Somebody,
    bearer,
    holder_of,
    named,
    new_key,
    refused,
    retry,
    somebody,
)
from tests.system import System, eventually, json_of

MARKS: dict[str, Any] = {
    "touchpoint": "kiosk-downtown",
    "ratings": [{"measure": "csat", "value": 2}, {"measure": "ease", "value": 4}],
}
KIOSK: dict[str, Any] = {
    "name": named("Borne du hall", "Hall kiosk"),
    "scopes": ["feedback:write", "tracking-codes:write"],
    "touchpoint": "kiosk-downtown",
}


@contextmanager
def kiosk(system: System, **otherwise: Any) -> Iterator[tuple[Somebody, str]]:
    """A new device that an admin has just set up, and its code."""
    code = f"hall-{uuid4().hex[:8]}"
    with somebody(system, system.staff("admin")) as admin:
        json_of(admin.intake.put(f"/v1/devices/{code}", json=KIOSK | otherwise), 201)
        key = new_key(admin, "devices", code)["key"]
    with somebody(system, bearer(key)) as device:
        yield device, code


def slips(holder: Somebody, count: int) -> list[str]:
    made: list[str] = json_of(holder.intake.post("/v1/tracking-codes", json={"count": count}, headers=retry()), 201)[
        "tracking_codes"
    ]
    return made


def an_hour_ago() -> str:
    return (datetime.now(UTC) - timedelta(hours=1)).isoformat()


def test_the_kiosk_is_offline_for_an_hour_and_sends_afterwards_what_was_said_on_slips(system: System) -> None:
    with kiosk(system) as (device, code):
        mine, others = slips(device, 2)
        with somebody(system, holder_of(mine.lower()) | IN_FRENCH) as ines:
            seen = ines.follows()
            assert (seen["status"], seen["reference"]) == ("awaited", None)
            assert "quelques jours" in seen["next_step"]["fr"]
            early = ines.intake.post("/v1/tracking/messages", json={"text": "Et alors ?"})
            refused(early, 404, "tracking-code-unknown")

            spoken_at = an_hour_ago()
            said = MARKS | {"tracking_code": mine, "submitted_at": spoken_at, "response_requested": True}
            no_key = refused(device.intake.post("/v1/feedback", json=said), 400, "idempotency-key-missing")
            assert no_key["title"].startswith("A device must send an Idempotency-Key")
            key = str(uuid4())
            receipt = device.says(said, key=key)
            assert receipt["tracking_code"] == mine
            assert datetime.fromisoformat(receipt["submitted_at"]) == datetime.fromisoformat(spoken_at)
            assert device.says(said, key=key) == receipt  # its line failed before the answer came
            assert device.says(said) == receipt  # it started anew, and has forgotten its key
            seen = ines.sees("assigned")
            assert seen["reference"] == receipt["reference"]

        other = device.intake.post("/v1/feedback", json=said | {"topic": "courtesy"}, headers=retry())
        [error] = refused(other, 422, "slip-not-usable", "/tracking_code")["errors"]
        assert error["code"] == "used"
        misread = device.intake.post("/v1/feedback", json=said | {"tracking_code": others[:-1]}, headers=retry())
        [error] = refused(misread, 422, "slip-not-usable", "/tracking_code")["errors"]
        assert error["code"] == "mistyped"
        in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        ahead = MARKS | {"tracking_code": others, "submitted_at": in_an_hour}
        refused(device.intake.post("/v1/feedback", json=ahead, headers=retry()), 422, "submitted-in-the-future")

        with somebody(system, system.staff("agent", "passports")) as team:
            found = json_of(team.intake.get("/v1/feedback", params={"reference": receipt["reference"]}))["items"][0]
            filled_in = {name: found[name] for name in ("channel", "service", "service_point", "phase", "source_code")}
            assert filled_in == {
                "channel": "counter",
                "service": "passports",
                "service_point": "office-downtown",
                "phase": "visit",
                "source_code": code,
            }


def test_marks_alone_are_counted_open_no_case_and_need_no_touchpoint_from_a_device_that_has_one(
    system: System,
) -> None:
    with kiosk(system) as (device, code), somebody(system, system.staff("manager")) as manager:

        def counted() -> int:
            asked = {"names": "csat", "where": "service_point:office-downtown"}
            figures = json_of(manager.analytics.get("/v1/kpis", params=asked))["figures"]
            return sum(one["n"] for one in figures)

        before = counted()
        receipt = device.says({"ratings": [{"measure": "csat", "value": 5}]})
        device.says({"ratings": [{"measure": "csat", "value": 4}], "submitted_at": an_hour_ago()})
        eventually(lambda: counted() == before + 2)
        with somebody(system, holder_of(receipt["tracking_code"])) as ines:
            assert ines.follows()["situation"] == "received"
        listed = json_of(manager.intake.get("/v1/feedback", params={"source_code": code}))["items"]
        assert [(one["touchpoint"], one["case"]) for one in listed] == [("kiosk-downtown", None)] * 2
        refused(device.intake.get("/v1/feedback"), 403, "forbidden")


def test_the_batch_of_an_hour_tells_of_each_visitor_alone_and_can_be_sent_twice(system: System) -> None:
    with kiosk(system) as (device, _):
        codes = slips(device, 2)
        visitors: list[dict[str, Any]] = [
            MARKS | {"tracking_code": codes[0], "submitted_at": an_hour_ago()},
            {"touchpoint": "kiosk-downtown", "ratings": [{"measure": "csat", "value": 9}]},
            MARKS | {"tracking_code": codes[1], "text": "Le guichet 3 était fermé."},
            MARKS | {"tracking_code": codes[0], "text": "Un autre, avec le même feuillet."},
        ]
        again = retry()
        first = json_of(device.intake.post("/v1/feedback/batch", json={"items": visitors}, headers=again | IN_FRENCH))
        assert [one["status"] for one in first["outcomes"]] == [201, 422, 201, 422]
        wrong = [one["problem"] for one in first["outcomes"] if one["problem"]]
        assert [one["type"].rpartition(":")[2] for one in wrong] == ["invalid-request", "slip-not-usable"]
        assert [one["errors"][0]["pointer"] for one in wrong] == ["/ratings/0", "/tracking_code"]
        assert wrong[1]["errors"][0]["detail"] == "Ce code a déjà servi à un autre retour."
        sent = device.intake.post("/v1/feedback/batch", json={"items": visitors}, headers=again | IN_FRENCH)
        assert [one["receipt"] for one in json_of(sent)["outcomes"]] == [one["receipt"] for one in first["outcomes"]]


def test_slips_of_the_counter_work_for_its_kiosk_but_nobody_elses_do(system: System) -> None:
    with (
        kiosk(system) as (ours, _),
        kiosk(system) as (theirs, _),
        kiosk(system, scopes=["feedback:write"]) as (mute, _),
        somebody(system, system.staff("agent", "passports")) as agent,
    ):
        [from_the_desk] = slips(agent, 1)
        assert ours.says(MARKS | {"tracking_code": from_the_desk})["tracking_code"] == from_the_desk
        [from_another] = slips(theirs, 1)
        strange = ours.intake.post("/v1/feedback", json=MARKS | {"tracking_code": from_another}, headers=retry())
        [error] = refused(strange, 422, "slip-not-usable", "/tracking_code")["errors"]
        assert error["code"] == "unknown"
        assert theirs.says(MARKS | {"tracking_code": from_another})["tracking_code"] == from_another
        refused(mute.intake.post("/v1/tracking-codes", json={"count": 1}, headers=retry()), 403, "forbidden")
        refused(agent.intake.post("/v1/tracking-codes", json={"count": 501}), 422, "invalid-request", "/count")


def test_the_agent_at_the_counter_writes_down_what_somebody_says_there(system: System) -> None:
    said = {
        "touchpoint": "kiosk-downtown",
        "channel": "counter",
        "kind": "complaint",
        "text": "J'ai attendu deux heures.",
        "ratings": [{"measure": "csat", "value": 1, "answered_by": "assisted"}],
        "interaction": {"reference": "B-117", "waiting_seconds": 7_200, "handling_seconds": 300},
        "person": {"name": "Inès Roy", "phone": "+1 514 555 0199", "accessible_format": "large-print"},
        "reply_by": "letter",
    }
    with somebody(system, system.staff("agent", "passports")) as agent:
        refused(agent.intake.post("/v1/feedback", json=said), 422, "reply-cannot-reach", "/person/address")
        receipt = agent.says(said | {"reply_by": "phone"})
        case = agent.case_of(receipt)
        agent.does(case, "reply", text="Un second guichet ouvre lundi.", outcome="upheld")
        eventually(lambda: "deliver_reply" in {one["task"] for one in agent.case_of(receipt)["tasks"]})
        brought = f"/v1/feedback/{receipt['id']}/deliveries"
        called = {"answer": 1, "by": "phone", "outcome": "undeliverable"}
        refused(agent.intake.post(brought, json=called), 422, "invalid-request", "")
        refused(agent.intake.post(brought, json=called | {"outcome": "delivered", "answer": 2}), 404, "reply-not-found")
        done = called | {"outcome": "delivered"}
        eventually(lambda: agent.intake.post(brought, json=done, headers=retry()).status_code == 200)
        eventually(lambda: not agent.case_of(receipt)["tasks"])


def test_a_key_is_replaced_while_the_kiosk_works_and_the_old_one_is_refused(system: System) -> None:
    with kiosk(system) as (device, code), somebody(system, system.staff("admin")) as admin:
        keys = f"/v1/devices/{code}/keys"
        [first] = json_of(admin.intake.get(keys))["items"]
        second = new_key(admin, "devices", code)
        refused(admin.intake.post(keys, json={}), 409, "two-live-keys")
        with somebody(system, bearer(second["key"])) as renewed:
            device.says(MARKS)
            renewed.says(MARKS)
            assert admin.intake.delete(f"{keys}/{first['id']}").status_code == 204
            stopped = eventually(lambda: _refusal(device.intake.get("/v1/services")))
            refused(stopped, 401, "unauthenticated")
            renewed.says(MARKS)
        refused(admin.intake.delete(f"{keys}/no-such-key"), 404, "key-not-found")
        with somebody(system, bearer(second["key"][:-4] + "AAAA")) as guessing:
            refused(guessing.intake.post("/v1/feedback", json=MARKS, headers=retry()), 401, "unauthenticated")


def _refusal(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.is_error else None


def test_a_kiosk_that_sends_too_much_is_told_when_to_come_back_and_loses_nothing(system: System) -> None:
    with kiosk(system, quota_per_minute=3) as (device, _):
        keys = [str(uuid4()) for _ in range(4)]
        answers = [device.intake.post("/v1/feedback", json=MARKS, headers=retry(key)) for key in keys]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert [answer.headers["RateLimit-Policy"] for answer in answers] == ['"device";q=3;w=60'] * 4
        refused(answers[3], 429, "too-many-requests")
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
