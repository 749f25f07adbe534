"""The one base address: every path of a service leads to it, whoever proxies."""

import pytest

from deploy.documents import application
from deploy.gateway.paths import PREFIXES, service_of

LOGS = ("/v1/feedback-events", "/v1/feedback-events/head", "/v1/case-events", "/v1/case-events/head")
FOR_OPERATIONS = ("/healthz", "/readyz", "/metrics")
SHARED = "/assets/{mark}/{name}"


def paths(service: str) -> set[str]:
    """Of every call and every page of a service."""
    routers = [getattr(one, "original_router", None) for one in application(service).routes]
    return {route.path for router in routers if router for route in router.routes} - {*FOR_OPERATIONS, *LOGS}


@pytest.mark.parametrize("service", PREFIXES)
def test_every_call_and_every_page_leads_to_its_service(service: str) -> None:
    found = paths(service)
    assert len(found) > 5
    assert {path: service_of(path) for path in found - {SHARED}} == dict.fromkeys(found - {SHARED}, service)


def test_assets_are_the_same_in_every_service_and_found_at_one() -> None:
    assert all(SHARED in paths(service) for service in PREFIXES)
    assert service_of("/assets/0123456789ab/ecoute.css") == "analytics"


@pytest.mark.parametrize(
    "path", [*LOGS, *FOR_OPERATIONS, "/v1", "/v1/", "/v1/feedback-eventsx", "/nothing", "//", "//feedback", ""]
)
def test_logs_and_what_is_for_operations_lead_nowhere(path: str) -> None:
    assert service_of(path) is None
