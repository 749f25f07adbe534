"""A partner, a help desk with a tool of its own: keys and tokens, batches, pages, and what is not for it to see."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

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

COMPLAINT: dict[str, Any] = {
    "channel": "phone",
    "kind": "complaint",
    "service": "passports",
    "text": "Nobody called back.",
}


@contextmanager
def partner(system: System, *scopes: str, **otherwise: Any) -> Iterator[tuple[Somebody, str, str]]:
    """A new partner that an admin has just made: with its key at hand, its code, and the key."""
    code = f"desk-{uuid4().hex[:8]}"
    body = {"name": named("Centre d'aide", "Help desk"), "scopes": scopes, "teams": ["passports"]}
    with somebody(system, system.staff("admin")) as admin:
        json_of(admin.intake.put(f"/v1/partners/{code}", json=body | otherwise), 201)
        key = new_key(admin, "partners", code)["key"]
    with somebody(system, bearer(key)) as holder:
        yield holder, code, key


def token_of(system: System, code: str, key: str, **more: str) -> str:
    """What the key is exchanged for."""
    form = {"grant_type": "client_credentials", "client_id": code, "client_secret": key, **more}
    with somebody(system) as http:
        given: str = json_of(http.intake.post("/v1/oauth/token", data=form))["access_token"]
    return given


def test_an_admin_makes_the_partner_and_is_told_what_is_missing(system: System) -> None:
    code = f"desk-{uuid4().hex[:8]}"
    body = {"name": named("Centre d'aide", "Help desk"), "scopes": ["cases:work"]}
    with somebody(system, system.staff("admin") | IN_FRENCH) as admin:
        path = f"/v1/partners/{code}"
        teamless = refused(admin.intake.put(path, json=body), 422, "invalid-request", "")
        assert teamless["errors"][0]["detail"] == "Les dossiers de qui ? Nommez les équipes."
        refused(admin.intake.put(path, json=body | {"scopes": ["cases:all"]}), 422, "invalid-request", "/scopes/0")
        page = body | {"teams": ["passports"], "origins": ["https://help.example.org/form"]}
        refused(admin.intake.put(path, json=page), 422, "invalid-request", "/origins/0")
        made = admin.intake.put(path, json=body | {"teams": ["passports"]})
        json_of(made, 201)
        refused(admin.intake.put(path, json=page | {"origins": []}), 428, "precondition-required")
        newer = admin.intake.put(path, json=page | {"origins": []}, headers={"If-Match": made.headers["ETag"]})
        json_of(newer)
        stale = admin.intake.delete(path, headers={"If-Match": made.headers["ETag"]})
        refused(stale, 412, "precondition-failed")
    with somebody(system, system.staff("agent", "passports")) as agent:
        refused(agent.intake.get(path), 403, "forbidden")


def test_exchanges_its_key_for_a_token_as_any_oauth_client_does(system: System) -> None:
    with partner(system, "feedback:read", "cases:read") as (_, code, key), somebody(system) as http:

        def asks(headers: dict[str, str] | None = None, **form: str) -> Any:
            return http.intake.post("/v1/oauth/token", data=form, headers=headers)

        grant = {"grant_type": "client_credentials", "client_id": code}
        wrong = refused(asks(**grant, client_secret=key[:-4] + "AAAA"), 401, "client-refused")
        assert wrong["error"] == "invalid_client"
        refused(asks(**grant | {"client_id": "somebody-else"}, client_secret=key), 401, "client-refused")
        more = refused(asks(**grant, client_secret=key, scope="cases:read cases:work"), 400, "scope-refused")
        assert more["error"] == "invalid_scope"
        password = refused(asks(**grant | {"grant_type": "password"}, client_secret=key), 400, "grant-type-unsupported")
        assert password["error"] == "unsupported_grant_type"
        as_json = http.intake.post("/v1/oauth/token", json=grant | {"client_secret": key})
        refused(as_json, 400, "token-request-unreadable")

        basic = {"Authorization": "Basic " + base64.b64encode(f"{code}:{key}".encode()).decode()}
        given = json_of(asks(basic, grant_type="client_credentials", scope="cases:read"))
        assert (given["scope"], given["token_type"]) == ("cases:read", "Bearer")
        with somebody(system, bearer(given["access_token"])) as narrowed:
            assert json_of(narrowed.routing.get("/v1/cases"))["items"] == []
            refused(narrowed.intake.get("/v1/feedback"), 403, "forbidden")
        with somebody(system, bearer(key)) as keyed:
            refused(keyed.routing.get("/v1/cases"), 401, "unauthenticated")


def test_sends_a_batch_with_a_bad_row_corrects_it_and_finds_each_under_its_own_reference(system: System) -> None:
    with partner(system, "feedback:write", "feedback:read", "cases:read") as (holder, code, key):
        yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        rows = [
            COMPLAINT | {"external_reference": "T-1", "submitted_at": yesterday},
            COMPLAINT | {"external_reference": "T-2", "service": "pasports"},
            COMPLAINT | {"external_reference": "T-3", "historical": True},
            COMPLAINT | {"external_reference": "T-4"},
        ]
        sent = json_of(holder.intake.post("/v1/feedback/batch", json={"items": rows}, headers=retry() | IN_FRENCH))
        assert (sent["accepted"], sent["refused"]) == (2, 2)
        bad = {one["index"]: one["problem"] for one in sent["outcomes"] if one["problem"]}
        assert [(place, one["errors"][0]["pointer"]) for place, one in bad.items()] == [
            (1, "/service"),
            (2, "/historical"),
        ]
        assert bad[1]["title"] == "Un code n'est pas au catalogue, ou n'y est plus : voir « errors »."
        assert bad[2]["type"] == "urn:ecoute:problem:not-yours-to-set"

        rows[1]["service"], rows[2]["historical"] = "passports", False
        again = json_of(holder.intake.post("/v1/feedback/batch", json={"items": rows}, headers=retry()))
        assert again["accepted"] == 4
        assert [again["outcomes"][place]["receipt"] for place in (0, 3)] == [
            sent["outcomes"][place]["receipt"] for place in (0, 3)
        ]
        listed = json_of(holder.intake.get("/v1/feedback"))["items"]
        assert {one["external_reference"] for one in listed} == {"T-1", "T-2", "T-3", "T-4"}
        assert {(one["source"], one["source_code"]) for one in listed} == {("partner", code)}
        with somebody(system, bearer(token_of(system, code, key))) as tool:
            asked = {"external_reference": "T-2", "wait": 10}
            [case] = json_of(tool.routing.get("/v1/cases", params=asked))["items"]
            assert case["reference"] == again["outcomes"][1]["receipt"]["reference"]
            refused(tool.tries(case, "acknowledge"), 403, "forbidden")


def test_another_partners_feedback_does_not_exist(system: System) -> None:
    with (
        partner(system, "feedback:write", "feedback:read", "cases:read") as (ours, _, _),
        partner(system, "feedback:write", "feedback:read", "cases:read") as (theirs, code, key),
        somebody(system, bearer(token_of(system, code, key))) as tool,
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        receipt = ours.says(COMPLAINT | {"external_reference": "T-1"})
        case = team.case_of(receipt)
        refused(tool.routing.get(f"/v1/cases/{case['id']}"), 404, "case-not-found")
        refused(tool.routing.get(f"/v1/cases/{case['id']}/timeline"), 404, "case-not-found")
        assert json_of(tool.routing.get("/v1/cases"))["items"] == []
        assert json_of(theirs.intake.get("/v1/feedback", params={"reference": receipt["reference"]}))["items"] == []
        assert theirs.says(COMPLAINT | {"external_reference": "T-1"})["id"] != receipt["id"]


def test_an_agent_behind_the_tool_is_named_and_works_as_one_of_the_team(system: System) -> None:
    with (
        partner(system, "feedback:write", "cases:work") as (holder, code, key),
        somebody(system, bearer(token_of(system, code, key))) as tool,
    ):
        spot = COMPLAINT | {"resolved_on_the_spot": {"remedy": "called-back"}}
        nobody = holder.intake.post("/v1/feedback", json=spot, headers=retry())
        refused(nobody, 422, "not-yours-to-set", "/resolved_on_the_spot")
        receipt = holder.says(COMPLAINT)
        unnamed = tool.routing.get("/v1/cases", params={"feedback_id": receipt["id"]}, headers=IN_FRENCH)
        problem = refused(unnamed, 403, "acting-agent-missing")
        assert problem["title"].startswith("Dites par « Acting-Agent » quel agent fait ceci")
        refused(holder.intake.get(f"/v1/feedback/{receipt['id']}"), 403, "acting-agent-missing")
        strange = tool.routing.get("/v1/cases", headers={"Acting-Agent": "Zoe Roy"})
        refused(strange, 422, "invalid-request", "acting-agent")
    with (
        somebody(system, bearer(token_of(system, code, key)) | {"Acting-Agent": "zoe"}) as zoe,
        somebody(system, bearer(key) | {"Acting-Agent": "zoe"}) as at_intake,
    ):
        case = zoe.case_of(receipt)
        zoe.does(case, "acknowledge")
        zoe.does(case, "reply", text="We called back.", outcome="upheld")
        by = [line["by"] for line in zoe.timeline(case)]
        assert by[-2:] == [f"{code}/zoe"] * 2
        words = eventually(lambda: _found(at_intake, receipt))
        assert words["text"] == COMPLAINT["text"]
        resolved = at_intake.says(spot)
        assert zoe.case_of(resolved)["state"] == "answered"
        with somebody(system) as web:
            elsewhere = web.says({"channel": "web", "kind": "complaint", "service": "pensions", "text": "Nothing."})
        with somebody(system, system.staff("agent", "pensions")) as pensions:
            theirs = pensions.case_of(elsewhere)
        refused(zoe.tries(theirs, "acknowledge"), 404, "case-not-found")
        refused(zoe.analytics.get("/v1/kpis"), 403, "forbidden")


def _found(tool: Somebody, receipt: dict[str, Any]) -> dict[str, Any] | None:
    answer = tool.intake.get(f"/v1/feedback/{receipt['id']}")
    return answer.json() if answer.status_code == 200 else None


def test_its_page_may_call_from_a_browser_and_a_page_from_elsewhere_may_not(system: System) -> None:
    with partner(system, "feedback:write", origins=["https://help.example.org"]), somebody(system) as browser:
        ask = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,idempotency-key",
        }

        def allowed(origin: str) -> str | None:
            asked = browser.intake.options("/v1/feedback", headers=ask | {"Origin": origin})
            assert asked.status_code == 204
            return asked.headers.get("Access-Control-Allow-Origin")

        eventually(lambda: allowed("https://help.example.org") == "https://help.example.org")
        assert allowed("https://elsewhere.example.org") is None
        assert allowed("http://help.example.org") is None
        sent = browser.intake.post(
            "/v1/feedback",
            json=COMPLAINT | {"channel": "web"},
            headers=retry() | {"Origin": "https://help.example.org"},
        )
        assert sent.headers["Access-Control-Allow-Origin"] == "https://help.example.org"
        assert "Location" in sent.headers["Access-Control-Expose-Headers"]
        refused_too = browser.intake.post("/v1/feedback", json={}, headers={"Origin": "https://help.example.org"})
        assert refused_too.headers["Access-Control-Allow-Origin"] == "https://help.example.org"


def test_reports_how_many_called_and_is_told_which_counts_make_no_sense(system: System) -> None:
    today = datetime.now(UTC).date()
    calls = {"on": str(today - timedelta(days=1)), "interaction": "call", "channel": "phone", "service": "passports"}
    with (
        partner(system, "interactions:write") as (exchange, _, _),
        partner(system, "feedback:write") as (other, _, _),
    ):

        def reports(*items: dict[str, Any]) -> Any:
            return exchange.intake.post("/v1/interactions/batch", json={"items": items}, headers=retry())

        told = json_of(
            reports(
                calls | {"count": 120, "waiting_seconds": 9_000, "waited": 100},
                calls | {"count": 3},
                calls | {"topic": "decision", "count": 5, "waited": 9, "waiting_seconds": 60},
                calls | {"on": str(today + timedelta(days=2)), "count": 1},
                calls | {"service": "moon-travel", "count": 1},
            )
        )
        problems = [(one["problem"] or {"type": ":"})["type"].rpartition(":")[2] for one in told["outcomes"]]
        assert problems[:4] == ["", "counted-twice", "invalid-request", "day-in-the-future"]
        corrected = json_of(reports(calls | {"count": 124}))["outcomes"][0]
        assert (corrected["status"], corrected["version"], corrected["id"]) == (200, 2, told["outcomes"][0]["id"])
        refused(other.intake.post("/v1/interactions/batch", json={"items": [calls | {"count": 1}]}), 403, "forbidden")
        refused(exchange.intake.post("/v1/feedback", json=COMPLAINT), 403, "forbidden")


def test_a_mailing_system_says_what_became_of_a_letter_and_reads_nothing(system: System) -> None:
    said = COMPLAINT | {"person": {"name": "Zoé Roy", "address": "1 rue Haute\nH2X 1Y4"}, "reply_by": "letter"}
    with (
        partner(system, "deliveries:write", teams=[]) as (mailing, _, _),
        somebody(system, system.staff("agent", "passports")) as team,
    ):
        receipt = team.says(said)
        path = f"/v1/feedback/{receipt['id']}/deliveries"
        returned = {"answer": 1, "by": "letter", "outcome": "undeliverable", "because": "returned"}
        refused(mailing.intake.post(path, json=returned), 404, "reply-not-found")
        case = team.case_of(receipt)
        team.does(case, "reply", text="A new one is on its way.", outcome="upheld")
        with somebody(system, holder_of(receipt["tracking_code"])) as zoe:
            zoe.sees("answered")
            no_reason = {**returned, "because": None}
            refused(mailing.intake.post(path, json=no_reason), 422, "invalid-request", "")
            before = returned | {"at": (datetime.now(UTC) - timedelta(days=1)).isoformat()}
            refused(mailing.intake.post(path, json=before), 422, "delivered-before-given")
            again = retry()
            first = json_of(mailing.intake.post(path, json=returned, headers=again))
            assert json_of(mailing.intake.post(path, json=returned, headers=again)) == first
            told = zoe.sees("undeliverable")["conversation"]
            assert [one["text"] for one in told if one["kind"] == "reply"] == ["A new one is on its way."]
        eventually(lambda: [one["task"] for one in team.case_of(receipt)["tasks"]] == ["reply_undelivered"])
        assert team.case_of(receipt)["state"] == "assigned"
        refused(mailing.intake.get(f"/v1/feedback/{receipt['id']}"), 403, "forbidden")
        not_ours = mailing.intake.post("/v1/notices/bounces", json={"message_id": "<1@other.example>"})
        assert json_of(not_ours)["taken_as"] == "not_ours"
        refused(mailing.intake.post("/v1/notices/bounces", json={"bounced": True}), 422, "bounce-not-readable")
