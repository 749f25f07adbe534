"""Many actions at once: an outcome each, as if each had been sent by itself."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.contracts.cases import case_id_of
from tests.services.routing.office import ORGANISATION, Routing, local, submitted
from tests.services.routing.test_working import FINAL, in_state, problem

SPOKE = local("2026-03-09 11:00")
NOW = local("2026-03-10 10:00")
TEAMS = [team["code"] for team in ORGANISATION["teams"]]


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


def act(case: dict[str, Any], verb: str, **fields: Any) -> dict[str, Any]:
    return {"case_id": case["id"], "verb": verb, **fields}


async def send(routing: Routing, *actions: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    who = headers or routing.staff("supervisor", teams=TEAMS)
    return await routing.http.post("/v1/cases/actions", json={"actions": list(actions)}, headers=who)


async def outcomes(routing: Routing, *actions: dict[str, Any], **given: Any) -> list[tuple[int, str]]:
    answer = await send(routing, *actions, **given)
    assert answer.status_code == 200, answer.text
    return [
        (one["status"], one["case"]["state"] if one["case"] else one["problem"]["type"].rpartition(":")[2])
        for one in answer.json()["outcomes"]
    ]


async def test_each_has_the_outcome_that_it_would_have_had_by_itself_in_order(routing: Routing) -> None:
    one, two = await in_state(routing, "new"), await in_state(routing, "answered")
    nobody = {"id": str(uuid4())}
    assert await outcomes(
        routing,
        act(one, "acknowledge"),
        act(one, "assign", body={"team": "letters"}),
        act(one, "acknowledge", effective_at=local("2026-03-10 09:00").isoformat()),
        act(one, "acknowledge"),
        act(two, "close"),
        act(two, "close"),
        act(nobody, "close"),
        act(one, "reply", body={"text": "Voilà."}),
        act(one, "reply", body=FINAL, note="Fait."),
        act(one, "assign", body={"team": "nobody"}),
    ) == [
        (409, "verb-not-possible"),
        (200, "assigned"),
        (422, "effective-before-previous"),
        (200, "acknowledged"),
        (200, "closed"),
        (409, "verb-not-possible"),
        (404, "case-not-found"),
        (422, "invalid-request"),
        (200, "answered"),
        (409, "verb-not-possible"),
    ]
    lines = await routing.timeline(one)
    assert [line["verb"] for line in lines] == ["open", "assign", "acknowledge", "reply"]
    assert lines[-1]["note"] == "Fait."
    assert len(await routing.events(one)) == 4


async def test_an_outcome_has_the_date_as_the_verb_leaves_it(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    extend = act(case, "extend", body={"clock": "reply", "business_days": 5, "text": "Encore.", "recourse": "Écrivez."})
    told = (await send(routing, extend)).json()["outcomes"][0]["case"]
    assert told["next_due_at"] == (await routing.see(case["id"]))["next_due_at"] != case["next_due_at"]


async def test_a_refusal_says_where_the_body_is_wrong(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    answer = await send(routing, act(case, "reply", body={"text": "\x00", "colour": "red"}))
    problem_of = answer.json()["outcomes"][0]["problem"]
    assert {one["pointer"] for one in problem_of["errors"]} == {"/body/text", "/body/colour"}


@pytest.mark.parametrize(
    "beside",
    [
        {"note": ""},
        {"note": "\x00"},
        {"note": 7},
        {"effective_at": "yesterday"},
        {"effective_at": "2026-03-10T10:00:00"},
        {"late_entry_reason": "x" * 1_001},
    ],
    ids=str,
)
async def test_what_is_wrong_beside_the_body_of_one_stops_no_other(routing: Routing, beside: dict[str, Any]) -> None:
    case = await in_state(routing, "assigned")
    answer = await send(routing, act(case, "acknowledge", **beside), act(case, "acknowledge"))
    refused, done = answer.json()["outcomes"]
    assert [one["pointer"] for one in refused["problem"]["errors"]] == [f"/{name}" for name in beside]
    assert (refused["status"], done["status"]) == (422, 200)


async def test_half_a_character_in_one_is_told_in_its_outcome_with_a_key_too(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    who = routing.staff("supervisor", teams=TEAMS) | headers
    acts = json.dumps({"actions": [act(case, "note", body={"note": "\ud800"}), act(case, "acknowledge")]})
    first, again = [await routing.http.post("/v1/cases/actions", content=acts, headers=who) for _ in range(2)]
    assert [one["status"] for one in first.json()["outcomes"]] == [422, 200]
    assert again.json() == first.json()


async def test_a_case_that_changed_since_it_was_seen_is_left_alone(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    acts = [
        act(case, "note", body={"note": "a"}, version=version) for version in (case["version"] - 1, case["version"])
    ]
    assert await outcomes(routing, *acts) == [(412, "precondition-failed"), (200, "assigned")]


async def test_who_gives_a_case_away_can_do_nothing_more_with_it(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    mine = routing.staff("agent", teams=["letters"])
    acts = [act(case, "transfer", body={"team": "passports"}), act(case, "acknowledge")]
    assert await outcomes(routing, *acts, headers=mine) == [(200, "assigned"), (404, "case-not-found")]


async def test_cases_of_others_do_not_exist(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    stranger = routing.staff("supervisor", teams=["access"])
    assert await outcomes(routing, act(case, "acknowledge"), headers=stranger) == [(404, "case-not-found")]


async def test_sent_again_with_its_key_it_is_carried_out_once(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    who = routing.staff("supervisor", teams=TEAMS) | {"Idempotency-Key": str(uuid4())}
    acts = [act(case, "ask", body={"text": "?", "otherwise": ".", "until": "2026-03-20T10:00:00Z"})]
    first, again = await send(routing, *acts, headers=who), await send(routing, *acts, headers=who)
    assert first.json() == again.json()
    assert first.json()["outcomes"][0]["case"]["waiting"] == {"for": "person", "until": "2026-03-20T10:00:00Z"}
    other = await send(routing, act(case, "resume"), headers=who)
    assert problem(other) == (422, "idempotency-key-reused")


@pytest.mark.parametrize("count", [0, 501])
async def test_a_batch_has_one_to_five_hundred(routing: Routing, count: int) -> None:
    answer = await send(routing, *[act({"id": str(uuid4())}, "close")] * count)
    assert problem(answer) == (422, "invalid-request")


async def test_five_hundred_are_quick(routing: Routing) -> None:
    feedbacks = [submitted(SPOKE, kind="complaint", service="passports") for _ in range(500)]
    await routing.hear(*feedbacks)
    acts = [act({"id": str(case_id_of(one.subject))}, "reply", body=FINAL) for one in feedbacks]
    started = time.process_time()
    results = await outcomes(routing, *acts)
    assert results == [(200, "answered")] * 500
    assert time.process_time() - started < 3, "seconds of this process; a quarter of it where nothing else runs"
