"""Once more is known of what a case is about, the rules look at it again: as long as nobody has taken it."""

from copy import deepcopy
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from libs.contracts.cases import CaseAssigned, CasePromised, RuleDecided, case_id_of
from libs.contracts.feedback import FeedbackReclassified, FeedbackVerbatimRedacted
from services.routing.cases.hiding import look_through
from services.routing.cases.terms import USUAL
from tests.services.routing.office import ORGANISATION, Routing, clock, local, received, submitted
from tests.services.routing.test_deciding import OFFICE
from tests.services.routing.test_working import FINAL

NOW = local("2026-03-10 10:00")
KINDS_ALONE = ORGANISATION
"""Each of its standards is for a kind."""


@pytest.fixture(autouse=True)
async def _office(routing: Routing) -> None:
    routing.at(NOW)
    await routing.publish(OFFICE, NOW)


async def opened(routing: Routing, **said: Any) -> UUID:
    feedback = submitted(NOW, **{"kind": "complaint", "has_text": True, **said})
    await routing.hear(feedback)
    return feedback.subject


async def learned(routing: Routing, feedback_id: UUID, version: int = 2, **now: Any) -> list[Any]:
    """What is told after a reclassification to what it now is."""
    before = await routing.told(case_id_of(feedback_id))
    await routing.hear(received(FeedbackReclassified(**{"kind": "complaint", **now}), feedback_id, version))
    return [event for _, _, event in (await routing.told(case_id_of(feedback_id)))[len(before) :]]


async def spoke(routing: Routing, feedback_id: UUID, language: str) -> list[Any]:
    """What is told once the language of the words is found."""
    before = await routing.told(case_id_of(feedback_id))
    found = FeedbackVerbatimRedacted(text="words", language=language, language_confidence=0.9)
    await routing.hear(received(found, feedback_id, 2))
    return [event for _, _, event in (await routing.told(case_id_of(feedback_id)))[len(before) :]]


async def test_a_case_that_nobody_has_taken_goes_where_the_rules_now_say_with_its_promises(routing: Routing) -> None:
    feedback_id = await opened(routing)
    before = await routing.see(case_id_of(feedback_id))
    decided, assigned = await learned(routing, feedback_id, service="passports")
    assert isinstance(decided, RuleDecided)
    assert isinstance(assigned, CaseAssigned)
    assert (decided.rule, decided.chosen_team) == (2, "passports")
    assert (assigned.assigned_by, assigned.team, assigned.state) == ("rule", "passports", "assigned")
    after = await routing.see(case_id_of(feedback_id))
    assert after["clocks"] == before["clocks"]
    assert await learned(routing, feedback_id, 3, service="passports") == []
    assert [type(one) for one in await learned(routing, feedback_id, 4, service="appeals")] == [
        RuleDecided,
        CaseAssigned,
    ]


async def test_a_case_that_a_human_has_taken_stays_with_the_team(routing: Routing) -> None:
    feedback_id = await opened(routing, service="passports")
    case = await routing.see(case_id_of(feedback_id))
    who = routing.staff("agent", teams=["passports"])
    assert (await routing.do(case, "acknowledge", who)).status_code == 200
    assert await learned(routing, feedback_id, service="appeals") == []
    assert (await routing.see(case["id"]))["team"]["code"] == "passports"


async def test_the_language_of_the_words_decides_where_rules_look_at_it(routing: Routing) -> None:
    feedback_id = await opened(routing, service="passports")
    assert (await routing.see(case_id_of(feedback_id)))["team"]["code"] == "passports"
    decided, assigned = await spoke(routing, feedback_id, "en")
    assert (decided.rule, assigned.team, assigned.language) == (1, "north", "en")
    case = await routing.see(case_id_of(feedback_id))
    assert (case["team"]["code"], case["verbatim"], case["language"]) == ("north", "words", "en")
    assert await spoke(routing, await opened(routing, service="passports", language="en"), "en") == []
    assert await spoke(routing, await opened(routing, service="passports"), "fr") == []


async def test_what_was_brought_in_from_before_keeps_its_moments_free_for_what_was_done_then(routing: Routing) -> None:
    long_ago = local("2019-05-06 10:00")
    feedback = submitted(long_ago, kind="complaint", service="passports", historical=True, recorded_at=NOW)
    await routing.hear(feedback)
    _, assigned = await spoke(routing, feedback.subject, "en")
    assert assigned.effective_at == long_ago


async def test_a_team_that_is_complained_about_now_loses_sight_of_it_whoever_has_taken_it(routing: Routing) -> None:
    feedback_id = await opened(routing, concerns_staff=True)
    case = await routing.see(case_id_of(feedback_id))
    assert case["team"]["code"] == "office-a"
    who = routing.staff("agent", teams=["office-a"])
    assert (await routing.do(case, "acknowledge", who)).status_code == 200
    [decided] = await learned(routing, feedback_id, service="passports")
    assert (set(decided.hidden_from), decided.team) == ({"first-line", "passports"}, "office-a")
    decided, assigned = await learned(routing, feedback_id, 3, service="appeals")
    assert set(assigned.hidden_from) == {"first-line", "passports", "office-a"}
    assert assigned.team == "office-b"
    path = f"/v1/cases/{case['id']}"
    assert (await routing.http.get(path, headers=who)).status_code == 404
    assert (await routing.http.get(path, headers=routing.staff("agent", teams=["office-b"]))).status_code == 200


async def test_a_closed_case_is_hidden_from_whom_it_complains_about_but_not_from_who_can_reopen_it(
    routing: Routing,
) -> None:
    feedback_id = await opened(routing, concerns_staff=True)
    case = await routing.see(case_id_of(feedback_id))
    office = routing.staff("agent", teams=[case["team"]["code"]])
    for verb, body in (("acknowledge", {}), ("decline", {"text": "Déjà répondu.", "reason": "answered-before"})):
        assert (await routing.do(case, verb, office, **body)).status_code == 200
    [decided] = await learned(routing, feedback_id, service="passports")
    assert (set(decided.hidden_from), decided.state) == ({"first-line", "passports"}, "closed")
    assert await learned(routing, feedback_id, 3, service="appeals") == []
    assert (await routing.see(case["id"]))["team"] == case["team"]
    assert (await routing.do(case, "reopen", office, reason="Elle a rappelé.")).status_code == 200


async def test_whoever_runs_by_now_what_it_complains_about_does_not_see_it_either_but_who_works_on_it_goes_on(
    routing: Routing,
) -> None:
    """Teams are published under other codes, and are given services: each change is looked at once."""
    about_passports = await routing.see(case_id_of(await opened(routing, service="passports", concerns_staff=True)))
    about_appeals = await routing.see(case_id_of(await opened(routing, service="appeals", disclosure="confidential")))
    of_nobody = await routing.see(case_id_of(await opened(routing, service="passports")))
    assert (about_passports["team"]["code"], about_appeals["team"]["code"]) == ("office-a", "office-b")
    document = deepcopy(OFFICE)
    document["teams"][1] |= {"code": "identity"}
    document["teams"][4] |= {"services": ["appeals"]}
    for rule in document["rules"]:
        rule["team"] = {"passports": "identity"}.get(rule["team"], rule["team"])
    await routing.publish(document, NOW)
    assert await look_through(routing.database, lambda: NOW, USUAL)
    before = (about_passports, about_appeals, of_nobody)
    after = [await routing.see(one["id"]) for one in before]
    assert [set(one["hidden_from"]) for one in after] == [{"passports", "identity"}, {"office-a"}, set()]
    assert [one["team"]["code"] for one in after] == ["office-a", "office-b", "identity"]
    moved = await routing.do(about_passports, "transfer", routing.staff("agent", teams=["office-a"]), team="identity")
    assert moved.status_code == 422
    told = await routing.told(about_passports["id"])
    assert isinstance(told[-1][2], RuleDecided)
    assert not await look_through(routing.database, lambda: NOW, USUAL)
    await routing.publish(OFFICE, NOW)
    assert await look_through(routing.database, lambda: NOW, USUAL)
    assert len(await routing.told(about_passports["id"])) == len(told)


async def test_a_link_to_a_case_that_a_team_must_not_see_tells_it_nothing(routing: Routing) -> None:
    about_staff = await routing.see(case_id_of(await opened(routing, service="passports", concerns_staff=True)))
    other = await routing.see(case_id_of(await opened(routing, service="appeals")))
    office = routing.staff("supervisor", teams=[about_staff["team"]["code"], other["team"]["code"]])
    assert (await routing.do(other, "link", office, case_id=about_staff["id"])).status_code == 200
    assert (await routing.do(other, "transfer", office, team="passports")).status_code == 200
    for who, seen in (
        (routing.staff("agent", teams=["passports"]), []),
        (routing.staff("auditor"), [about_staff["id"]]),
    ):
        path = f"/v1/cases/{other['id']}"
        assert (await routing.http.get(path, headers=who)).json()["linked"] == seen
        lines = (await routing.http.get(f"{path}/timeline", headers=who)).json()["items"]
        link = next(line for line in lines if line["verb"] == "link")
        assert list(link["details"].values()) == seen


async def test_an_urgent_case_is_told_to_the_team_that_gets_it_in_the_end_too(routing: Routing) -> None:
    feedback_id = await opened(routing, urgent="safety")
    await learned(routing, feedback_id, service="passports")
    alerts = await routing.rows("SELECT team FROM alert WHERE case_id = :id ORDER BY team", id=case_id_of(feedback_id))
    assert [row.team for row in alerts] == ["first-line", "passports"]


async def test_an_urgent_case_is_told_to_the_team_that_staff_give_it_to(routing: Routing) -> None:
    """Also by actions on many at once."""
    one, many = [await routing.see(case_id_of(await opened(routing, urgent="self_harm"))) for _ in range(2)]
    await routing.done(one, "assign", team="passports")
    action = {"case_id": many["id"], "verb": "assign", "body": {"team": "passports"}}
    agent = routing.staff("agent", teams=["first-line"])
    await routing.http.post("/v1/cases/actions", json={"actions": [action]}, headers=agent)
    for case in (one, many):
        alerts = await routing.rows("SELECT team FROM alert WHERE case_id = :id ORDER BY team", id=case["id"])
        assert [row.team for row in alerts] == ["first-line", "passports"]


@pytest.mark.parametrize(("service", "state"), [("passports", "assigned"), (None, "new")])
async def test_words_that_were_sorted_as_a_complaint_have_the_promises_of_one(
    routing: Routing, service: str | None, state: str
) -> None:
    await routing.publish(KINDS_ALONE, NOW)
    feedback_id = await opened(routing, kind=None)
    before = await routing.see(case_id_of(feedback_id))
    assert (before["state"], before["clocks"]) == ("new", [])
    told = await learned(routing, feedback_id, service=service)
    after = await routing.see(case_id_of(feedback_id))
    straight = await routing.open(NOW, kind="complaint", service=service)
    assert (after["state"], after["clocks"]) == (state, straight["clocks"])
    assert after["next_due_at"] == straight["next_due_at"] is not None
    assert {type(one): len(one.clocks) for one in told if isinstance(one, CaseAssigned | CasePromised)} == {
        (CaseAssigned if service else CasePromised): 2
    }
    assert await learned(routing, feedback_id, 3, service=service) == []


async def test_what_a_human_has_taken_gets_its_promises_where_it_is(routing: Routing) -> None:
    await routing.publish(KINDS_ALONE, NOW)
    feedback_id = await opened(routing, kind=None)
    case = await routing.done(await routing.see(case_id_of(feedback_id)), "assign", team="passports")
    [promised] = await learned(routing, feedback_id)
    assert isinstance(promised, CasePromised)
    assert (promised.team, promised.state) == ("passports", "assigned")
    assert [(one.clock, one.due_at) for one in promised.clocks] == [
        (one["clock"], datetime.fromisoformat(one["due_at"])) for one in (await routing.see(case["id"]))["clocks"]
    ]


async def test_what_is_promised_late_moves_by_what_it_has_waited_and_is_not_what_was_done(routing: Routing) -> None:
    await routing.publish(KINDS_ALONE, NOW)
    feedback_id = await opened(routing, kind=None)
    case = await routing.done(await routing.see(case_id_of(feedback_id)), "assign", team="passports")
    case = await routing.done(case, "acknowledge")
    until = local("2026-03-20 10:00").isoformat()
    case = await routing.done(case, "suspend", **{"for": "third_party", "reason": "lab", "until": until})
    routing.at(local("2026-03-17 10:00"))
    await routing.done(case, "resume")
    await learned(routing, feedback_id)
    straight = await routing.open(NOW, kind="complaint")
    [reply] = (await routing.see(case["id"]))["clocks"]
    assert (reply["clock"], reply["suspended_seconds"]) == ("reply", 5 * 7 * 3600)
    assert reply["due_at"] > clock(straight, "reply")["due_at"]


@pytest.mark.parametrize("after", ["reply", "close", "reopen"])
async def test_what_was_answered_is_promised_nothing(routing: Routing, after: str) -> None:
    await routing.publish(KINDS_ALONE, NOW)
    feedback_id = await opened(routing, kind=None)
    case = await routing.done(await routing.see(case_id_of(feedback_id)), "assign", team="passports")
    for verb, body in (("reply", FINAL), ("close", {}), ("reopen", {"reason": "Encore."})):
        await routing.done(case, verb, **body)
        if verb == after:
            break
    await learned(routing, feedback_id)
    assert (await routing.see(case["id"]))["clocks"] == []


async def test_what_is_from_before_alerts_nobody(routing: Routing) -> None:
    long_ago = local("2019-05-06 10:00")
    feedback_id = await opened(routing, urgent="safety", historical=True, submitted_at=long_ago)
    await learned(routing, feedback_id, service="passports")
    assert await routing.rows("SELECT team FROM alert WHERE case_id = :id", id=case_id_of(feedback_id)) == []
