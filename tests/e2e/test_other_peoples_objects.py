"""What is not one's own does not exist: another team's, another partner's, and what must be hidden from one's team."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest

from libs.contracts.cases import case_id_of
from libs.contracts.codes import Scope
from tests.e2e.access import DECISIONS
from tests.e2e.test_access import CALLS
from tests.system import System, eventually, json_of

LATER = "2036-01-31T12:00:00Z"
BODIES: dict[str, dict[str, Any]] = {
    "PATCH /v1/feedback/{feedback_id}": {"topic": "courtesy"},
    "POST /v1/feedback/{feedback_id}/tracking-code": {"reason": "lost"},
    "POST /v1/feedback/{feedback_id}/deliveries": {"answer": 1, "by": "phone", "outcome": "delivered"},
    "POST /v1/cases/{case_id}/assign": {"team": "first-line"},
    "POST /v1/cases/{case_id}/classify": {"topic": "courtesy"},
    "POST /v1/cases/{case_id}/transfer": {"team": "first-line"},
    "POST /v1/cases/{case_id}/refer": {"to": "Elsewhere", "text": "Not ours."},
    "POST /v1/cases/{case_id}/decline": {"reason": "abusive", "text": "No."},
    "POST /v1/cases/{case_id}/ask": {"text": "Which?", "until": LATER, "otherwise": "We decide without it."},
    "POST /v1/cases/{case_id}/suspend": {"for": "third_party", "reason": "expert", "until": LATER},
    "POST /v1/cases/{case_id}/extend": {"clock": "reply", "due_at": LATER, "text": "Why.", "recourse": "Write."},
    "POST /v1/cases/{case_id}/escalate": {"priority": "high"},
    "POST /v1/cases/{case_id}/note": {"note": "Seen."},
    "POST /v1/cases/{case_id}/reply": {"text": "Done.", "outcome": "upheld"},
    "POST /v1/cases/{case_id}/reopen": {"reason": "New facts."},
    "POST /v1/cases/{case_id}/link": {"case_id": str(uuid4())},
}
OF_AN_OBJECT = [one for one in CALLS if "{feedback_id}" in one.values[1] or "{case_id}" in one.values[1]]
ALPHA, BETA = "objects-alpha", "objects-beta"
STAFF_OF_A_TEAM = ("agent", "supervisor")


@dataclass
class Objects:
    """A complaint about passports that partner alpha sent, and one about the staff there, with an urgent reason."""

    system: System
    http: httpx.Client
    partners: dict[str, dict[str, str]]
    sent_by_alpha: str
    hidden: str

    def send(self, service: str, call: str, feedback_id: str, headers: dict[str, str]) -> httpx.Response:
        method, path = call.split()
        path = path.format(feedback_id=feedback_id, case_id=case_id_of(feedback_id))
        body = BODIES.get(call, {}) if method in ("POST", "PATCH") else None
        return self.http.request(method, f"{getattr(self.system, service)}{path}", json=body, headers=headers)


@pytest.fixture(scope="module")
def objects(system: System) -> Iterator[Objects]:
    with httpx.Client(timeout=30) as http:
        partners = {code: _partner(system, http, code) for code in (ALPHA, BETA)}
        complaint = {"channel": "phone", "kind": "complaint", "service": "passports", "text": "Toujours rien."}
        sent = json_of(http.post(f"{system.intake}/v1/feedback", json=complaint, headers=partners[ALPHA]), 201)
        about_staff = {**complaint, "channel": "web", "concerns_staff": True, "urgent": "threat"}
        hidden = json_of(http.post(f"{system.intake}/v1/feedback", json=about_staff), 201)
        reviewer = system.staff("reviewer")

        def is_known_everywhere(feedback_id: str) -> Callable[[], bool]:
            return lambda: (
                http.get(f"{system.routing}/v1/cases/{case_id_of(feedback_id)}", headers=reviewer).is_success
                and bool(_listed(http, f"{system.intake}/v1/feedback?team=complaints-office", reviewer))
            )

        for one in (sent, hidden):
            eventually(is_known_everywhere(one["id"]), 20)
        yield Objects(system, http, partners, sent["id"], hidden["id"])


def _partner(system: System, http: httpx.Client, code: str) -> dict[str, str]:
    """The headers of a partner that may do everything, for the pension team."""
    admin = system.staff("admin")
    body = {"name": {"fr": code, "en": code}, "scopes": list(get_args(Scope)), "teams": ["pensions"]}
    json_of(http.put(f"{system.intake}/v1/partners/{code}", json=body, headers=admin), 201)
    key = json_of(http.post(f"{system.intake}/v1/partners/{code}/keys", json={}, headers=admin), 201)["key"]
    form = {"grant_type": "client_credentials", "client_id": code, "client_secret": key}
    token = json_of(http.post(f"{system.intake}/v1/oauth/token", data=form))["access_token"]
    return {"Authorization": f"Bearer {token}", "Acting-Agent": "anne"}


def _listed(http: httpx.Client, url: str, headers: dict[str, str]) -> set[str]:
    return {item.get("feedback_id") or item["id"] for item in json_of(http.get(url, headers=headers))["items"]}


@pytest.mark.parametrize(("service", "call"), OF_AN_OBJECT)
def test_another_teams_object_does_not_exist(service: str, call: str, objects: Objects) -> None:
    for role in set(STAFF_OF_A_TEAM) & set(DECISIONS[call].split()):
        answer = objects.send(service, call, objects.sent_by_alpha, objects.system.staff(role, "pensions"))
        assert answer.status_code == 404, (role, answer.text)


@pytest.mark.parametrize(("service", "call"), OF_AN_OBJECT)
def test_another_partners_object_does_not_exist(service: str, call: str, objects: Objects) -> None:
    answer = objects.send(service, call, objects.sent_by_alpha, objects.partners[BETA])
    assert answer.status_code in (403, 404), answer.text


@pytest.mark.parametrize(("service", "call"), OF_AN_OBJECT)
def test_the_team_complained_about_finds_nothing_whatever_else_its_members_are(
    service: str, call: str, objects: Objects
) -> None:
    roles = set(DECISIONS[call].split()) - {"service"}
    for role in sorted(role for role in roles if ":" not in role):
        for teams in (["passports"], ["passports", "complaints-office"]):
            answer = objects.send(service, call, objects.hidden, objects.system.staff(role, *teams))
            assert answer.status_code == 404, (role, teams, answer.text)


def test_lists_counts_and_searches_know_nothing_of_what_is_hidden(objects: Objects) -> None:
    system, http = objects.system, objects.http
    reference = json_of(
        http.get(f"{system.routing}/v1/cases/{case_id_of(objects.hidden)}", headers=system.staff("reviewer"))
    )
    for role in ("agent", "supervisor", "reviewer", "manager"):
        members = system.staff(role, "passports", "complaints-office")
        office = json_of(http.get(f"{system.routing}/v1/cases?team=complaints-office", headers=members))
        assert objects.hidden not in {case["feedback_id"] for case in office["items"]}
        assert office["counts"]["urgent"] == 0
        assert sum(office["counts"]["by_state"].values()) == len(office["items"])
        assert objects.hidden not in _listed(http, f"{system.intake}/v1/feedback?limit=200", members)
        if role != "manager":
            found = http.get(f"{system.intake}/v1/feedback/search?reference={reference['reference']}", headers=members)
            assert json_of(found)["items"] == []
    theirs = json_of(
        http.get(
            f"{system.routing}/v1/cases?team=complaints-office", headers=system.staff("agent", "complaints-office")
        )
    )
    assert objects.hidden in {case["feedback_id"] for case in theirs["items"]}
    assert theirs["counts"]["urgent"] == 1


def test_a_partner_lists_what_it_sent_and_nothing_else(objects: Objects) -> None:
    system, http = objects.system, objects.http
    for code, expected in ((ALPHA, {objects.sent_by_alpha}), (BETA, set())):
        by_itself = {"Authorization": objects.partners[code]["Authorization"]}  # with an agent it works for its teams
        assert _listed(http, f"{system.intake}/v1/feedback?limit=200", by_itself) == expected


def test_a_hidden_case_is_not_given_to_the_team_it_is_hidden_from(objects: Objects) -> None:
    office = objects.system.staff("supervisor", "complaints-office")
    for verb in ("assign", "transfer"):
        answer = objects.http.post(
            f"{objects.system.routing}/v1/cases/{case_id_of(objects.hidden)}/{verb}",
            json={"team": "passports"},
            headers=office,
        )
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:team-is-complained-about")
