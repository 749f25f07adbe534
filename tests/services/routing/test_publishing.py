"""The organisation by API: refused when it makes no sense, each version kept, each told once, and no lost update."""

from collections.abc import AsyncIterator, Callable
from copy import deepcopy
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import yaml
from sqlalchemy import delete as delete_from

from libs.common.db import Database
from libs.contracts.cases import CaseAssigned
from libs.contracts.catalogue import ServiceChanged, entry_id_of
from libs.contracts.feedback import FeedbackMessageAdded, FeedbackReclassified
from libs.contracts.organisation import organisation_id_of
from services.routing.catalogue.models import CatalogueCode
from services.routing.catalogue.queries import choices
from services.routing.catalogue.service import learn_codes
from services.routing.organisation.queries import NothingPublished, organisation_in_force
from tests.services.routing.office import ORGANISATION, Routing, local, received

TEAM = {"name": {"fr": "Registres", "en": "Registry"}}
WEEK = {"monday": ["09:00-12:00"]}
CALENDAR: dict[str, Any] = {"time_zone": "America/Toronto", "weekly_hours": WEEK}
STANDARD: dict[str, Any] = {
    "name": {"fr": "Registres", "en": "Registry"},
    "when": {"service": ["registry"]},
    "clocks": [{"clock": "reply", "within": {"business_days": 5}}],
}
ALREADY = {"text": "Nous avons déjà répondu.", "reason": "answered-before"}
RULES: dict[str, Any] = {"rules": ORGANISATION["rules"]}


@pytest.fixture(autouse=True)
async def _as_it_was(routing: Routing) -> AsyncIterator[None]:
    routing.at(local("2026-03-10 10:00"))
    yield
    await routing.publish(ORGANISATION, local("2026-03-10 10:00"))


async def get(routing: Routing, path: str, role: str = "agent") -> httpx.Response:
    return await routing.http.get(path, headers=routing.staff(role))


async def put(
    routing: Routing, path: str, body: Any, *, match: str | None = None, who: dict[str, str] | None = None
) -> httpx.Response:
    headers = (who or routing.staff("admin", subject="ada")) | ({"If-Match": match} if match else {})
    return await routing.http.put(path, json=body, headers=headers)


async def delete(routing: Routing, path: str) -> httpx.Response:
    headers = routing.staff("admin") | {"If-Match": "*"}
    return await routing.http.delete(path, headers=headers)


async def told(routing: Routing, kind: str, code: str) -> list[tuple[int, Any]]:
    """Versions and payloads of the events of one part of the organisation."""
    return [(version, event) for version, _, event in await routing.told(organisation_id_of(kind, code))]


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:ecoute:problem:")


def errors(answer: httpx.Response) -> set[tuple[str, str]]:
    return {(one["pointer"], one["code"]) for one in answer.json()["errors"]}


# Nonsense.


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("teams/x", {}, "/name", "missing"),
        ("teams/x", {"name": {"fr": "x"}}, "/name/en", "missing"),
        ("teams/x", {"name": {"fr": "\x00", "en": "x"}}, "/name/fr", "control_character"),
        ("teams/x", TEAM | {"alert_email": "nobody"}, "/alert_email", "string_pattern_mismatch"),
        ("teams/x", TEAM | {"contact": {"url": "javascript:x"}}, "/contact/url", "string_pattern_mismatch"),
        ("teams/x", TEAM | {"colour": "red"}, "/colour", "extra_forbidden"),
        ("calendars/x", CALENDAR | {"weekly_hours": {}}, "/weekly_hours", "no_open_hour"),
        ("calendars/x", CALENDAR | {"weekly_hours": {"monday": []}}, "/weekly_hours", "no_open_hour"),
        ("calendars/x", CALENDAR | {"time_zone": "Mars/Olympus"}, "/time_zone", "unknown_time_zone"),
        ("calendars/x", CALENDAR | {"weekly_hours": {"monday": ["12:00-09:00"]}}, "/weekly_hours/monday/0", "hours"),
        (
            "calendars/x",
            CALENDAR | {"weekly_hours": {"monday": ["09:00-12:00", "11:00-13:00"]}},
            "/weekly_hours/monday",
            "hours_overlap",
        ),
        ("calendars/x", CALENDAR | {"holidays": {"country": "XX"}}, "/holidays", "unknown_holidays"),
        (
            "calendars/x",
            CALENDAR | {"holidays": {"country": "CA", "subdivision": "ZZ"}},
            "/holidays",
            "unknown_holidays",
        ),
        ("service-standards/x", STANDARD | {"clocks": []}, "/clocks", "too_short"),
        ("service-standards/x", STANDARD | {"clocks": STANDARD["clocks"] * 2}, "", "clock_twice"),
        ("service-standards/x", STANDARD | {"calendar": "nowhere"}, "/calendar", "unknown_calendar"),
        (
            "service-standards/x",
            STANDARD | {"clocks": [{"clock": "reply", "within": {"business_days": 1}, "starts": "reopening"}]},
            "/clocks/0",
            "start_of_a_clock",
        ),
        (
            "service-standards/x",
            STANDARD | {"clocks": [{"clock": "reply", "within": {}}]},
            "/clocks/0/within",
            "one_span",
        ),
        ("rules", {"rules": []}, "/rules", "too_short"),
        ("rules", {"rules": [{"when": {"kind": ["complaint"]}, "team": "letters"}]}, "/rules/0/when", "no_catch_all"),
        (
            "rules",
            {"rules": [{"team": "letters"}, {"when": {"kind": ["complaint"]}, "team": "letters"}, {"team": "letters"}]},
            "/rules/1/when",
            "after_the_catch_all",
        ),
        (
            "rules",
            {
                "rules": [
                    {"when": {"service": ["a", "b"]}, "team": "letters"},
                    {"when": {"service": ["b"], "kind": ["complaint"]}, "team": "passports"},
                    {"team": "first-line"},
                ]
            },
            "/rules/1/when",
            "never_reached",
        ),
        ("rules", {"rules": [{"team": "ghosts"}]}, "/rules/0/team", "unknown_team"),
        (
            "rules",
            {"rules": [{"when": {"colour": ["red"]}, "team": "letters"}]},
            "/rules/0/when/colour",
            "extra_forbidden",
        ),
    ],
)
async def test_nonsense_is_refused_with_its_place_in_both_languages(
    routing: Routing, path: str, body: Any, pointer: str, code: str
) -> None:
    match = '"1"' if path == "rules" else None
    answer = await put(routing, f"/v1/{path}", body, match=match)
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in errors(answer)
    french = await put(
        routing,
        f"/v1/{path}",
        body,
        match=match,
        who=routing.staff("admin") | {"Accept-Language": "fr"},
    )
    details = [one["detail"] for one in french.json()["errors"] if one["code"] == code]
    assert details
    assert not set(details) & {one["detail"] for one in answer.json()["errors"]}


async def test_two_standards_of_which_neither_comes_first_are_refused(routing: Routing) -> None:
    path = "/v1/service-standards"
    assert (await put(routing, f"{path}/one", STANDARD)).status_code == 200
    both = STANDARD | {"when": {"service": ["other", "registry"]}}
    assert problem(await put(routing, f"{path}/two", both)) == (409, "standards-undecided")
    assert (await put(routing, f"{path}/two", both | {"rank": 1})).status_code == 200
    narrower = STANDARD | {"when": {"service": ["registry"], "kind": ["complaint"]}}
    assert (await put(routing, f"{path}/three", narrower)).status_code == 200
    apart = STANDARD | {"when": {"service": ["elsewhere"]}}
    assert (await put(routing, f"{path}/four", apart)).status_code == 200


# Versions, and no lost update.


@pytest.mark.parametrize(
    ("path", "body", "other", "kind"),
    [
        ("teams/registry", TEAM, TEAM | {"members": ["b", "a", "b"]}, "team"),
        ("calendars/registry", CALENDAR, CALENDAR | {"weekly_hours": {"sunday": ["00:00-24:00"]}}, "calendar"),
        ("service-standards/registry", STANDARD, STANDARD | {"rank": 3}, "service_standard"),
    ],
)
async def test_each_change_is_a_version_with_who_and_when_told_once_and_never_lost(
    routing: Routing, path: str, body: dict[str, Any], other: dict[str, Any], kind: str
) -> None:
    first = await put(routing, f"/v1/{path}", body)
    assert (first.status_code, first.headers["etag"]) == (200, '"1"'), first.text
    again = await put(routing, f"/v1/{path}", body, match='"1"')
    assert (again.headers["etag"], again.json()) == ('"1"', first.json())
    assert problem(await put(routing, f"/v1/{path}", other)) == (428, "precondition-required")
    assert problem(await put(routing, f"/v1/{path}", other, match='"7"')) == (412, "precondition-failed")
    second = await put(routing, f"/v1/{path}", other, match='"1"')
    assert (second.status_code, second.headers["etag"]) == (200, '"2"')
    assert problem(await put(routing, f"/v1/{path}", body, match='"1"')) == (412, "precondition-failed")
    read = await get(routing, f"/v1/{path}")
    assert (read.headers["etag"], read.json()) == ('"2"', second.json())

    page = await get(routing, f"/v1/{path}/versions?limit=1")
    rest = await get(routing, page.links["next"]["url"])
    versions = page.json()["items"] + rest.json()["items"]
    assert [(one["version"], one["published_by"], one["retired"]) for one in versions] == [
        (2, "ada", False),
        (1, "ada", False),
    ]
    assert versions[0]["document"] != versions[1]["document"]
    assert [version for version, _ in await told(routing, kind, "registry")] == [1, 2]
    nothing = await put(routing, f"/v1/{path}x", body, match='"1"')
    assert problem(nothing) == (412, "precondition-failed")
    assert nothing.json()["detail"] == "There is nothing here to change: send it without `If-Match`."
    assert (await get(routing, f"/v1/{path}y")).status_code == 404
    assert (await get(routing, f"/v1/{path}y/versions")).status_code == 404


@pytest.mark.parametrize("said", ["abc", "1", 'W/"1"', '"1", 2'])
async def test_what_is_no_etag_is_said_to_be_none_instead_of_an_old_one(routing: Routing, said: str) -> None:
    refused = await put(routing, "/v1/teams/registry", TEAM, match=said)
    assert refused.status_code == 422, refused.text
    assert [(one["parameter"], one["code"]) for one in refused.json()["errors"]] == [("if-match", "not_an_etag")]


async def test_rules_are_a_whole_with_versions_of_their_own(routing: Routing) -> None:
    before = await get(routing, "/v1/rules")
    same = {"rules": before.json()["rules"]}
    assert (await put(routing, "/v1/rules", same, match=before.headers["etag"])).json() == before.json()
    assert problem(await put(routing, "/v1/rules", same)) == (428, "precondition-required")
    shorter = {"rules": RULES["rules"][1:]}
    after = await put(routing, "/v1/rules", shorter, match=before.headers["etag"])
    assert after.json()["version"] == before.json()["version"] + 1
    assert problem(await put(routing, "/v1/rules", same, match=before.headers["etag"])) == (412, "precondition-failed")
    [newest, *_] = (await get(routing, "/v1/rules/versions")).json()["items"]
    assert (newest["published_by"], len(newest["document"]["rules"])) == ("ada", 3)
    fresh = await routing.open(local("2026-03-09 11:00"), kind="complaint", service="passports")
    assert fresh["team"]["code"] == "first-line"


async def test_codes_that_the_catalogue_does_not_have_are_accepted_and_flagged(routing: Routing) -> None:
    assert (await get(routing, "/v1/rules")).json()["warnings"] == []
    for version, (code, retired) in enumerate((("passports", False), ("gone", True)), 1):
        event = ServiceChanged(code=code, name={"fr": code, "en": code}, retired=retired)  # type: ignore[arg-type]
        async with routing.database.transaction() as session:
            await learn_codes(session, [received(event, entry_id_of("service", code), version)])
    rules = [{"when": {"service": ["passports", "gone", "never"]}, "team": "letters"}, {"team": "first-line"}]
    answer = await put(routing, "/v1/rules", {"rules": rules}, match="*")
    assert [(one["pointer"], one["code"]) for one in answer.json()["warnings"]] == [
        ("/rules/0/when/service/1", "unknown_service"),
        ("/rules/0/when/service/2", "unknown_service"),
    ]
    async with routing.database.transaction() as session:
        assert (await choices(session))["service"]["passports"].name.fr == "passports"
        await session.execute(delete_from(CatalogueCode))


async def test_what_is_told_of_a_team_has_its_members_and_never_its_alert_address(routing: Routing) -> None:
    body = TEAM | {"contact": {"phone": "1"}, "members": ["m1"], "alert_email": "duty@agency.example"}
    assert (await put(routing, "/v1/teams/told", body)).json()["alert_email"] == "duty@agency.example"
    [(_, event)] = await told(routing, "team", "told")
    assert (event.members, event.contact.phone, event.restricted) == (("m1",), "1", False)
    assert "duty" not in event.to_data()
    await delete(routing, "/v1/teams/told")
    assert [(version, one.retired) for version, one in await told(routing, "team", "told")] == [(1, False), (2, True)]


async def test_a_calendar_is_told_as_a_table_that_business_time_can_be_read_from(routing: Routing) -> None:
    body = {**CALENDAR, "holidays": {"also": ["2026-03-09"]}}
    await put(routing, "/v1/calendars/table", body)
    [(_, event)] = await told(routing, "calendar", "table")
    days = {str(day): seconds for day, seconds in event.cumulative.items()}
    assert days["2010-01-01"] == 0
    assert days["2026-03-09"] - days["2026-03-02"] == 3 * 3600
    assert days["2026-03-16"] == days["2026-03-09"]  # the Monday between is a holiday
    assert event.weekly_hours == {"monday": ((9 * 3600, 12 * 3600),)}
    assert {str(day): hours for day, hours in event.hours.items()} == {"2026-03-09": ()}
    assert str(max(event.cumulative)) == "2041-01-01"


async def test_a_standard_that_is_retired_promises_nothing_more_and_can_come_back(routing: Routing) -> None:
    path = "/v1/service-standards/brief"
    await put(routing, path, STANDARD)
    spoke = local("2026-03-09 11:00")
    assert (await routing.open(spoke, kind="complaint", service="registry"))["clocks"][0]["standard"] == "brief"
    gone = await delete(routing, path)
    assert (gone.status_code, gone.headers["etag"]) == (200, '"2"')
    assert (await get(routing, path)).status_code == 404
    assert (await delete(routing, path)).status_code == 404
    assert (await routing.open(spoke, kind="complaint", service="registry"))["clocks"][0]["standard"] == "complaints"
    assert (await put(routing, path, STANDARD, match='"2"')).json()["version"] == 3
    published = await told(routing, "service_standard", "brief")
    assert [(version, one.retired) for version, one in published] == [(1, False), (2, True), (3, False)]
    versions = (await get(routing, f"{path}/versions")).json()["items"]
    assert [one["retired"] for one in versions] == [False, True, False]


async def test_anybody_may_read_the_standards_in_force(routing: Routing) -> None:
    answer = await routing.http.get("/v1/service-standards?limit=2")
    assert [one["code"] for one in answer.json()["items"]] == ["complaints", "enquiries"]
    rest = await routing.http.get(answer.links["next"]["url"])
    assert [one["code"] for one in rest.json()["items"]] == ["requests"]
    assert "published_by" not in answer.json()["items"][0]
    assert (await routing.http.get("/v1/service-standards/complaints")).status_code == 200
    assert (await routing.http.get("/v1/service-standards/complaints/versions")).status_code == 401


async def test_who_has_read_the_standards_already_is_told_so(routing: Routing) -> None:
    await put(routing, "/v1/service-standards/known", STANDARD | {"rank": 41})
    for path in ("/v1/service-standards", "/v1/service-standards/known"):
        first = await routing.http.get(path)
        assert first.headers.get_list("cache-control") == ["public, max-age=60"]
        again = await routing.http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    tag = (await routing.http.get("/v1/service-standards")).headers["etag"]
    await put(routing, "/v1/service-standards/known", STANDARD | {"rank": 42}, match='"1"')
    assert (await routing.http.get("/v1/service-standards", headers={"If-None-Match": tag})).status_code == 200


async def test_the_organisation_in_force_is_a_document_that_can_be_published_again(routing: Routing) -> None:
    who = routing.staff("admin")
    as_json = await routing.http.get("/v1/organisation", headers=who)
    as_yaml = await routing.http.get("/v1/organisation", headers=who | {"Accept": "application/yaml"})
    assert as_yaml.headers["content-type"].startswith("application/yaml")
    document = yaml.safe_load(as_yaml.text)
    assert as_json.json() == document
    counted = "SELECT count(*), (SELECT sum(version) FROM team), (SELECT count(*) FROM rule_set) FROM event_pending"
    before = await routing.rows(counted)
    await routing.publish(document, local("2026-03-11 10:00"))
    assert await routing.rows(counted) == before
    assert (await get(routing, "/v1/organisation")).status_code == 403


# Teams that cannot go.


async def test_a_team_that_is_needed_cannot_be_retired(routing: Routing) -> None:
    assert problem(await delete(routing, "/v1/teams/first-line")) == (409, "team-in-rules")
    assert problem(await delete(routing, "/v1/teams/passports")) == (409, "team-in-rules")
    assert problem(await delete(routing, "/v1/teams/complaints-office")) == (409, "restricted-team-missing")
    assert problem(await delete(routing, "/v1/teams/ghosts")) == (404, "team-not-found")
    await put(routing, "/v1/teams/busy", TEAM)
    case = await routing.open(local("2026-03-09 11:00"), kind="complaint")
    await routing.done(case, "assign", team="busy")
    assert problem(await delete(routing, "/v1/teams/busy")) == (409, "team-has-open-cases")
    back = routing.staff("supervisor", teams=["busy", "letters"])
    assert (await routing.do(case, "assign", back, team="letters")).status_code == 200
    assert (await delete(routing, "/v1/teams/busy")).json()["retired"] is True
    active = (await get(routing, "/v1/teams")).json()["items"]
    every = (await get(routing, "/v1/teams?retired=true")).json()["items"]
    assert "busy" not in {team["code"] for team in active}
    assert "busy" in {team["code"] for team in every}
    assert (await put(routing, "/v1/teams/busy", TEAM, match="*")).json()["retired"] is False


async def test_who_comes_back_to_a_case_of_a_team_that_is_gone_finds_another(routing: Routing) -> None:
    await put(routing, "/v1/teams/gone", TEAM)
    case = await routing.open(local("2026-03-09 11:00"), kind="complaint", service="passports")
    other = await routing.open(local("2026-03-09 11:00"), kind="complaint", service="passports")
    back = routing.staff("supervisor", teams=["gone", "passports"])
    for verb, body in (("transfer", {"team": "gone"}), ("decline", ALREADY)):
        answer = await routing.do(case, verb, back, **body)
        assert answer.status_code == 200, answer.text
    first, said = (
        FeedbackMessageAdded(message_id=uuid4(), sent_at=local("2026-03-10 10:00"), text=words)
        for words in ("Pardon ?", "Et mon reçu ?")
    )
    await routing.hear(received(first, UUID(case["feedback_id"])))
    assert problem(await delete(routing, "/v1/teams/gone")) == (409, "team-has-open-cases")
    assert (await routing.do(case, "link", back, case_id=str(other["id"]))).status_code == 200
    assert (await delete(routing, "/v1/teams/gone")).json()["retired"] is True
    before = await routing.see(case["id"])
    corrected = FeedbackReclassified(kind="complaint", service="passports", topic="x")
    await routing.hear(received(corrected, UUID(case["feedback_id"])))
    assert (await routing.see(case["id"]))["team"]["code"] == "gone"
    await routing.hear(received(said, UUID(case["feedback_id"])))
    after = await routing.see(case["id"])
    assert (before["team"]["code"], after["team"]["code"], after["state"]) == ("gone", "passports", "closed")
    assert [one["task"] for one in after["tasks"]] == ["read_message"]
    assert after["clocks"] == before["clocks"]
    *_, (_, _, told) = await routing.events(case)
    assert isinstance(told, CaseAssigned)
    assert [line["verb"] for line in (await routing.timeline(case))[-2:]] == ["message", "assign"]


@pytest.mark.parametrize("gone", ["gone-by-itself", "gone-in-a-batch"])
async def test_a_case_that_is_reopened_for_a_team_that_is_gone_goes_to_another(routing: Routing, gone: str) -> None:
    await put(routing, f"/v1/teams/{gone}", TEAM)
    case = await routing.open(local("2026-03-09 11:00"), kind="complaint", service="passports")
    back = routing.staff("supervisor", teams=[gone, "passports"])
    for verb, body in (("transfer", {"team": gone}), ("decline", ALREADY)):
        assert (await routing.do(case, verb, back, **body)).status_code == 200
    assert (await delete(routing, f"/v1/teams/{gone}")).json()["retired"] is True
    if gone == "gone-in-a-batch":
        action = {"case_id": str(case["id"]), "verb": "reopen", "body": {"reason": "Elle a rappelé."}}
        answer = await routing.http.post("/v1/cases/actions", json={"actions": [action]}, headers=back)
        after = answer.json()["outcomes"][0]["case"]
    else:
        after = (await routing.do(case, "reopen", back, reason="Elle a rappelé.")).json()
    assert (after["team"]["code"], after["reopened_count"]) == ("passports", 1)
    assert [line["verb"] for line in (await routing.timeline(case))[-2:]] == ["reopen", "assign"]


async def test_the_only_restricted_team_stays_so(routing: Routing) -> None:
    team = (await get(routing, "/v1/teams/complaints-office")).json()
    body = {"name": team["name"], "restricted": False}
    answer = await put(routing, "/v1/teams/complaints-office", body, match="*")
    assert problem(answer) == (409, "restricted-team-missing")
    assert (await get(routing, "/v1/teams/complaints-office")).json() == team


# Who.


async def test_supervisors_change_the_members_of_their_own_teams_and_nothing_else(routing: Routing) -> None:
    await put(routing, "/v1/teams/mine", TEAM)
    own = routing.staff("supervisor", teams=["mine"], subject="sam")
    with_members = TEAM | {"members": ["zoe"]}
    answer = await put(routing, "/v1/teams/mine", with_members, match='"1"', who=own)
    assert (answer.status_code, answer.json()["members"]) == (200, ["zoe"])
    renamed = deepcopy(with_members) | {"name": {"fr": "x", "en": "x"}}
    for path, body in (("mine", renamed), ("letters", with_members), (f"new-{uuid4().hex[:6]}", TEAM)):
        answer = await put(routing, f"/v1/teams/{path}", body, match="*", who=own)
        assert problem(answer) == (403, "forbidden")


@pytest.mark.parametrize("role", ["agent", "manager", "reviewer", "analyst", "auditor", "importer", "service"])
async def test_others_publish_nothing(routing: Routing, role: str) -> None:
    who = routing.staff(role, teams=["letters"])
    for path, body in (
        ("teams/letters", TEAM),
        ("calendars/default", CALENDAR),
        ("service-standards/complaints", STANDARD),
        ("rules", RULES),
    ):
        assert problem(await put(routing, f"/v1/{path}", body, match="*", who=who)) == (403, "forbidden")
        assert (await routing.http.put(f"/v1/{path}", json=body)).status_code == 401


async def test_staff_are_told_which_role_it_takes(routing: Routing) -> None:
    manager = routing.staff("manager")
    answer = await put(routing, "/v1/teams/letters", TEAM, match="*", who=manager)
    assert answer.json()["detail"] == "One of these roles is needed: `admin`, `supervisor`."
    answer = await put(routing, "/v1/rules", RULES, match="*", who=manager | {"Accept-Language": "fr"})
    assert answer.json()["detail"] == "Il faut un de ces rôles : « admin »."


async def test_who_waits_for_an_organisation_is_told_so(new_database: Callable[[str], str]) -> None:
    database = Database(new_database("routing"), pool_size=1, application="test")
    async with database.transaction() as session:
        with pytest.raises(NothingPublished, match="no organisation is published yet"):
            await organisation_in_force(session)
    await database.close()
