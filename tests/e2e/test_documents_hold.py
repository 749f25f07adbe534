"""The three documents against the running system: whatever they allow is answered as they say, and never with a 5xx."""

import json
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from libs.contracts.cases import case_id_of
from tests.system import AT_FULL_COUNT, ROOT, System, eventually, json_of

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ACTED_ON = {"etag", "link", "location", "retry-after", "www-authenticate"}
ROLES = ("admin", "agent", "supervisor", "reviewer", "manager", "analyst", "importer", "auditor", "service")
# At the full count also what lies at the edge of each schema, some seventy requests a call.
CONFIG = SchemathesisConfig.from_dict({"phases": {"coverage": {"enabled": AT_FULL_COUNT}}})
QUICKLY = settings(max_examples=12, derandomize=True, suppress_health_check=list(HealthCheck), database=None)

intake = schemathesis.openapi.from_path(ROOT / "openapi" / "intake.yaml", config=CONFIG)
routing = schemathesis.openapi.from_path(ROOT / "openapi" / "routing.yaml", config=CONFIG)
analytics = schemathesis.openapi.from_path(ROOT / "openapi" / "analytics.yaml", config=CONFIG)


class Caller:
    """Somebody who may do everything, and who knows what is there."""

    def __init__(self, system: System) -> None:
        roles = [word for role in ROLES for word in ("--role", role)]
        token = system.ecoute("token", *roles, "--team", "passports", "--team", "first-line").stdout.strip()
        self.headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(timeout=20)
        complaint = {
            "channel": "web",
            "kind": "complaint",
            "service": "passports",
            "text": "Rien depuis trois semaines.",
        }
        receipt = json_of(httpx.post(f"{system.intake}/v1/feedback", json=complaint), 201)
        self.feedback_id, self.tracking_code = receipt["id"], receipt["tracking_code"]
        self.case_id = str(case_id_of(receipt["id"]))
        eventually(lambda: httpx.get(f"{system.routing}/v1/cases/{self.case_id}", headers=self.headers).is_success)
        self.known = {"feedback_id": self.feedback_id, "case_id": self.case_id}

    def call(self, case: schemathesis.Case, address: str) -> None:
        """Send what was generated, at what is there where it names something by id; see that the document holds."""
        for name, value in self.known.items():
            if name in (case.path_parameters or {}):
                case.path_parameters[name] = value
        case.query = {name: value for name, value in (case.query or {}).items() if name != "wait"}
        is_person = case.path.startswith(("/v1/tracking", "/v1/privacy"))
        case.headers = {**(case.headers or {}), **self.headers}
        if is_person:
            case.headers["Tracking-Code"] = self.tracking_code
        _see_headers(case, case.call_and_validate(base_url=address, checks=CHECKS))
        if isinstance(case.body, dict) and len(case.body) > 1:
            self.spoil(case, address)

    def spoil(self, case: schemathesis.Case, address: str) -> None:
        """The same with a NUL in each of its texts, and in bytes that are no UTF-8: refused, as the document says."""
        for spoilt in (
            json.dumps(_with_nul(case.body)).encode(),
            json.dumps(case.body).encode().replace(b'": "', b'": "\xff'),
        ):
            answer = self.http.request(
                case.method,
                f"{address}{case.formatted_path}",
                content=spoilt,
                headers={**self.headers, "Content-Type": "application/json"},
            )
            assert answer.status_code < 500, (case.method, case.path, spoilt, answer.text)


def _see_headers(case: schemathesis.Case, answer: schemathesis.Response) -> None:
    """What a program acts on is documented; and a version, or a place, that is documented is there."""
    document = case.operation.schema.raw_schema
    declared = document["paths"][case.operation.path][case.method.lower()]["responses"][str(answer.status_code)]
    if "$ref" in declared:
        declared = document["components"]["responses"][declared["$ref"].rpartition("/")[2]]
    documented = {name.lower() for name in declared.get("headers", {})}
    assert ACTED_ON & answer.headers.keys() <= documented, (case.operation.label, answer.status_code)
    if answer.status_code < 300:
        assert documented & {"etag", "location"} <= answer.headers.keys(), (case.operation.label, answer.status_code)


def _with_nul(node: Any) -> Any:
    if isinstance(node, str):
        return f"{node}\0"
    if isinstance(node, dict):
        return {name: _with_nul(value) for name, value in node.items()}
    return [_with_nul(value) for value in node] if isinstance(node, list) else node


@pytest.fixture(scope="module")
def caller(system: System) -> Caller:
    return Caller(system)


@intake.parametrize()
@QUICKLY
def test_intake_answers_as_documented(case: schemathesis.Case, caller: Caller, system: System) -> None:
    caller.call(case, system.intake)


@routing.parametrize()
@QUICKLY
def test_routing_answers_as_documented(case: schemathesis.Case, caller: Caller, system: System) -> None:
    caller.call(case, system.routing)


@analytics.parametrize()
@QUICKLY
def test_analytics_answers_as_documented(case: schemathesis.Case, caller: Caller, system: System) -> None:
    caller.call(case, system.analytics)
