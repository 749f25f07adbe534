"""What compose.yaml runs of ours, run without an engine: the processes start, work and end as in containers."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from deploy.databases import make_databases
from deploy.kafka.broker import Cluster
from libs.common.embedded import start_postgres
from libs.common.stream.ledger import read_ledger
from tests.composed import Container, containers, folders_of_the_image
from tests.containers.isolation import USER, as_a_container
from tests.system import ROOT, eventually, free_ports, json_of

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="mounts need root, and Linux"
)

SERVICES = ("intake", "routing", "analytics")
SIGNING_KEY = rsa.generate_private_key(65537, 2048)
COMPLAINT = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Three weeks and no answer."}


class Running(NamedTuple):
    """The processes by the names of their containers, the addresses of the APIs, and the folder that is the volume."""

    processes: dict[str, "subprocess.Popen[bytes]"]
    addresses: dict[str, str]
    volume: Path
    issuer: str


@pytest.fixture(scope="module")
def running(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("containers")
    with ExitStack() as stack:
        server = str(stack.enter_context(start_postgres(folder / "postgresql" / "data")).get_uri())
        issuer = stack.enter_context(_an_issuer(folder / "issuer"))
        ports = {one.name: next(iter(free_ports(1))) for one in containers() if one.verb != "prepare"}
        addresses = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        volume = folder / "ledger"
        volume.mkdir(mode=0o755)
        if "/ledger" in folders_of_the_image():
            shutil.chown(volume, USER, USER)
        elsewhere = {
            "ECOUTE_KAFKA_BOOTSTRAP": kafka.bootstrap,
            "ECOUTE_JWKS_URL": f"{issuer}/keys.json",
            "ECOUTE_TOKEN_ISSUER": issuer,
            "ECOUTE_SERVICE_TOKEN": _token(issuer, "service"),
            "ECOUTE_INTAKE_CASE_EVENTS_URL": f"{addresses['routing']}/v1/case-events",
            "ECOUTE_ROUTING_FEEDBACK_EVENTS_URL": f"{addresses['intake']}/v1/feedback-events",
            "ECOUTE_ANALYTICS_FEEDBACK_EVENTS_URL": f"{addresses['intake']}/v1/feedback-events",
            "ECOUTE_ANALYTICS_CASE_EVENTS_URL": f"{addresses['routing']}/v1/case-events",
            **{f"ECOUTE_{name.upper()}_LISTEN": f"127.0.0.1:{ports[name]}" for name in SERVICES},
            **{f"ECOUTE_{name.upper()}_WORKER_LISTEN": f"127.0.0.1:{ports[f'{name}-worker']}" for name in SERVICES},
            **{f"ECOUTE_{name.upper()}_DATABASE_URL": url for name, url in make_databases(server, SERVICES).items()},
        }

        def start(container: Container) -> subprocess.Popen[bytes]:
            log = stack.enter_context((folder / f"{container.name}.log").open("wb"))
            return as_a_container(
                [sys.executable, "-m", "deploy.cli", container.verb, container.service],
                {
                    **{name: elsewhere.get(name, value) for name, value in container.environment.items()},
                    "PYTHONPATH": str(ROOT),
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                seen={ROOT: str(ROOT), ROOT / "examples": "/ecoute/examples", folder: str(folder)},
                volumes=dict.fromkeys([volume] if container.volumes else [], "/ledger"),
                log=log,
            )

        for one in containers():
            if one.verb == "prepare":
                assert start(one).wait(60) == 0, (folder / f"{one.name}.log").read_text()
        processes = {one.name: start(one) for one in containers() if one.verb != "prepare"}
        stack.callback(lambda: [process.kill() for process in processes.values() if process.poll() is None])
        yield Running(processes, addresses, volume, issuer)


def test_each_gets_ready_as_nobody_special_on_files_that_it_cannot_write_to(running: Running) -> None:
    for name, address in running.addresses.items():
        assert eventually(lambda address=address: _is_ready(address), 60), name
        status = Path(f"/proc/{running.processes[name].pid}/status").read_text()
        assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}" in status
        assert "rw" not in _root_of(running.processes[name].pid)


def test_a_complaint_goes_its_way_and_an_erasure_lies_in_the_volume(running: Running) -> None:
    receipt = json_of(httpx.post(f"{running.addresses['intake']}/v1/feedback", json=COMPLAINT), 201)
    code = {"Tracking-Code": receipt["tracking_code"]}
    followed = f"{running.addresses['intake']}/v1/tracking"
    eventually(lambda: json_of(httpx.get(followed, headers=code))["team"], 30)
    manager = {"Authorization": f"Bearer {_token(running.issuer, 'manager')}"}
    figures = f"{running.addresses['analytics']}/v1/kpis?names=volume"
    eventually(lambda: json_of(httpx.get(figures, headers=manager))["figures"][0]["value"] == 1, 30)
    erasure = f"{running.addresses['intake']}/v1/privacy/erasure"
    json_of(httpx.post(erasure, headers=code, json={"confirm": True}))
    assert [str(one) for one in read_ledger(running.volume / "erasures")] == [receipt["id"]]


def test_each_ends_when_it_is_told_to(running: Running) -> None:
    begin = time.monotonic()
    for process in running.processes.values():
        process.terminate()
    assert {name: process.wait(30) for name, process in running.processes.items()} == dict.fromkeys(
        running.processes, 0
    )
    assert time.monotonic() - begin < 30


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _root_of(pid: int) -> str:
    """How the file system that the process sees as `/` is mounted."""
    lines = Path(f"/proc/{pid}/mounts").read_text().splitlines()
    [options] = [fields[3] for fields in map(str.split, lines) if fields[1] == "/"]
    return options.split(",")[0]


@contextmanager
def _an_issuer(folder: Path) -> Iterator[str]:
    """An identity provider: its keys, over HTTP."""
    folder.mkdir()
    key = RSAAlgorithm.to_jwk(SIGNING_KEY.public_key(), as_dict=True) | {"kid": "one", "alg": "RS256", "use": "sig"}
    (folder / "keys.json").write_text(json.dumps({"keys": [key]}))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def _token(issuer: str, role: str) -> str:
    now = int(time.time())
    claims = {"iss": issuer, "aud": "ecoute", "sub": role, "roles": [role], "iat": now, "exp": now + 3600}
    return jwt.encode(claims, SIGNING_KEY, algorithm="RS256", headers={"kid": "one"})
