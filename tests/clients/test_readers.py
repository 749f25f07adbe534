"""What others read with their own libraries: the log with the CloudEvents SDK, metrics with Prometheus' parser."""

import json
from uuid import uuid4

import httpx
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from prometheus_client.parser import text_string_to_metric_families

from tests.system import NAMES, System, client, eventually, json_of


def test_the_log_is_read_with_the_sdk_of_cloudevents(system: System) -> None:
    body = {"channel": "web", "kind": "suggestion", "text": "Open on Saturdays."}
    with client(system.intake) as http:
        receipt = json_of(http.post("/v1/feedback", json=body, headers={"Idempotency-Key": str(uuid4())}), 201)
    with client(system.intake, system.staff("service")) as http:
        logged = eventually(
            lambda: [
                one
                for one in http.get("/v1/feedback-events", params={"limit": 1000}).json()
                if one["subject"] == receipt["id"]
            ]
        )
    event = JSONFormat().read(CloudEvent, json.dumps(logged[0]))
    assert event.get_type() == "ca.ecoute.feedback.submitted.v1"
    assert event.get_source() == "/intake"
    assert event.get_subject() == receipt["id"]
    assert event.get_time() is not None
    assert event.get_extension("sequence") == "1"
    data = event.get_data()
    assert isinstance(data, dict)
    assert data["channel"] == "web"


def test_prometheus_parses_what_every_process_tells(system: System) -> None:
    addresses = [system.environment[f"ECOUTE_{name}_{kind}"] for name in NAMES for kind in ("LISTEN", "WORKER_LISTEN")]
    for address in addresses:
        text = httpx.get(f"http://{address}/metrics").text
        families = {family.name: family for family in text_string_to_metric_families(text)}
        assert "ecoute_http_request_seconds" in families
        assert all(family.documentation for name, family in families.items() if name.startswith("ecoute_"))
