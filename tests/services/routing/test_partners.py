"""A partner's tool works at routing with the token that intake gave it, and nobody is asked about it."""

import time
from dataclasses import replace
from typing import Any

import pytest

from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokenSigner
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import FeedbackVerbatimRedacted
from tests.keys import PARTNER_TOKEN_KEY
from tests.services.routing.office import Routing, local, received, submitted
from tests.services.routing.test_working import FINAL

NOW = local("2026-03-10 09:00")
TOOL = Principal(
    "helpdesk", frozenset(), frozenset({"passports"}), "partner", frozenset({"cases:work", "cases:read"}), key_id="k"
)


def header(principal: Principal = TOOL, agent: str | None = "zoe", key: str = PARTNER_TOKEN_KEY) -> dict[str, str]:
    signed = PartnerTokenSigner(key).sign(
        principal, token_id="t", audience=["ecoute"], at=int(time.time()), seconds=900
    )
    return {"Authorization": f"Bearer {signed}"} | ({"Acting-Agent": agent} if agent else {})


async def test_an_agent_behind_a_tool_works_on_the_cases_of_the_partners_teams(routing: Routing) -> None:
    case = await routing.open(local("2026-03-10 09:00"), kind="complaint", service="passports")
    other = replace(TOOL, teams=frozenset({"letters"}))
    assert (await routing.http.get(f"/v1/cases/{case['id']}", headers=header())).status_code == 200
    assert (await routing.http.get(f"/v1/cases/{case['id']}", headers=header(other))).status_code == 404
    verb = f"/v1/cases/{case['id']}/acknowledge"
    assert (await routing.http.post(verb, json={}, headers=header(other))).status_code == 404
    assert (await routing.http.post(verb, json={}, headers=header())).status_code == 200
    assert (await routing.timeline(case))[-1]["by"] == "helpdesk/zoe"


async def test_a_tool_that_names_no_agent_is_told_so(routing: Routing) -> None:
    case = await routing.open(local("2026-03-10 09:00"), kind="complaint", service="passports")
    answer = await routing.http.post(f"/v1/cases/{case['id']}/acknowledge", json={}, headers=header(agent=None))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ecoute:problem:acting-agent-missing")


@pytest.mark.parametrize("scopes", [frozenset({"feedback:write"}), frozenset({"cases:read"})])
async def test_a_tool_without_the_scope_works_on_nothing(routing: Routing, scopes: frozenset[str]) -> None:
    case = await routing.open(local("2026-03-10 09:00"), kind="complaint", service="passports")
    answer = await routing.http.post(
        f"/v1/cases/{case['id']}/acknowledge", json={}, headers=header(replace(TOOL, scopes=scopes))
    )
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:ecoute:problem:forbidden")
    assert answer.json()["detail"] == "One of these scopes is needed: `cases:work` with `Acting-Agent`."


async def test_a_key_by_itself_and_a_strangers_token_are_refused(routing: Routing) -> None:
    stranger = header(key="E" * 43 + "=")
    key = {"Authorization": "Bearer eck_0123456789abcdef_x"}
    for one in (stranger, key):
        assert (await routing.http.get("/v1/cases", headers=one)).status_code == 401
    assert "POST /v1/oauth/token" in (await routing.http.get("/v1/cases", headers=key)).json()["detail"]


async def test_the_organisations_own_pages_may_call_from_a_browser_and_no_others(routing: Routing) -> None:
    for origin, allowed in (("https://www.town.example", True), ("https://evil.example", False)):
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = await routing.http.options("/v1/cases", headers=asked)
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed


async def test_a_partner_that_sent_it_sees_where_it_stands_and_no_words(routing: Routing) -> None:
    said = {"kind": "complaint", "service": "passports", "source": "partner", "source_code": "helpdesk"}
    feedback = submitted(NOW, has_text=True, **said)
    words = FeedbackVerbatimRedacted(text="Mes mots.", language="fr", language_confidence=1)
    await routing.hear(feedback, received(words, feedback.subject))
    case = await routing.see(case_id_of(feedback.subject))
    await routing.done(case, "note", note="Entre nous.")
    await routing.done(case, "reply", **FINAL)
    who = header(replace(TOOL, scopes=frozenset({"cases:read"}), teams=frozenset()), agent=None)
    seen = (await routing.http.get(f"/v1/cases/{case['id']}", headers=who)).json()
    assert (seen["state"], seen["verbatim"]) == ("answered", None)
    lines = (await routing.http.get(f"/v1/cases/{case['id']}/timeline", headers=who)).json()["items"]
    assert [line["verb"] for line in lines] == ["open", "assign", "note", "reply"]
    assert {line[name] for line in lines for name in ("note", "text", "late_entry_reason")} == {None}
    assert [line["by"] for line in lines] == ["rule", "rule", "staff", "staff"]
    theirs = (await routing.http.get(f"/v1/cases/{case['id']}", headers=header())).json()
    assert theirs["verbatim"] == "Mes mots."


@pytest.mark.parametrize(("source_code", "status"), [("helpdesk", 201), ("other", 404)])
async def test_a_partners_tool_opens_cases_of_what_that_partner_sent(
    routing: Routing, source_code: str, status: int
) -> None:
    feedback = submitted(NOW, kind="suggestion", source="partner", source_code=source_code)
    await routing.hear(feedback)
    body = {"feedback_id": str(feedback.subject)}
    assert (await routing.http.post("/v1/cases", json=body, headers=header())).status_code == status
    lines = await routing.rows(
        "SELECT by FROM timeline_entry WHERE verb = 'open' AND case_id = :id", id=case_id_of(feedback.subject)
    )
    assert [line.by for line in lines] == (["helpdesk/zoe"] if status == 201 else [])


async def test_who_of_staff_has_a_case_is_told_to_those_who_work_on_it_and_not_to_who_only_sent_it(
    routing: Routing,
) -> None:
    feedback = submitted(NOW, kind="complaint", service="passports", source="partner", source_code="helpdesk")
    await routing.hear(feedback)
    path = f"/v1/cases/{case_id_of(feedback.subject)}"
    case = await routing.see(case_id_of(feedback.subject))
    await routing.done(case, "assign", team="passports", member="agent-7")
    sender = header(replace(TOOL, scopes=frozenset({"cases:read"}), teams=frozenset()), agent=None)

    async def told(who: dict[str, str]) -> tuple[Any, ...]:
        mine = (await routing.http.get("/v1/cases", params={"feedback_id": case["feedback_id"]}, headers=who)).json()
        found = (await routing.http.get("/v1/cases", params={"member": "agent-7"}, headers=who)).json()
        lines = (await routing.http.get(f"{path}/timeline", headers=who)).json()["items"]
        return (
            [one["member"] for one in mine["items"]],
            (await routing.http.get(path, headers=who)).json()["member"],
            lines[-1]["details"],
            case["id"] in [one["id"] for one in found["items"]],
            found["counts"]["by_state"].get("assigned", 0),
        )

    assert await told(sender) == ([None], None, {"team": "passports"}, False, 0)
    works = (["agent-7"], "agent-7", {"team": "passports", "member": "agent-7"}, True, 1)
    assert await told(header()) == works
    assert await told(routing.staff("agent", teams=["passports"])) == works
