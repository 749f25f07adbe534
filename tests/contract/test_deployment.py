"""What is in deploy/ for containers: settings that the processes understand, and the paths of the gateway.

What the processes do in it is tried in `tests/containers`; what a scheduler does with it is not.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from libs.common.settings import ServiceSettings
from services.analytics.settings import AnalyticsSettings
from services.intake.settings import IntakeSettings
from services.routing.settings import RoutingSettings
from tests.composed import SECRET, Container, containers, folders_of_the_image, for_commands, services
from tests.system import ROOT

KUBERNETES = ROOT / "deploy" / "kubernetes"
SETTINGS: dict[str, type[ServiceSettings]] = {
    "intake": IntakeSettings,
    "routing": RoutingSettings,
    "analytics": AnalyticsSettings,
}


def with_a_ledger(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The same, with the volume of the ledger of erasures where it can be written here."""
    mounted = environment.get("ECOUTE_INTAKE_ERASURE_LEDGER")
    assert mounted in (None, "/ledger/erasures")
    return {**environment, **({"ECOUTE_INTAKE_ERASURE_LEDGER": str(folder / "erasures")} if mounted else {})}


@pytest.mark.parametrize("container", [pytest.param(one, id=one.name) for one in containers()])
def test_a_container_has_the_settings_that_its_process_understands(container: Container, tmp_path: Path) -> None:
    settings = SETTINGS[container.service].load(with_a_ledger(container.environment, tmp_path))
    assert not settings.listen.is_loopback
    assert container.name.startswith(container.service)


def test_compose_runs_every_process_and_prepares_before_it() -> None:
    commands = {(one.verb, one.service) for one in containers()}
    assert commands == {(verb, service) for verb in ("prepare", "serve", "work") for service in SETTINGS}
    for name, service in services().items():
        if name in SETTINGS or name.endswith("-worker"):
            assert list(service["depends_on"]) == [f"{name.removesuffix('-worker')}-prepare"]


def test_who_gives_commands_has_the_settings_of_all_and_what_they_name() -> None:
    known = {name for one in containers() for name in one.environment}
    assert set(for_commands().environment) == known
    assert for_commands().volumes.keys() | for_commands().seen.keys() == {
        place for one in containers() for place in (*one.volumes, *one.seen)
    }


NOT_OF_COMPOSE = ("ECOUTE_DEVELOPMENT_ISSUER", "ECOUTE_KAFKA_")
"""What is refused off loopback, and how to reach a Kafka that is not the one that comes along."""


def test_every_setting_can_be_given_to_what_compose_runs() -> None:
    known = {name for settings in SETTINGS.values() for name in settings.names()}
    missing = known - for_commands().environment.keys()
    assert [name for name in sorted(missing) if not name.startswith(NOT_OF_COMPOSE)] == []


def test_the_kafka_that_is_deployed_is_the_one_that_is_tested() -> None:
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text("utf-8")
    tested = re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>([\d.]+)</version>", pom)
    assert tested
    for path in ("containers/compose.yaml", "kubernetes/self-contained/kafka.yaml"):
        assert f"image: apache/kafka:{tested[1]}\n" in (ROOT / "deploy" / path).read_text("utf-8")


def test_a_volume_of_ours_lies_over_a_folder_that_the_image_made_for_its_user() -> None:
    places = {place for one in containers() for place in one.volumes}
    assert places == {"/ledger"}
    assert places <= folders_of_the_image()


def test_what_is_published_lies_in_the_folder_that_is_named() -> None:
    for one in containers():
        for place, folder in one.seen.items():
            published = one.environment.get("ECOUTE_INTAKE_CATALOGUE") or one.environment["ECOUTE_ROUTING_ORGANISATION"]
            assert (folder / Path(published).relative_to(place)).is_file()
    assert {one.name for one in containers() if one.seen} == {"intake-prepare", "routing-prepare"}


def test_the_database_is_not_there_before_it_can_be_reached_from_elsewhere() -> None:
    """While it is made, PostgreSQL answers on the socket of its machine alone, and ends once more."""
    assert "-h" in services()["postgres"]["healthcheck"]["test"]


def test_kafka_keeps_its_log_in_its_volume() -> None:
    kafka = services()["kafka"]
    [volume] = kafka["volumes"]
    assert kafka["environment"]["KAFKA_LOG_DIRS"].startswith(f"{volume.split(':')[1]}/")


@pytest.mark.parametrize("service", SETTINGS)
def test_a_pod_has_the_settings_that_its_process_understands(service: str, tmp_path: Path) -> None:
    secrets = yaml.safe_load((KUBERNETES / "secrets.example").read_text("utf-8"))
    named = [*secrets["shared-secrets"].split(), *secrets[f"{service}-secrets"].split()]
    maps = [(KUBERNETES / "base" / f"{name}.env").read_text("utf-8").splitlines() for name in ("shared", service)]
    plain = dict(line.split("=", 1) for lines in maps for line in lines)
    environment = {**plain, **{name: SECRET[name] for name in named}, "ECOUTE_KAFKA_MEMBER": "pod-1"}
    settings = SETTINGS[service].load(with_a_ledger(environment, tmp_path))
    assert not settings.listen.is_loopback


@pytest.mark.parametrize(
    "path", sorted(KUBERNETES.glob("*/*.yaml")), ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_every_container_runs_as_nobody_within_limits_and_writes_nowhere_it_should_not(path: Path) -> None:
    for document in yaml.safe_load_all(path.read_text("utf-8")):
        if document["kind"] not in ("Deployment", "StatefulSet"):
            continue
        pod = document["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["enableServiceLinks"] is False
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["resources"]["limits"]["memory"]
            if document["kind"] == "Deployment":
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert all(one.get("readinessProbe") for one in pod["containers"] if "ports" in one)


LISTENS = {"api": "listen", "worker": "worker_listen"}


@pytest.mark.parametrize("service", SETTINGS)
def test_whoever_asks_a_pod_asks_the_port_on_which_the_settings_let_its_process_listen(service: str) -> None:
    lines = (KUBERNETES / "base" / f"{service}.env").read_text("utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines)
    ports = {process: SETTINGS[service].model_fields[name].default.port for process, name in LISTENS.items()}
    for process, name in LISTENS.items():
        assert given[f"ECOUTE_{service.upper()}_{name.upper()}"] == f"0.0.0.0:{ports[process]}"
    asked = set()
    for document in yaml.safe_load_all((KUBERNETES / "base" / f"{service}.yaml").read_text("utf-8")):
        if document["kind"] == "Deployment":
            pod, process = document["spec"]["template"], document["metadata"]["labels"]["process"]
            [container] = pod["spec"]["containers"]
            assert container["ports"] == [{"name": "http", "containerPort": ports[process]}]
            assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(ports[process])
            paths = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
            for probe, path in paths.items():
                assert container[probe]["httpGet"] == {"path": path, "port": "http"}
            asked.add(process)
        if document["kind"] == "Service":
            assert document["spec"]["ports"] == [{"name": "http", "port": ports["api"], "targetPort": "http"}]
            asked.add(document["kind"])
    assert asked == {*LISTENS, "Service"}


def test_prometheus_asks_each_process_of_one_machine_where_it_listens() -> None:
    [job] = yaml.safe_load((ROOT / "deploy" / "monitoring" / "prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    asked = {(one["labels"]["app"], one["labels"]["process"]): one["targets"] for one in job["static_configs"]}
    assert asked == {
        (service, process): [settings.model_fields[name].default]
        for service, settings in SETTINGS.items()
        for process, name in LISTENS.items()
    }


@pytest.mark.parametrize(
    ("copy", "options"),
    [
        pytest.param("containers/nginx.conf", ["--resolver", "127.0.0.11"], id="compose, where services move"),
        pytest.param("kubernetes/base/nginx.conf", [], id="kubernetes, where their addresses stay"),
    ],
)
def test_the_gateway_of_nginx_is_made_from_the_paths_that_the_one_machine_uses(copy: str, options: list[str]) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "gateway-conf", *options], cwd=ROOT, capture_output=True, check=True
    )
    assert made.stdout.decode() == (ROOT / "deploy" / copy).read_text("utf-8"), "run `ecoute gateway-conf`"
