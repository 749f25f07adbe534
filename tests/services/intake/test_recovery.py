"""Lost tracking codes."""

import io
from typing import Any
from uuid import uuid4

import pytest

from libs.contracts.cases import CaseOpened
from tests.services.intake.house import COMPLAINT, TEAM, Intake, told

NOW = "2026-11-23T12:00:00Z"
MINE = (TEAM["team"],)
LOST = {"reason": "lost"}


async def opened(intake: Intake, **fields: Any) -> dict[str, Any]:
    """The receipt of a complaint whose case a team has."""
    receipt = await intake.submit()
    await intake.hear(told(CaseOpened, receipt["id"], 1, state="new", submitted_at=NOW, **fields))
    return receipt


async def renew(
    intake: Intake, feedback_id: str, who: dict[str, str], body: dict[str, Any] = LOST
) -> tuple[int, dict[str, Any]]:
    answer = await intake.http.post(f"/v1/feedback/{feedback_id}/tracking-code", json=body, headers=who)
    return answer.status_code, answer.json()


async def opens(intake: Intake, code: str) -> bool:
    answer = await intake.http.get("/v1/tracking", headers={"Tracking-Code": code})
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


async def test_a_new_code_kills_the_old_one_at_once(intake: Intake) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE)
    status, first = await renew(intake, receipt["id"], agent)
    assert (status, first["reference"]) == (201, receipt["reference"])
    status, second = await renew(intake, receipt["id"], agent)
    assert status == 201
    codes = [receipt["tracking_code"], first["tracking_code"], second["tracking_code"]]
    assert [await opens(intake, code) for code in codes] == [False, False, True]
    said = {"solved": "yes"}
    answer = await intake.http.post("/v1/tracking/evaluation", json=said, headers={"Tracking-Code": codes[0]})
    assert answer.status_code == 404
    assert len(await intake.events(receipt["id"])) == 1


async def test_the_same_key_shows_the_same_code_and_makes_no_other(intake: Intake) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE) | {"Idempotency-Key": "new-code-1"}
    answers = [await renew(intake, receipt["id"], agent) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert await opens(intake, answers[0][1]["tracking_code"])
    status, problem = await renew(intake, receipt["id"], agent, {"reason": "other"})
    assert (status, problem["type"]) == (422, "urn:ecoute:problem:idempotency-key-reused")
    assert await intake.count("reading WHERE feedback_id = :id", id=receipt["id"]) == 1


async def test_who_sends_the_feedback_again_is_not_told_the_new_code(intake: Intake) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    receipt = await intake.submit(COMPLAINT, key)
    status, new = await renew(intake, receipt["id"], intake.staff("reviewer"), {"reason": "seen_by_others"})
    assert status == 201
    again = await intake.submit(COMPLAINT, key)
    assert again == receipt
    assert new["tracking_code"] != again["tracking_code"]


async def test_who_gave_out_a_code_and_why_is_kept_and_the_code_is_not(intake: Intake, logs: io.StringIO) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE, subject="ana") | {"Idempotency-Key": "new-code-2"}
    _, new = await renew(intake, receipt["id"], agent, {"reason": "seen_by_others"})
    path = f"/v1/feedback/{receipt['id']}/readings"
    [noted] = (await intake.http.get(path, headers=intake.staff("auditor"))).json()["items"]
    assert (noted["what"], noted["read_by"], noted["reason"]) == ("tracking_code", "ana", "seen_by_others")
    [kept] = await intake.rows("SELECT answer FROM idempotency_key WHERE key = 'new-code-2'")
    assert kept.answer == {"generation": 2}
    assert new["tracking_code"] not in logs.getvalue()


@pytest.mark.parametrize("body", [{}, {"reason": "Elle a déménagé."}, {"reason": None}], ids=str)
async def test_a_reason_is_one_of_a_few(intake: Intake, body: dict[str, Any]) -> None:
    assert (await renew(intake, (await opened(intake))["id"], intake.staff("reviewer"), body))[0] == 422


async def test_a_code_is_given_out_by_the_team_that_has_it_and_reviewers(intake: Intake) -> None:
    number = (await opened(intake))["id"]
    hidden = (await opened(intake, hidden_from=("pensions",)))["id"]
    partner = await intake.key("town", "feedback:write", "feedback:read")
    for who, of, status in (
        ({}, number, 401),
        (partner, number, 403),
        *((intake.staff(role, teams=MINE), number, 403) for role in ("manager", "auditor", "admin", "importer")),
        (intake.staff("agent", teams=("pensions",)), number, 404),
        (intake.staff("supervisor"), number, 404),
        (intake.staff("reviewer", teams=("pensions",)), hidden, 404),
        (intake.staff("agent", teams=("pensions", *MINE)), hidden, 404),
        (intake.staff("reviewer"), str(uuid4()), 404),
        (intake.staff("supervisor", teams=MINE), number, 201),
        (intake.staff("reviewer"), hidden, 201),
    ):
        assert (await renew(intake, of, who))[0] == status


async def test_a_team_that_no_longer_has_it_is_not_shown_the_code_again(intake: Intake) -> None:
    receipt = await opened(intake)
    agent = intake.staff("agent", teams=MINE) | {"Idempotency-Key": "new-code-3"}
    assert (await renew(intake, receipt["id"], agent))[0] == 201
    await intake.rows("UPDATE case_view SET team = 'ombuds' WHERE feedback_id = :id RETURNING 1", id=receipt["id"])
    assert (await renew(intake, receipt["id"], agent))[0] == 404
