"""Who gets what: hidden from those complained about, by the most specific standard, and as the trial had said."""

import random
from copy import deepcopy
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.contracts.cases import CaseAssigned, CaseOpened, RuleDecided, case_id_of
from libs.contracts.organisation import WEEKDAYS
from tests.services.routing.office import ORGANISATION, Routing, local, submitted

NOW = local("2026-03-10 10:00")
OFFICE = deepcopy(ORGANISATION)
OFFICE["teams"] = [
    {"code": "first-line", "name": {"fr": "Accueil", "en": "Front desk"}},
    {"code": "passports", "name": {"fr": "Passeports", "en": "Passports"}, "services": ["passports"]},
    {"code": "north", "name": {"fr": "Nord", "en": "North"}, "service_points": ["office-north"]},
    {
        "code": "office-a",
        "name": {"fr": "Bureau A", "en": "Office A"},
        "services": ["appeals"],
        "restricted": True,
    },
    {"code": "office-b", "name": {"fr": "Bureau B", "en": "Office B"}, "restricted": True},
]
OFFICE["rules"] = [
    {"when": {"service": ["passports"], "language": ["en"]}, "team": "north"},
    {"when": {"service": ["passports"]}, "team": "passports"},
    {"when": {"service": ["appeals"]}, "team": "office-a"},
    {"when": {"urgent": ["safety"], "respondent": ["employee"]}, "team": "office-b", "opens_case": True},
    {"when": {"source": ["staff"], "disclosure": ["anonymous"], "response_requested": True}, "team": "north"},
    {"team": "first-line"},
]
OFFICE["calendars"] = {
    "always": {
        "time_zone": "UTC",
        "weekly_hours": {day: ["00:00-24:00"] for day in WEEKDAYS},
    }
}
UNSORTED = {"kind": None, "has_text": True}


def standard(code: str, when: dict[str, Any], **more: Any) -> dict[str, Any]:
    clocks = [{"clock": "reply", "within": {"business_days": 2}}]
    return {"code": code, "name": {"fr": code, "en": code}, "when": when, "clocks": clocks, **more}


OFFICE["standards"] = [
    standard("any", {}),
    standard("urgent", {"priority": ["urgent"]}, calendar="always"),
    standard("complaints", {"kind": ["complaint"]}),
    standard("urgent-complaints", {"kind": ["complaint"], "priority": ["urgent"]}),
    standard("passports", {"service": ["passports"]}),
    standard("passport-letters", {"service": ["passports"], "channel": ["letter"]}),
    standard("passport-north", {"service": ["passports"], "service_point": ["office-north"]}),
    standard("french-first", {"language": ["fr"]}, rank=0),
    standard("french-second", {"language": ["fr", "nl"]}, rank=1),
    standard(
        "enquiries",
        {"kind": ["enquiry"], "service": ["appeals"]},
        clocks=[
            {"clock": "acknowledge", "within": {"calendar_days": 1}},
            {"clock": "reply", "within": {"business_days": 3}, "starts": "assignment"},
            {"clock": "resolve", "within": {"calendar_days": 30}},
            {"clock": "stage2_reply", "within": {"calendar_days": 30}, "starts": "reopening"},
        ],
    ),
]


@pytest.fixture(autouse=True, scope="module")
async def _office(routing: Routing) -> None:
    await routing.publish(OFFICE, NOW)


async def opened(routing: Routing, **said: Any) -> tuple[CaseOpened, RuleDecided, CaseAssigned | None]:
    feedback = submitted(NOW, **said)
    await routing.hear(feedback)
    events = [event for _, _, event in await routing.told(case_id_of(feedback.subject))]
    assert [type(event) for event in events] == [CaseOpened, RuleDecided, CaseAssigned][: len(events)]
    return events[0], events[1], events[2] if len(events) > 2 else None


async def tried(routing: Routing, body: dict[str, Any], *roles: str, teams: tuple[str, ...] = ()) -> httpx.Response:
    return await routing.http.post(
        "/v1/rules/trial", json=body, headers=routing.staff(*roles or ("admin",), teams=teams)
    )


# Precedence.


@pytest.mark.parametrize(
    ("said", "promised"),
    [
        ({}, "any"),
        ({"urgent": "threat"}, "urgent"),
        ({"kind": "complaint"}, "complaints"),
        ({"kind": "complaint", "urgent": "threat"}, "urgent-complaints"),
        ({"kind": "complaint", "urgent": "threat", "service": "passports"}, "passports"),
        ({"kind": "complaint", "service": "passports", "channel": "letter"}, "passport-letters"),
        ({"service": "passports", "channel": "letter", "service_point": "office-north"}, "passport-north"),
        ({"language": "fr"}, "french-first"),
        ({"language": "nl"}, "french-second"),
        ({"language": "fr", "kind": "complaint"}, "complaints"),
        ({"kind": "enquiry", "service": "appeals"}, "enquiries"),
    ],
    ids=str,
)
async def test_the_most_specific_standard_promises(routing: Routing, said: dict[str, Any], promised: str) -> None:
    event, *_ = await opened(routing, response_requested=True, **said)
    assert {clock.standard for clock in event.clocks} == {promised}


@pytest.mark.parametrize("said", [{"kind": "compliment"}, {"kind": "suggestion"}, {}], ids=str)
async def test_what_is_urgent_has_a_case_and_an_alert_whatever_it_is_called(
    routing: Routing, said: dict[str, Any]
) -> None:
    event, *_ = await opened(routing, urgent="self_harm", **said)
    assert event.priority == "urgent"
    raised = await routing.rows("SELECT 1 FROM alert WHERE case_id = :id", id=case_id_of(event.feedback_id))
    assert len(raised) == 1


async def test_business_days_are_those_of_the_calendar_that_the_standard_names(routing: Routing) -> None:
    event, *_ = await opened(routing, response_requested=True, urgent="threat")
    assert [clock.due_at.isoformat() for clock in event.clocks if clock.due_at] == ["2026-03-13T00:00:00+00:00"]
    [row] = await routing.rows("SELECT calendar FROM clock WHERE case_id = :id", id=case_id_of(event.feedback_id))
    assert row.calendar == "always"


async def test_clocks_that_wait_for_their_start_are_there_without_moments(routing: Routing) -> None:
    first, _, second = await opened(routing, kind="enquiry", service="appeals")
    assert second is not None
    waiting = [{one.clock for one in event.clocks if one.due_at is None} for event in (first, second)]
    assert waiting == [{"reply", "stage2_reply"}, {"stage2_reply"}]


# The decision.


async def test_the_decision_is_told_with_its_rule(routing: Routing) -> None:
    version = (await routing.rows("SELECT max(version) FROM rule_set"))[0][0]
    _, decided, assigned = await opened(routing, kind="complaint", service="passports")
    assert (decided.rule_set_version, decided.rule, decided.chosen_team) == (version, 2, "passports")
    assert (decided.overruled, assigned and assigned.team) == (False, "passports")
    _, decided, assigned = await opened(routing, has_text=True, service="passports")
    assert (decided.rule, decided.chosen_team, assigned) == (6, "first-line", None)


@pytest.mark.parametrize(
    ("said", "hidden", "team"),
    [
        pytest.param({"service": "passports"}, {"passports"}, "office-a", id="who runs the service"),
        pytest.param(
            {"service": "passports", "service_point": "office-north"},
            {"passports", "north"},
            "office-a",
            id="and who runs the point",
        ),
        pytest.param({"service": "pensions"}, {"first-line"}, "office-a", id="whom the rules choose"),
        pytest.param({}, {"first-line"}, "office-a", id="nothing is known of it"),
        pytest.param({"service": "appeals"}, {"office-a"}, "office-b", id="a restricted team"),
        pytest.param({"service": "passports", "language": "en"}, {"passports", "north"}, "office-a", id="both"),
        pytest.param({"service": "passports", **UNSORTED}, {"passports", "first-line"}, "office-a", id="unsorted"),
    ],
)
@pytest.mark.parametrize(
    "why", [{"concerns_staff": True}, {"disclosure": "confidential"}], ids=["staff", "confidential"]
)
async def test_what_is_about_a_team_is_hidden_from_it_and_another_has_it(
    routing: Routing, said: dict[str, Any], hidden: set[str], team: str, why: dict[str, Any]
) -> None:
    first, decided, assigned = await opened(routing, **{"kind": "complaint", **said, **why})
    assert assigned is not None
    for event in (first, decided, assigned):
        assert set(event.hidden_from) == hidden
        assert event.team == team
    assert (assigned.state, decided.overruled) == ("assigned", True)
    path = f"/v1/cases/{case_id_of(first.feedback_id)}"
    for role in ("agent", "supervisor", "reviewer", "manager"):
        seen = {
            code: (await routing.http.get(path, headers=routing.staff(role, teams=[code]))).status_code
            for code in (*hidden, team)
        }
        assert seen == {**dict.fromkeys(hidden, 404), team: 200}


async def test_where_nobody_else_is_left_reviewers_alone_see_it_and_it_has_an_owner(routing: Routing) -> None:
    lonely = deepcopy(OFFICE)
    lonely["teams"] = [{**team, "services": ["everything"]} for team in OFFICE["teams"]]
    await routing.publish(lonely, NOW)
    first, decided, assigned = await opened(routing, kind="complaint", service="everything", concerns_staff=True)
    assert (first.team, first.state, decided.overruled, assigned) == ("first-line", "new", False, None)
    path = f"/v1/cases/{case_id_of(first.feedback_id)}"
    assert (await routing.http.get(path, headers=routing.staff("agent", teams=["first-line"]))).status_code == 404
    assert (await routing.http.get(path, headers=routing.staff("reviewer"))).status_code == 200
    await routing.publish(OFFICE, NOW)


# The trial.

VALUES: dict[str, list[Any]] = {
    "channel": ["web", "letter"],
    "service": [None, "passports", "appeals", "pensions"],
    "service_point": [None, "office-north"],
    "kind": [None, "complaint", "enquiry", "suggestion", "compliment"],
    "language": [None, "fr", "en"],
    "source": ["web_form", "staff"],
    "respondent": [None, "employee"],
    "urgent": [None, "safety"],
    "disclosure": ["named", "confidential", "anonymous"],
    "concerns_staff": [False, False, True],
    "response_requested": [False, True],
    "has_text": [False, True],
}


async def test_the_trial_says_what_opening_then_does(routing: Routing) -> None:
    routing.at(NOW)
    chance = random.Random(20260310)  # noqa: S311 - a repeatable sample
    for _ in range(60):
        said = {name: chance.choice(values) for name, values in VALUES.items()}
        answer = await tried(routing, {"feedback": said, "submitted_at": NOW.isoformat()})
        assert answer.status_code == 200, answer.text
        foretold = answer.json()
        feedback = submitted(NOW, **said)
        await routing.hear(feedback)
        events = [event for _, _, event in await routing.told(case_id_of(feedback.subject))]
        assert bool(events) is foretold["opens_case"]
        if not events:
            continue
        first, decided, last = events[0], events[1], events[-1]
        assert (decided.rule, decided.chosen_team) == (foretold["rule"], foretold["chosen_team"]["code"])
        assert (last.team, last.priority) == (foretold["team"]["code"], foretold["priority"])
        assert list(first.hidden_from) == foretold["hidden_from"]
        assert isinstance(last, CaseAssigned) is foretold["is_assigned"]
        clocks = (last if isinstance(last, CaseAssigned) else first).clocks
        assert [(one.clock, one.due_at) for one in clocks] == [
            (one["clock"], one["due_at"] and local_of(one["due_at"])) for one in foretold["clocks"]
        ]
        case = {"feedback_id": str(feedback.subject), "submitted_at": NOW.isoformat()}
        again = (await tried(routing, case, "admin", "reviewer")).json()
        assert again == foretold


def local_of(moment: str) -> Any:
    return local("2026-01-01").fromisoformat(moment)


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"]
)
async def test_a_trial_of_a_moment_that_no_calendar_has_is_refused(routing: Routing, moment: str) -> None:
    body = {"feedback": {"kind": "complaint"}, "submitted_at": moment}
    answer = await routing.http.post("/v1/rules/trial", json=body, headers=routing.staff("admin"))
    assert answer.status_code == 422


async def test_a_trial_of_other_rules_writes_nothing(routing: Routing) -> None:
    before = await routing.rows(
        "SELECT count(*), (SELECT count(*) FROM cases), (SELECT max(version) FROM rule_set) FROM event_pending"
    )
    rules = [{"when": {"topic": ["fees"]}, "team": "north"}, {"team": "passports"}]
    answer = await tried(routing, {"rules": rules, "feedback": {"kind": "complaint", "topic": "fees"}})
    outcome = answer.json()
    assert (outcome["rule"], outcome["team"]["code"], outcome["rule_set_version"]) == (1, "north", None)
    assert outcome["team"]["name"]["fr"] == "Nord"
    after = await routing.rows(
        "SELECT count(*), (SELECT count(*) FROM cases), (SELECT max(version) FROM rule_set) FROM event_pending"
    )
    assert before == after


async def test_a_trial_shows_no_case_that_one_may_not_see(routing: Routing) -> None:
    feedback = submitted(NOW, kind="complaint", service="passports", concerns_staff=True)
    await routing.hear(feedback)
    body = {"feedback_id": str(feedback.subject)}
    assert (await tried(routing, body, "reviewer")).status_code == 200
    assert (await tried(routing, body, "reviewer", teams=("passports",))).status_code == 404
    assert (await tried(routing, body, "agent", teams=("north",))).status_code == 404
    assert (await tried(routing, {"feedback_id": str(uuid4())}, "reviewer")).status_code == 404
    assert (await tried(routing, {}, "reviewer")).status_code == 422
    assert (await tried(routing, {"rules": [{"team": "ghosts"}], "feedback": {}})).status_code == 422
    assert (await routing.http.post("/v1/rules/trial", json=body)).status_code == 401
