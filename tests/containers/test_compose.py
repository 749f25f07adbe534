"""What compose.yaml runs of ours, run without an engine: the processes start, work and end as in containers."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
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
from deploy.one_machine import log_addresses
from libs.common.embedded import start_postgres
from libs.common.stream.ledger import read_ledger
from tests.composed import Container, containers, folders_of_the_image, for_commands
from tests.containers.isolation import USER, as_a_container
from tests.system import NAMES, ROOT, eventually, free_ports, is_ready, json_of

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="mounts need root, and Linux"
)

SIGNING_KEY = rsa.generate_private_key(65537, 2048)
COMPLAINT = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Three weeks and no answer."}


class Running(NamedTuple):
    """The processes and where they listen, by the names of their containers; the volume's folder; who signs tokens; how
    a command is given, and what it says.
    """

    processes: dict[str, "subprocess.Popen[bytes]"]
    addresses: dict[str, str]
    volume: Path
    issuer: str
    command: Callable[..., str]

    def url(self, name: str, path: str) -> str:
        return f"http://{self.addresses[name]}{path}"


@pytest.fixture(scope="module")
def running(kafka: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("containers")
    with ExitStack() as stack:
        server = str(stack.enter_context(start_postgres(folder / "postgresql" / "data")).get_uri())
        issuer = stack.enter_context(_an_issuer(folder / "issuer"))
        names = [one.name for one in containers() if one.verb != "prepare"]
        ports = free_ports(len(names))
        addresses = {name: f"127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}
        listen = {f"ECOUTE_{name.upper().replace('-', '_')}_LISTEN": address for name, address in addresses.items()}
        databases = make_databases(server, [name.lower() for name in NAMES])
        volume = folder / "ledger"
        volume.mkdir(mode=0o755)
        if "/ledger" in folders_of_the_image():
            shutil.chown(volume, USER, USER)
        elsewhere = {
            "ECOUTE_KAFKA_BOOTSTRAP": kafka.bootstrap,
            "ECOUTE_JWKS_URL": f"{issuer}/keys.json",
            "ECOUTE_TOKEN_ISSUER": issuer,
            "ECOUTE_SERVICE_TOKEN": _token(issuer, "service"),
            **listen,
            **log_addresses(listen),
            **{f"ECOUTE_{service.upper()}_DATABASE_URL": url for service, url in databases.items()},
        }

        def start(container: Container, *words: str) -> subprocess.Popen[bytes]:
            log = stack.enter_context((folder / f"{container.name}.log").open("wb"))
            return as_a_container(
                [sys.executable, "-m", "deploy.cli", *(words or (container.verb, container.service))],
                {
                    **{name: elsewhere.get(name, value) for name, value in container.environment.items()},
                    "PYTHONPATH": str(ROOT),
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
                seen={str(ROOT): ROOT, str(folder): folder, **container.seen},
                volumes=dict.fromkeys(container.volumes, volume),
                log=log,
            )

        def command(*words: str) -> str:
            code = start(for_commands(), *words).wait(60)
            said = (folder / "ecoute.log").read_text()
            assert code == 0, said
            return said

        for one in containers():
            if one.verb == "prepare":
                assert start(one).wait(60) == 0, (folder / f"{one.name}.log").read_text()
        processes = {one.name: start(one) for one in containers() if one.verb != "prepare"}
        stack.callback(lambda: [process.kill() for process in processes.values() if process.poll() is None])
        yield Running(processes, addresses, volume, issuer, command)


def test_each_gets_ready_as_nobody_special_on_files_that_it_cannot_write_to(running: Running) -> None:
    for name, address in running.addresses.items():
        assert eventually(lambda address=address: is_ready(address), 60), name
        status = Path(f"/proc/{running.processes[name].pid}/status").read_text()
        assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}" in status
        assert _root_of(running.processes[name].pid) == "ro"


def test_a_complaint_goes_its_way_and_an_erasure_lies_in_the_volume(running: Running) -> None:
    receipt = json_of(httpx.post(running.url("intake", "/v1/feedback"), json=COMPLAINT), 201)
    code = {"Tracking-Code": receipt["tracking_code"]}
    followed = running.url("intake", "/v1/tracking")
    eventually(lambda: json_of(httpx.get(followed, headers=code))["team"], 30)
    manager = {"Authorization": f"Bearer {_token(running.issuer, 'manager')}"}
    figures = running.url("analytics", "/v1/kpis?names=volume")
    eventually(lambda: json_of(httpx.get(figures, headers=manager))["figures"][0]["value"] == 1, 30)
    erasure = running.url("intake", "/v1/privacy/erasure")
    json_of(httpx.post(erasure, headers=code, json={"confirm": True}))
    assert [str(one) for one in read_ledger(running.volume / "erasures")] == [receipt["id"]]


def test_who_looks_after_it_gives_commands(running: Running) -> None:
    status = json.loads(running.command("stream", "status", "--json"))
    assert {one["service"] for one in status["logs"]} == {"intake", "routing"}
    assert running.command("figures", "rebuild") == "1 facts counted\n"


def test_each_ends_when_it_is_told_to(running: Running) -> None:
    begin = time.monotonic()
    for process in running.processes.values():
        process.terminate()
    assert {name: process.wait(30) for name, process in running.processes.items()} == dict.fromkeys(
        running.processes, 0
    )
    assert time.monotonic() - begin < 30


def _root_of(pid: int) -> str:
    """Whether the file system that the process sees as `/` can be written to: `rw`, or `ro`."""
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
