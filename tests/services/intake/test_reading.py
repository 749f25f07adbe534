"""Staff list, find and correct feedback: each their own, and nobody what is hidden from them."""

from typing import Any
from uuid import uuid4

import pytest

from libs.contracts.cases import CaseAssigned, CaseClassified, CaseOpened, RuleDecided
from tests.services.intake.cases import team_changed
from tests.services.intake.house import COMPLAINT, TEAM, Intake, told

NOW = "2026-11-23T12:00:00Z"
MINE = (TEAM["team"],)
OTHERS = {"team": "ombuds", "team_name": {"fr": "Médiation", "en": "Ombuds office"}}


async def opened(intake: Intake, *, hidden_from: tuple[str, ...] = (), team: dict[str, Any] = TEAM, **body: Any) -> Any:
    """The receipt of a complaint whose case a team has."""
    receipt = await intake.submit({**COMPLAINT, **body})
    said = {"state": "new", "submitted_at": NOW, "hidden_from": hidden_from, **team}
    await intake.hear(told(CaseOpened, receipt["id"], 1, **said))
    return receipt


async def listed(intake: Intake, who: dict[str, str], status: int = 200, **filters: Any) -> Any:
    answer = await intake.http.get("/v1/feedback", params={"limit": 200, **filters}, headers=who)
    assert answer.status_code == status, answer.text
    return [one["id"] for one in answer.json()["items"]] if status == 200 else answer.json()


async def correct(
    intake: Intake, feedback_id: str, who: dict[str, str], if_match: str | None = "*", **fields: Any
) -> tuple[int, dict[str, Any]]:
    headers = who | ({"If-Match": if_match} if if_match else {})
    answer = await intake.http.patch(f"/v1/feedback/{feedback_id}", json=fields, headers=headers)
    return answer.status_code, answer.json() | {"etag": answer.headers.get("etag")}


# Who sees what.


async def test_a_list_shows_each_their_own_and_never_words_or_contact(intake: Intake) -> None:
    said = {"text": "Zibeline.", "person": {"name": "Zoé Quintessence", "email": "zoe@exemple.org"}}
    mine = (await opened(intake, **said))["id"]
    theirs = (await opened(intake, team=OTHERS, **said))["id"]
    alone = (await intake.submit({**COMPLAINT, **said}))["id"]
    expected = {
        intake.staff("agent", teams=MINE)["Authorization"]: {mine},
        intake.staff("supervisor", teams=("ombuds",))["Authorization"]: {theirs},
        intake.staff("agent", teams=(*MINE, "ombuds"))["Authorization"]: {mine, theirs},
        intake.staff("agent")["Authorization"]: set(),
        **{intake.staff(role)["Authorization"]: {mine, theirs, alone} for role in ("reviewer", "manager", "auditor")},
        intake.staff("reviewer", teams=MINE)["Authorization"]: {mine, theirs, alone},
    }
    for header, ids in expected.items():
        assert {mine, theirs, alone} & set(await listed(intake, {"Authorization": header})) == ids
    for roles, status in (((), 401), (("analyst",), 403), (("importer",), 403), (("admin",), 403), (("service",), 403)):
        await listed(intake, intake.staff(*roles, teams=MINE) if roles else {}, status)
    answer = await intake.http.get("/v1/feedback", headers=intake.staff("reviewer"))
    for piece in ("Zibeline", "Quintessence", "exemple.org"):
        assert piece not in answer.text


async def test_what_is_hidden_from_a_team_does_not_exist_for_its_members_whatever_else_they_are(intake: Intake) -> None:
    receipt = await opened(intake, hidden_from=("passports",), team=OTHERS)
    number, path = receipt["id"], f"/v1/feedback/{receipt['id']}"
    concerned = [
        intake.staff("agent", teams=("passports", "ombuds")),
        intake.staff("supervisor", "reviewer", "manager", "auditor", teams=("ombuds", "passports")),
        intake.staff("reviewer", "auditor", teams=MINE),
    ]
    for who in concerned:
        assert number not in await listed(intake, who)
        assert await listed(intake, who, reference=receipt["reference"]) == []
        search = {"params": {"reference": receipt["reference"]}, "headers": who}
        if "auditor" not in who:
            assert (await intake.http.get(path, headers=who)).status_code == 404
        assert (await intake.http.get("/v1/feedback/search", **search)).json() == {"items": []}
        assert (await correct(intake, number, who, kind="enquiry"))[0] == 404
    assert (await intake.http.get(f"{path}/readings", headers=concerned[1])).status_code == 404
    assert await intake.count("reading WHERE feedback_id = :id", id=number) == 0

    unconcerned = intake.staff("agent", "auditor", teams=("ombuds",))
    assert number in await listed(intake, unconcerned)
    assert (await intake.http.get(path, headers=unconcerned)).status_code == 200
    assert (await intake.http.get(f"{path}/readings", headers=unconcerned)).status_code == 200


async def test_a_team_that_is_complained_about_from_now_on_loses_sight_of_it_at_once(intake: Intake) -> None:
    receipt = await opened(intake, team=OTHERS)
    search = {"params": {"reference": receipt["reference"]}, "headers": intake.staff("agent", "reviewer", teams=MINE)}
    assert (await intake.http.get("/v1/feedback/search", **search)).json()["items"] != []
    rule = {"rule_set_version": 1, "rule": 1, "chosen_team": TEAM["team"], "state": "new"}
    await intake.hear(told(RuleDecided, receipt["id"], 2, hidden_from=MINE, **rule, **OTHERS))
    assert (await intake.http.get("/v1/feedback/search", **search)).json() == {"items": []}
    read = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=search["headers"])
    assert read.status_code == 404


@pytest.mark.parametrize("said", [{"concerns_staff": True}, {"disclosure": "confidential"}], ids=str)
async def test_what_is_sensitive_is_kept_from_every_team_until_its_case_says_from_which(
    intake: Intake, said: dict[str, Any]
) -> None:
    partner = await intake.key(f"town-{next(iter(said))}", "feedback:write", "feedback:read")
    receipt = await intake.submit({**COMPLAINT, **said}, partner)
    number, path = receipt["id"], f"/v1/feedback/{receipt['id']}"
    in_a_team = [intake.staff("agent", "supervisor", "reviewer", "manager", "auditor", teams=(team,)) for team in "ab"]
    for who in in_a_team:
        assert number not in await listed(intake, who)
        assert (await intake.http.get(path, headers=who)).status_code == 404
        assert await found(intake, who, reference=receipt["reference"]) == []
    assert await found(intake, intake.staff("agent"), reference=receipt["reference"]) == []
    assert (await intake.http.get(path, headers=intake.staff("reviewer"))).status_code == 200
    for who in (partner, intake.staff("manager")):
        assert number in await listed(intake, who)
    await intake.hear(told(CaseOpened, number, 1, state="new", submitted_at=NOW, hidden_from=("a",), **OTHERS))
    assert [number in await listed(intake, who) for who in in_a_team] == [False, True]


async def test_a_transfer_takes_the_feedback_from_one_team_to_the_other(intake: Intake) -> None:
    number = (await opened(intake))["id"]
    assigned = {"state": "assigned", "effective_at": NOW, "assigned_by": "staff", "clocks": [], **OTHERS}
    await intake.hear(told(CaseAssigned, number, 2, **assigned))
    assert number not in await listed(intake, intake.staff("agent", teams=MINE))
    assert number in await listed(intake, intake.staff("agent", teams=("ombuds",)))


async def test_where_the_public_reaches_the_team_is_read_with_the_case_by_its_newest_name(intake: Intake) -> None:
    receipt = await opened(intake)
    contact = {"phone": "1 800 555-0199"}
    renamed = {"name": {"fr": "Passeports et visas", "en": "Passports and visas"}, "contact": contact}
    await intake.hear(team_changed(TEAM["team"], **renamed))
    me = intake.staff("agent", teams=MINE)
    search = {"reference": receipt["reference"]}
    (found,) = (await intake.http.get("/v1/feedback/search", params=search, headers=me)).json()["items"]
    (in_a_list,) = (await intake.http.get("/v1/feedback", params=search, headers=me)).json()["items"]
    for team in (found["team"], in_a_list["case"]["team"]):
        assert (team["name"], team["contact"]["phone"]) == (renamed["name"], contact["phone"])


async def test_a_partner_lists_what_it_sent_and_nothing_else(intake: Intake) -> None:
    mine = await intake.key("town-hall", "feedback:write", "feedback:read")
    other = await intake.key("other-town", "feedback:write", "feedback:read")
    receipt = await intake.submit(COMPLAINT, mine)
    theirs = await intake.submit(COMPLAINT, other)
    assert await listed(intake, mine) == [receipt["id"]]
    assert await listed(intake, other) == [theirs["id"]]
    assert await listed(intake, mine, source_code="other-town") == []
    assert await listed(intake, mine, reference=theirs["reference"]) == []
    await listed(intake, await intake.key("writer", "feedback:write"), 403)
    await listed(intake, await intake.key("kiosk", "feedback:write", kind="device"), 403)
    for path in (f"/v1/feedback/{receipt['id']}", f"/v1/feedback/search?reference={receipt['reference']}"):
        assert (await intake.http.get(path, headers=mine)).status_code == 403
    assert (await correct(intake, receipt["id"], mine, kind="enquiry"))[0] == 403


async def test_a_partners_agent_is_an_agent_of_the_partners_teams_and_searches_no_further(intake: Intake) -> None:
    tool = await intake.key("vendor", "cases:work", teams=["passports"])
    person = {"email": "vendor@exemple-marque.org"}
    number, other = (
        (await opened(intake, person=person))["id"],
        (await opened(intake, team=OTHERS, person=person))["id"],
    )
    assert (await intake.http.get(f"/v1/feedback/{number}", headers=tool)).status_code == 403
    agent = tool | {"Acting-Agent": "ana"}
    assert (await intake.http.get(f"/v1/feedback/{number}", headers=agent)).status_code == 200
    assert (await intake.http.get(f"/v1/feedback/{other}", headers=agent)).status_code == 404
    assert await found(intake, agent, **person) == [number]
    readings = await intake.rows("SELECT what, read_by, agent FROM reading WHERE feedback_id = :id", id=number)
    assert [tuple(row) for row in readings] == [("words", "vendor", "ana"), ("search", "vendor", "ana")]
    assert (await correct(intake, number, agent, kind="enquiry"))[0] == 200


# The list.


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("kind", "complaint", "enquiry"),
        ("channel", "letter", "web"),
        ("service", "passports", "pensions"),
        ("service_point", "office-north", "office-downtown"),
        ("topic", "courtesy", "decision"),
        ("language", "fr-CA", "en"),
        ("language", "fr", "fr-FR"),
        ("source", "staff", "web_form"),
        ("team", "passports", "ombuds"),
        ("state", "new", "received"),
        ("historical", "false", "true"),
        ("urgent", "false", "true"),
        ("concerns_staff", "false", "true"),
        ("disclosure", "named", "anonymous"),
        ("submitted_from", "2026-01-01T00:00:00-05:00", "2026-01-01T00:00:01-05:00"),
        ("submitted_before", "2026-01-01T00:00:01-05:00", "2026-01-01T00:00:00-05:00"),
    ],
)
async def test_a_filter_holds_what_it_says(intake: Intake, field: str, right: str, wrong: str) -> None:
    body = {
        **COMPLAINT,
        "channel": "letter",
        "service": "passports",
        "service_point": "office-north",
        "topic": "courtesy",
        "language": "fr-CA",
        "submitted_at": "2026-01-01T05:00:00Z",
    }
    receipt = await intake.submit(body, intake.staff("agent"))
    await intake.hear(told(CaseOpened, receipt["id"], 1, state="new", submitted_at=NOW))
    reviewer = intake.staff("reviewer")
    one = {"reference": receipt["reference"]}
    assert await listed(intake, reviewer, **one, **{field: right}) == [receipt["id"]]
    assert await listed(intake, reviewer, **one, **{field: wrong}) == []


@pytest.mark.parametrize(
    "filters",
    [
        {"text": "Zibeline"},
        {"kind": "rant"},
        {"limit": 201},
        {"order": "random"},
        {"submitted_from": "2026-01-01T00:00:00"},
        {"submitted_from": "0001-01-01T00:00:00+14:00"},
        {"submitted_before": "9999-12-31T23:59:59-12:00"},
        {"cursor": "abc"},
        {"reference": "EC-0000-0001"},
        {"team": "\x00"},
        {"email": "zoe@exemple.org"},
    ],
    ids=str,
)
async def test_a_filter_without_sense_is_refused(intake: Intake, filters: dict[str, Any]) -> None:
    await listed(intake, intake.staff("reviewer"), 422, **filters)


@pytest.mark.parametrize("order", ["newest", "oldest"])
async def test_pages_follow_each_other_without_gap_or_repetition_also_within_one_instant(
    intake: Intake, order: str
) -> None:
    at = [f"2020-03-0{day}T00:00:00Z" for day in (1, 2, 2, 2, 3)]
    service = {"service": "website", "channel": "fax"}
    agent = intake.staff("agent")
    ids = [(await intake.submit({**COMPLAINT, **service, "submitted_at": one}, agent))["id"] for one in at]
    path, seen = f"/v1/feedback?service=website&channel=fax&limit=2&order={order}", []
    while path:
        answer = await intake.http.get(path, headers=intake.staff("auditor"))
        seen += [one["id"] for one in answer.json()["items"]]
        path = answer.links.get("next", {}).get("url", "")
    await intake.http.get("/v1/feedback", headers=intake.staff("auditor"))
    expected = sorted(zip(at, ids, strict=True), reverse=order == "newest")
    assert seen == [number for _, number in expected]
    await intake.rows("UPDATE feedback SET channel = 'sms' WHERE channel = 'fax' RETURNING id")


# Correcting.


async def test_the_team_corrects_what_it_is_about_and_what_was_declared_stays(intake: Intake) -> None:
    number = (await opened(intake, service="pensions"))["id"]
    agent = intake.staff("agent", teams=MINE)
    etag = (await intake.http.get(f"/v1/feedback/{number}", headers=agent)).headers["etag"]
    fields = {"kind": "enquiry", "service": "passports", "topic": "courtesy", "service_point": None}
    status, now_is = await correct(intake, number, agent, etag, **fields)
    assert (status, now_is["kind"], now_is["declared_kind"], now_is["service"]) == (
        200,
        "enquiry",
        "complaint",
        "passports",
    )
    assert (now_is["etag"], now_is["version"]) == ('"2"', 2)
    [_, event] = await intake.events(number)
    assert (event["type"], event["version"]) == ("ca.ecoute.feedback.reclassified.v1", 2)
    assert event["data"] == {
        "kind": "enquiry",
        "service": "passports",
        "topic": "courtesy",
        "changed": ["kind", "service", "topic"],
    }
    assert event["text"] is None
    read = (await intake.http.get(f"/v1/feedback/{number}", headers=agent)).json()
    assert (read["kind"], read["declared_kind"], read["topic"]) == ("enquiry", "complaint", "courtesy")


async def test_a_correction_that_changes_nothing_is_answered_alike_and_not_told(intake: Intake) -> None:
    number = (await opened(intake, topic="courtesy"))["id"]
    reviewer = intake.staff("reviewer")
    status, first = await correct(intake, number, reviewer, '"1"', topic=None)
    assert (status, first["topic"], first["version"]) == (200, None, 2)
    for fields in ({"topic": None}, {}, {"kind": "complaint", "service": None}):
        assert await correct(intake, number, reviewer, '"2"', **fields) == (200, first)
    assert len(await intake.events(number)) == 2


async def test_nobody_corrects_over_anothers_correction(intake: Intake) -> None:
    number = (await opened(intake))["id"]
    reviewer = intake.staff("reviewer")
    assert (await correct(intake, number, reviewer, '"1"', topic="courtesy"))[0] == 200
    status, problem = await correct(intake, number, reviewer, '"1"', topic="decision")
    assert (status, problem["type"]) == (412, "urn:ecoute:problem:precondition-failed")
    status, problem = await correct(intake, number, reviewer, None, topic="decision")
    assert (status, problem["type"]) == (428, "urn:ecoute:problem:precondition-required")
    assert len(await intake.events(number)) == 2


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"service": "ferries"}, "/service"),
        ({"topic": "passports"}, "/topic"),
        ({"kind": None}, "/kind"),
        ({"language": None}, "/language"),
        ({"kind": "rant"}, "/kind"),
        ({"declared_kind": "enquiry"}, "/declared_kind"),
        ({"text": "Autre chose."}, "/text"),
    ],
    ids=str,
)
async def test_a_correction_without_sense_is_refused_and_says_where(
    intake: Intake, fields: dict[str, Any], place: str
) -> None:
    number = (await opened(intake))["id"]
    status, problem = await correct(intake, number, intake.staff("reviewer"), **fields)
    assert (status, problem["errors"][0]["pointer"]) == (422, place)
    assert len(await intake.events(number)) == 1


async def test_only_the_team_that_has_it_and_reviewers_correct(intake: Intake) -> None:
    number = (await opened(intake))["id"]
    for roles, teams, status in (
        ((), (), 401),
        (("manager",), MINE, 403),
        (("auditor",), MINE, 403),
        (("agent",), ("ombuds",), 404),
        (("supervisor",), (), 404),
        (("supervisor",), MINE, 200),
        (("reviewer",), (), 200),
    ):
        who = intake.staff(*roles, teams=teams) if roles else {}
        assert (await correct(intake, number, who, kind="complaint"))[0] == status
    assert (await correct(intake, str(uuid4()), intake.staff("reviewer"), kind="complaint"))[0] == 404


def classified(feedback_id: str, version: int, **fields: Any) -> Any:
    return told(CaseClassified, feedback_id, version, state="assigned", effective_at=NOW, **fields)


async def test_what_routings_staff_find_is_folded_into_the_feedback_once_and_told(intake: Intake) -> None:
    number = (await opened(intake, service="pensions", topic="courtesy"))["id"]
    found = {"kind": "enquiry", "service": "passports", "topic": "decision"}
    events = [
        classified(number, 2, **found, changed=["kind", "service"]),
        classified(number, 3, kind="enquiry", service="a-code-of-tomorrow", changed=["service", "topic"]),
    ]
    await intake.hear(*events)
    await intake.hear(events[1])
    reclassified = [event for event in await intake.events(number) if "reclassified" in event["type"]]
    assert [event["version"] for event in reclassified] == [2, 3]
    assert reclassified[0]["data"] == {**found, "topic": "courtesy", "changed": ["kind", "service"]}
    assert reclassified[1]["data"] == {
        "kind": "enquiry",
        "service": "a-code-of-tomorrow",
        "changed": ["service", "topic"],
    }
    await intake.hear(classified(str(uuid4()), 1, kind="enquiry", changed=["kind"]))


# Finding.


async def found(intake: Intake, who: dict[str, str], status: int = 200, **asked: str) -> Any:
    answer = await intake.http.post("/v1/feedback/search", json=asked, headers=who)
    assert answer.status_code == status, answer.text
    return [one["id"] for one in answer.json()["items"]] if status == 200 else answer.json()


async def test_a_phone_agent_finds_where_it_stands_by_the_reference_as_the_caller_reads_it_out(intake: Intake) -> None:
    receipt = await opened(intake, service="pensions")
    reference = receipt["reference"]
    agent = intake.staff("agent", teams=("call-centre",), subject="phone agent")
    spellings = (reference, reference.lower(), reference.replace("-", " "), reference.replace("-", "")[2:])
    for spelling in spellings:
        params = {"reference": spelling}
        answer = await intake.http.get("/v1/feedback/search", params=params, headers=agent)
        [item] = answer.json()["items"]
        assert (item["id"], item["reference"], item["status"]) == (receipt["id"], reference, "new")
        assert (item["team"]["code"], item["service"]) == ("passports", "pensions")
        assert not {"text", "person"} & item.keys()
    assert await found(intake, agent, reference=reference) == [receipt["id"]]
    readings = await intake.rows("SELECT what, read_by FROM reading WHERE feedback_id = :id", id=receipt["id"])
    assert [tuple(row) for row in readings] == [("search", "phone agent")] * 5
    assert (await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=agent)).status_code == 404


@pytest.mark.parametrize("asked", [{}, {"reference": "EC-0000-0001"}, {"email": "zoe"}, {"name": "Zoé"}], ids=str)
async def test_a_search_without_sense_is_refused(intake: Intake, asked: dict[str, str]) -> None:
    await found(intake, intake.staff("agent"), 422, **asked)
    answer = await intake.http.get("/v1/feedback/search", params=asked, headers=intake.staff("agent"))
    assert answer.status_code == 422


async def test_searching_is_for_those_who_speak_with_people(intake: Intake) -> None:
    reference = (await opened(intake))["reference"]
    for roles, status in ((("manager", "auditor", "analyst", "importer", "admin", "service"), 403), ((), 401)):
        for role in roles or ("",):
            who = intake.staff(role, teams=MINE) if role else {}
            await found(intake, who, status, reference=reference)
            answer = await intake.http.get("/v1/feedback/search", params={"reference": reference}, headers=who)
            assert answer.status_code == status


PERSON = {"email": "Zoe.Quintessence@Exemple-Marque.org", "phone": "514 555-0187"}


@pytest.mark.parametrize(
    "asked",
    [
        {"email": "zoe.quintessence@exemple-marque.org"},
        {"email": "ZOE.QUINTESSENCE@EXEMPLE-MARQUE.ORG"},
        {"phone": "+1 514 555 0187"},
        {"phone": "(514) 555.0187"},
        {"phone": "15145550187"},
        {"phone": "+15145550187"},
    ],
    ids=str,
)
async def test_a_contact_is_found_in_any_usual_spelling(intake: Intake, asked: dict[str, str]) -> None:
    receipt = await opened(intake, person=PERSON)
    agent = intake.staff("agent", teams=("call-centre",))
    assert receipt["id"] in await found(intake, agent, **asked)
    assert await intake.count("reading WHERE feedback_id = :id AND what = 'search'", id=receipt["id"]) == 1


async def test_a_contact_is_found_whole_and_never_that_of_the_anonymous(intake: Intake) -> None:
    person = {"email": "ines@exemple-marque.org", "phone": "+33 1 42 68 53 00"}
    number = (await opened(intake, person=person))["id"]
    await opened(intake, person=person, disclosure="anonymous")
    agent = intake.staff("agent")
    assert await found(intake, agent, email=person["email"]) == [number]
    assert await found(intake, agent, phone="0033142685300") in ([number], [])
    for asked in ({"email": "nes@exemple-marque.org"}, {"phone": "42 68 53 00"}, {"phone": "1"}, {"phone": "%"}):
        assert await found(intake, agent, **asked) == []
    await found(intake, agent, 422, email=person["email"], phone=person["phone"])


async def test_the_same_search_sent_again_finds_what_may_be_found_now_and_is_noted_each_time(intake: Intake) -> None:
    person = {"email": "retry@exemple-marque.org"}
    number = (await opened(intake, person=person))["id"]
    agent = intake.staff("agent", teams=MINE) | {"Idempotency-Key": "search-again-1"}
    for _ in range(2):
        assert await found(intake, agent, **person) == [number]
    assert await intake.count("reading WHERE feedback_id = :id", id=number) == 2
    rule = {"rule_set_version": 1, "rule": 1, "chosen_team": TEAM["team"], "state": "new"}
    await intake.hear(told(RuleDecided, number, 2, hidden_from=MINE, **rule, **OTHERS))
    assert await found(intake, agent, **person) == []


async def test_what_is_hidden_or_may_be_is_not_found_by_contact_either(intake: Intake) -> None:
    person = {"email": "hidden@exemple-marque.org"}
    await opened(intake, person=person, team=OTHERS, hidden_from=("passports", "pensions"))
    await intake.submit({**COMPLAINT, "person": person, "concerns_staff": True})
    assert await found(intake, intake.staff("agent", teams=MINE), **person) == []
    assert await found(intake, intake.staff("reviewer", teams=MINE), **person) == []
    assert len(await found(intake, intake.staff("reviewer"), **person)) == 2
    assert len(await found(intake, intake.staff("agent", teams=("call-centre",)), **person)) == 1


# Who read what.


async def test_an_auditor_sees_who_came_upon_a_feedback_and_how(intake: Intake) -> None:
    receipt = await opened(intake)
    path = f"/v1/feedback/{receipt['id']}"
    await intake.http.get(path, headers=intake.staff("agent", teams=MINE, subject="team agent"))
    await found(intake, intake.staff("agent", subject="phone agent"), reference=receipt["reference"])
    await intake.http.get(path, headers=intake.staff("reviewer", subject="reviewer"))
    auditor, seen, page = intake.staff("auditor"), [], f"{path}/readings?limit=2"
    while page:
        answer = await intake.http.get(page, headers=auditor)
        seen += [(one["read_by"], one["what"], one["reason"]) for one in answer.json()["items"]]
        page = answer.links.get("next", {}).get("url", "")
    assert seen == [("team agent", "words", None), ("phone agent", "search", None), ("reviewer", "words", None)]
    for role in ("agent", "supervisor", "reviewer", "manager", "admin"):
        assert (await intake.http.get(f"{path}/readings", headers=intake.staff(role, teams=MINE))).status_code == 403
    assert (await intake.http.get(f"/v1/feedback/{uuid4()}/readings", headers=auditor)).status_code == 404
