"""The collection for operations teams: every call of the documents, ready to be sent."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.services import SERVICES

ROOT = Path(__file__).parents[2] / "openapi"


@pytest.fixture(scope="module")
def requests() -> dict[tuple[str, str], dict[str, Any]]:
    """By method and path, as the documents write it."""
    collection = json.loads((ROOT / "postman.json").read_text("utf-8"))
    found = {}
    for service in collection["item"]:
        for folder in service["item"]:
            for call in folder["item"]:
                request = call["request"]
                path = "/" + "/".join(f"{{{one[1:]}}}" if one[0] == ":" else one for one in request["url"]["path"])
                found[request["method"].lower(), path] = request
    return found


def test_every_call_of_the_documents_is_in_it_and_no_other(requests: dict[tuple[str, str], dict[str, Any]]) -> None:
    documents = [yaml.load((ROOT / f"{name}.yaml").read_text("utf-8"), yaml.CSafeLoader) for name in SERVICES]
    calls = {(method, path) for one in documents for path, methods in one["paths"].items() for method in methods}
    assert requests.keys() == calls


def test_feedback_is_ready_to_be_sent_without_a_token_and_once(requests: dict[tuple[str, str], dict[str, Any]]) -> None:
    request = requests["post", "/v1/feedback"]
    assert json.loads(request["body"]["raw"])["channel"]
    assert request["auth"] == {"type": "noauth"}
    assert ("idempotency-key", "{{$guid}}") in {(one["key"], one["value"]) for one in request["header"]}


@pytest.mark.parametrize(
    "call",
    [
        ("get", "/v1/services"),
        ("get", "/v1/service-standards/{code}"),
        ("get", "/v1/service-standard-results"),
        ("post", "/v1/oauth/token"),
    ],
)
def test_what_anybody_may_ask_goes_without_a_token(
    requests: dict[tuple[str, str], dict[str, Any]], call: tuple[str, str]
) -> None:
    assert requests[call]["auth"] == {"type": "noauth"}


def test_the_logs_are_asked_for_where_they_are_since_no_gateway_leads_there(
    requests: dict[tuple[str, str], dict[str, Any]],
) -> None:
    hosts = {(method, path): request["url"]["host"] for (method, path), request in requests.items()}
    elsewhere = {call: host for call, [host] in hosts.items() if host != "{{base}}"}
    assert elsewhere == {
        ("get", "/v1/feedback-events"): "{{intake}}",
        ("get", "/v1/feedback-events/head"): "{{intake}}",
        ("get", "/v1/case-events"): "{{routing}}",
        ("get", "/v1/case-events/head"): "{{routing}}",
    }
    assert requests["get", "/v1/case-events"]["url"]["raw"] == "{{routing}}/v1/case-events"


def test_the_person_is_known_by_the_code_and_staff_by_the_token(
    requests: dict[tuple[str, str], dict[str, Any]],
) -> None:
    headers = requests["get", "/v1/tracking"]["header"]
    assert {"key": "Tracking-Code", "value": "{{tracking_code}}"} in headers
    assert requests["get", "/v1/tracking"]["auth"] == {"type": "noauth"}
    assert "auth" not in requests["get", "/v1/cases"]
