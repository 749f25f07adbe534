"""The gateway that containers have: nginx, as nobody special, before the whole system."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from deploy.gateway.nginx import nginx_conf
from tests.containers.isolation import as_a_container
from tests.system import System, eventually, free_ports, json_of

A_MINUTE = 5


class Gateway(NamedTuple):
    """Where it answers, and what it writes down."""

    url: str
    log: Path


@pytest.fixture(scope="module")
def address() -> str:
    return f"127.0.0.1:{free_ports(1)[0]}"


@pytest.fixture(scope="module")
def behind(postgres: str, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    settings = {
        "ECOUTE_DATABASE_URL": postgres,
        "ECOUTE_PUBLIC_URL": f"http://{address}",
        "ECOUTE_ANONYMOUS_PER_MINUTE": str(A_MINUTE),
    }
    with System(tmp_path_factory.mktemp("behind"), settings) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(behind: System, address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    conf = nginx_conf().replace("listen 8000;", f"listen {address};")
    conf = re.sub(r"server (\w+):\d+", lambda found: f"server {behind.addresses[found[1].upper()]}", conf)
    (folder / "nginx.conf").write_text(conf)
    with (folder / "log").open("wb") as log:
        command = ["nginx", "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        process = as_a_container(command, {}, seen={str(folder): folder}, volumes={}, log=log)
    try:
        running = Gateway(f"http://{address}", folder / "log")
        eventually(lambda: _is_alive(running, process))
        yield running
    finally:
        process.terminate()
        process.wait(10)


def _is_alive(running: Gateway, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, running.log.read_text()
    try:
        return httpx.get(f"{running.url}/healthz").text == "alive\n"
    except httpx.TransportError:
        return False


def test_those_who_come_through_one_proxy_are_counted_apart(gateway: Gateway) -> None:
    asked = f"{gateway.url}/v1/services"
    statuses = [_ask(asked, "203.0.113.7").status_code for _ in range(A_MINUTE + 1)]
    assert statuses == [200] * A_MINUTE + [429]
    assert _ask(asked, "203.0.113.8").status_code == 200
    assert _ask(asked, "203.0.113.9, 203.0.113.7").status_code == 429, "nobody passes for another by a header of theirs"
    assert _ask(asked, "203.0.113.9").status_code == 200


def test_who_signs_in_is_not_sent_round_in_a_circle(gateway: Gateway) -> None:
    sent = _ask(f"{gateway.url}/sign-in", "203.0.113.10")
    assert sent.status_code == 303
    assert httpx.URL(sent.headers["Location"]).path.startswith("/development-issuer/")


def test_a_body_that_is_too_large_and_a_path_that_is_nobodys_are_problems(gateway: Gateway) -> None:
    _is_problem(httpx.get(f"{gateway.url}/v1/nobodys"), 404, "not-found")
    _is_problem(httpx.post(f"{gateway.url}/v1/feedback", content=b"x" * (2**20 + 1)), 413, "content-too-large")
    batch = f"{gateway.url}/v1/feedback/batch"
    _is_problem(httpx.post(batch, content=b"x" * (24 * 2**20 + 1)), 413, "content-too-large")
    french = httpx.get(f"{gateway.url}/v1/nobodys", headers={"Accept-Language": "fr-CA"})
    assert (french.json()["title"], french.headers["Content-Language"]) == ("Il n'y a rien ici.", "fr")


def test_a_browser_at_a_path_that_is_nobodys_is_told_so_by_a_page(gateway: Gateway) -> None:
    asked = {"Accept": "text/html", "X-Forwarded-For": "203.0.113.13"}
    page = httpx.get(f"{gateway.url}/nobodys", headers=asked | {"Accept-Language": "fr"})
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Il n&#39;y a rien ici.</h1>" in page.text
    _is_problem(httpx.get(f"{gateway.url}/nobodys"), 404, "not-found")
    _is_problem(httpx.get(f"{gateway.url}/v1/nobodys", headers=asked), 404, "not-found")
    _is_problem(httpx.post(f"{gateway.url}/nobodys", headers=asked), 404, "not-found")


def test_a_problem_of_a_service_is_handed_on_as_it_is(gateway: Gateway) -> None:
    refused = json_of(_ask(f"{gateway.url}/v1/services/nobodys", "203.0.113.11"), 404)
    assert refused["request_id"]


def test_a_service_that_is_away_is_said_to_be_away_and_comes_back(gateway: Gateway, behind: System) -> None:
    asked = f"{gateway.url}/v1/services"
    assert _ask(asked, "203.0.113.12").status_code == 200
    behind.stop()
    away = _ask(asked, "203.0.113.12")
    _is_problem(away, 503, "service-unavailable")
    assert away.headers["Retry-After"] == "2"
    behind.start()
    assert _ask(asked, "203.0.113.12").status_code == 200
    assert "203.0.113" not in gateway.log.read_text(), "an address of a person"


def _ask(url: str, person: str) -> httpx.Response:
    return httpx.get(url, headers={"X-Forwarded-For": person})


def _is_problem(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert json_of(answer, status)["type"] == f"urn:ecoute:problem:{kind}"
    assert answer.headers["Content-Language"] == "en"
