"""What `deploy/containers/compose.yaml` runs of ours, filled in as whoever deploys fills it in."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from libs.common.auth.partner_tokens import public_keys
from tests.system import NAMES, ROOT

CONTAINERS = ROOT / "deploy" / "containers"
KEY = "A" * 43 + "="
SECRET = {
    "POSTGRES_PASSWORD": "of no importance",
    "ECOUTE_SERVICE_CLIENT_SECRET": "of no importance",
    "ECOUTE_PARTNER_TOKEN_KEYS": public_keys(KEY),
    "ECOUTE_INTAKE_PARTNER_TOKEN_KEY": KEY,
    "ECOUTE_INTAKE_MASTER_KEY": KEY,
    "ECOUTE_INTAKE_OIDC_CLIENT_SECRET": "of no importance",
    **{f"ECOUTE_{name}_SECRET": "x" * 32 for name in NAMES},
    **{f"ECOUTE_{name}_DATABASE_URL": "postgresql://nobody@postgres/none" for name in NAMES},
}
"""What whoever deploys fills in."""


class Container(NamedTuple):
    """One of our processes: its name, what it is told to do, its settings; and by the folder they lie over its volumes,
    and the folders of the host that it sees.
    """

    name: str
    verb: str
    service: str
    environment: dict[str, str]
    volumes: dict[str, str]
    seen: dict[str, Path]


def services() -> dict[str, dict[str, Any]]:
    document: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load((CONTAINERS / "compose.yaml").read_text("utf-8"))
    return document["services"]


def containers() -> Iterator[Container]:
    """Those that run."""
    for name, service in services().items():
        if service["image"].startswith("ecoute") and "command" in service:
            yield _container(name, service)


def for_commands() -> Container:
    """The one in which somebody gives commands."""
    return _container("ecoute", services()["ecoute"])


def _container(name: str, service: dict[str, Any]) -> Container:
    given = _example()
    environment = {key: _filled(value, given) for key, value in service["environment"].items()}
    mounts = [_filled(one, given).split(":") for one in service.get("volumes", [])]
    volumes = {place: source for source, place, *options in mounts if not options}
    seen = {place: CONTAINERS / source for source, place, *options in mounts if options == ["ro"]}
    return Container(name, *service.get("command", ["", ""]), environment, volumes, seen)


def folders_of_the_image() -> set[str]:
    """Those that it makes for its user: a new volume that lies over one of them is that user's, too."""
    made = [line for line in (CONTAINERS / "Dockerfile").read_text("utf-8").splitlines() if "install -d" in line]
    return {word for line in made for word in line.split("-g ecoute ")[1].split()}


def _example() -> dict[str, str]:
    lines = (CONTAINERS / "settings.example").read_text("utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: SECRET.get(name) or value for name, _, value in pairs}


def _filled(text: str, given: Mapping[str, str]) -> str:
    """As compose puts the values of `${NAME:?}` and `${NAME:-default}` in."""

    def value_of(asked: re.Match[str]) -> str:
        return given[asked["name"]] or asked["otherwise"] or ""

    return re.sub(r"\$\{(?P<name>\w+)(:\?|:-(?P<otherwise>[^}]*))?\}", value_of, text)
