"""Every endpoint × everybody who could call it: from the documents, so that none is forgotten."""

import re
from collections.abc import Iterator
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
import yaml

from deploy.services import SERVICES
from libs.contracts.codes import Role, Scope
from tests.e2e.access import CODE, DECISIONS, OPEN
from tests.system import ROOT, System, json_of

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENTS: dict[str, dict[str, Any]] = {
    name: yaml.load((ROOT / "openapi" / f"{name}.yaml").read_text("utf-8"), yaml.CSafeLoader) for name in SERVICES
}
CALLS = [
    pytest.param(service, f"{method.upper()} {path}", id=f"{method.upper()} {path}")
    for service, document in DOCUMENTS.items()
    for path, operations in document["paths"].items()
    for method in operations
    if method in METHODS
]
NOBODY = "nobody"


@pytest.fixture(scope="module")
def everybody(system: System) -> dict[str, dict[str, str]]:
    """The headers of each role and of a partner with each scope; and of one without any token."""
    admin = system.staff("admin")
    headers = {role: system.staff(role) for role in get_args(Role)}
    with httpx.Client(base_url=system.intake, timeout=20) as intake:
        for scope in get_args(Scope):
            code = f"access-{scope.replace(':', '-')}"
            body = {"name": {"fr": scope, "en": scope}, "scopes": [scope], "teams": ["passports"]}
            json_of(intake.put(f"/v1/partners/{code}", json=body, headers=admin), 201)
            key = json_of(intake.post(f"/v1/partners/{code}/keys", json={}, headers=admin), 201)["key"]
            form = {"grant_type": "client_credentials", "client_id": code, "client_secret": key}
            token = json_of(intake.post("/v1/oauth/token", data=form))["access_token"]
            headers[scope] = {"Authorization": f"Bearer {token}", "Acting-Agent": "anne"}
    return {**headers, NOBODY: {}}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=20) as client:
        yield client


def test_every_endpoint_has_a_decision_and_every_decision_an_endpoint() -> None:
    calls = {one.values[1] for one in CALLS}
    assert sorted(calls ^ set(DECISIONS)) == []


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_a_call_that_is_not_for_everybody_says_how_it_refuses(service: str, call: str) -> None:
    method, path = call.lower().split(" ", maxsplit=1)
    declared = DOCUMENTS[service]["paths"][path][method]["responses"]
    refused = {OPEN: set(), CODE: {"401"}}.get(DECISIONS[call], {"401", "403"})
    assert refused <= declared.keys()


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_each_may_what_was_decided_and_nothing_else(
    service: str, call: str, system: System, everybody: dict[str, dict[str, str]], http: httpx.Client
) -> None:
    method, path = call.split()
    address = f"{getattr(system, service)}{_somewhere(path)}"
    answers = {
        who: http.request(method, address, json={} if method in ("POST", "PUT", "PATCH") else None, headers=headers)
        for who, headers in everybody.items()
    }
    decision = DECISIONS[call]
    if decision == CODE:
        assert {answer.status_code for answer in answers.values()} <= {401, 422}
        return
    if decision == OPEN:
        refused = {who for who, answer in answers.items() if answer.status_code in (401, 403)}
        assert refused <= (set(get_args(Scope)) - {"feedback:write"} if call == "POST /v1/feedback" else set())
        return
    allowed = set(decision.split()) | ({"cases:work"} if "agent" in decision.split() else set())
    allowed -= {word for said in allowed for word in (said, said.removeprefix("not:")) if said.startswith("not:")}
    let_in = {who for who, answer in answers.items() if answer.status_code not in (401, 403)}
    assert let_in == allowed, {
        who: answer.text for who, answer in answers.items() if (who in let_in) != (who in allowed)
    }
    assert answers[NOBODY].status_code == 401
    assert {answers[who].status_code for who in set(answers) - allowed - {NOBODY}} <= {403}
    assert all(answer.status_code < 500 for answer in answers.values())


@pytest.mark.parametrize(("service", "call"), [one for one in CALLS if one.values[1].startswith("GET ")])
def test_a_parameter_that_nobody_knows_finds_nothing_instead_of_everything(
    service: str, call: str, system: System, everybody: dict[str, dict[str, str]], http: httpx.Client
) -> None:
    address = f"{getattr(system, service)}{_somewhere(call.split()[1])}"
    answer = http.get(address, params={"colour": "red"}, headers=everybody["admin"])
    [wrong] = json_of(answer, 422)["errors"]
    assert (wrong["parameter"], wrong["code"]) == ("colour", "extra_forbidden")


@pytest.mark.parametrize(
    ("service", "path"), [(service, path) for service, document in DOCUMENTS.items() for path in document["paths"]]
)
def test_what_may_be_done_at_an_address_is_told_where_something_else_was_tried(
    service: str, path: str, system: System, everybody: dict[str, dict[str, str]], http: httpx.Client
) -> None:
    answer = http.request("PURGE", f"{getattr(system, service)}{_somewhere(path)}", headers=everybody["admin"])
    assert answer.status_code == 405
    document = DOCUMENTS[service]["paths"]
    documented = {method.upper() for method in document[path] if method in METHODS}
    others = {method.upper() for other in document if _is_also(path, other) for method in document[other]}
    assert documented <= set(answer.headers["allow"].split(", ")) <= documented | others


def _is_also(path: str, other: str) -> bool:
    """Whether what stands at the one could be a code or an id at the other, such as `search` of a feedback."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/{}]+", other), path) is not None


def _somewhere(path: str) -> str:
    """The path with ids and codes of things that are not there."""
    filled = re.sub(r"\{(feedback_id|case_id)\}", lambda _: str(uuid4()), path)
    return re.sub(r"\{\w+\}", "no-such-thing", filled)
