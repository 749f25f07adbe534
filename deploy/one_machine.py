"""`ecoute run`: the whole system on one machine, from an empty folder to ready."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.databases import holds_rows, make_databases, start_embedded
from deploy.gateway.settings import GatewaySettings
from deploy.kafka.broker import Cluster, of_this_machine
from deploy.secrets import PARTNER_TOKEN_KEY, secrets_of
from deploy.settings import MachineSettings
from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.partner_tokens import public_keys
from libs.common.launcher import Launcher, Process
from libs.common.settings import PREFIX, ServiceSettings, Settings, stop
from services.analytics.settings import AnalyticsSettings
from services.intake.settings import IntakeSettings
from services.routing.settings import RoutingSettings

SETTINGS: dict[str, type[ServiceSettings]] = {
    "intake": IntakeSettings,
    "routing": RoutingSettings,
    "analytics": AnalyticsSettings,
}
EXAMPLE = Path(__file__).parents[1] / "examples" / "passport-office"
READY_SECONDS = 60.0
ECOUTE = [sys.executable, "-m", "deploy.cli"]


def run_all() -> None:
    """Start everything, say where it is, and keep it going until Ctrl-C."""
    started = time.monotonic()
    machine = MachineSettings.load()
    logs = machine.var / "log"
    logs.mkdir(parents=True, exist_ok=True)
    launcher = Launcher(logs)
    launcher.listen_to_signals()
    cluster = _own_kafka(machine)
    environments = _environments(machine)
    settings = {service: kind.load(environments[service]) for service, kind in SETTINGS.items()}
    gateway = GatewaySettings.load(environments["gateway"])
    launcher.bind([*_processes(settings, environments), _gateway(gateway, environments["gateway"])])
    _prepare(environments)
    if not launcher.told_to_stop:
        launcher.start()
        launcher.wait_until_ready(READY_SECONDS)
    if not launcher.told_to_stop:
        _greet(settings, gateway, machine, time.monotonic() - started)
    launcher.run()
    if cluster:
        cluster.stop()
    print("ecoute: stopped")  # noqa: T201


def sign_token(subject: str, roles: Sequence[str], teams: Sequence[str]) -> str:
    """A token of this machine's development issuer."""
    machine = MachineSettings.load()
    if not (_issuer(machine) / "key.pem").exists():
        stop("there is no issuer here yet: start the system first, with make run")
    fields = ServiceSettings.model_fields
    return DevelopmentIssuer(_issuer(machine)).sign(
        subject=subject,
        roles=roles,
        teams=teams,
        issuer=os.environ.get("ECOUTE_TOKEN_ISSUER", fields["token_issuer"].default),
        audience=os.environ.get("ECOUTE_TOKEN_AUDIENCE", fields["token_audience"].default),
    )


def environment_of(service: str) -> dict[str, str]:
    """The environment in which this machine runs a service."""
    return _environments(MachineSettings.load())[service]


def _needs_a_kafka() -> bool:
    return os.environ.get("ECOUTE_STREAM") == "kafka" and not os.environ.get("ECOUTE_KAFKA_BOOTSTRAP")


def _own_kafka(machine: MachineSettings) -> Cluster | None:
    """The Kafka that was started here, which stops with everything else; one of `make kafka` is used, and goes on."""
    cluster = of_this_machine(machine.var)
    if not _needs_a_kafka() or cluster.brokers[0].pid:
        return None
    cluster.start()
    return cluster


def _issuer(machine: MachineSettings) -> Path:
    return machine.var.absolute() / "issuer"


def _environments(machine: MachineSettings) -> dict[str, dict[str, str]]:
    """What each service gets: what is set for it or for all, and what the launcher knows better."""
    url = machine.database_url
    server = url.get_secret_value() if url else start_embedded(machine.var / "postgresql")
    urls = make_databases(server, SETTINGS)
    given = {name: value for name, value in os.environ.items() if name not in ("ECOUTE_DATABASE_URL", "ECOUTE_VAR")}
    known: dict[str, str] = {
        **secrets_of(machine.var, urls["intake"]),
        "ECOUTE_INTAKE_ERASURE_LEDGER": str(machine.var.absolute() / "erasures"),
        **{f"ECOUTE_{service.upper()}_DATABASE_URL": url for service, url in urls.items()},
        **_example(urls),
        **_addresses(given),
        **given,
    }
    gateway = given.get("ECOUTE_GATEWAY_LISTEN", GatewaySettings.model_fields["listen"].default)
    known.setdefault("ECOUTE_PUBLIC_URL", f"http://{gateway}")
    known.setdefault("ECOUTE_INTAKE_FOLLOW_URL", f"{known['ECOUTE_PUBLIC_URL']}/follow")
    if "ECOUTE_PARTNER_TOKEN_KEYS" not in given:
        known["ECOUTE_PARTNER_TOKEN_KEYS"] = public_keys(known[PARTNER_TOKEN_KEY])
    if _needs_a_kafka():
        known["ECOUTE_KAFKA_BOOTSTRAP"] = of_this_machine(machine.var).bootstrap
    if "ECOUTE_JWKS_URL" not in given:
        known["ECOUTE_DEVELOPMENT_ISSUER"] = str(_issuer(machine))
    return {
        **{service: _its_own(known, service, settings) for service, settings in SETTINGS.items()},
        "gateway": _its_own(known, "gateway", GatewaySettings),
    }


def _example(urls: Mapping[str, str]) -> dict[str, str]:
    """The reference data to begin with: only where nothing has ever been published."""
    example: dict[str, str] = {}
    if not holds_rows(urls["intake"], "catalogue_entry"):
        example["ECOUTE_INTAKE_CATALOGUE"] = str(EXAMPLE / "catalogue.yaml")
    if not holds_rows(urls["routing"], "rule_set"):
        example["ECOUTE_ROUTING_ORGANISATION"] = str(EXAMPLE / "organisation.yaml")
    return example


def _its_own(known: Mapping[str, str], service: str, settings: type[Settings]) -> dict[str, str]:
    """Everything but the settings of others; what is misspelt under its own prefix stays, and is refused."""
    mine = (f"{PREFIX}{service.upper()}_", *settings.names())
    return {name: value for name, value in known.items() if not name.startswith(PREFIX) or name.startswith(mine)}


def _addresses(given: Mapping[str, str]) -> dict[str, str]:
    """Where each finds the other's log."""
    intake = given.get("ECOUTE_INTAKE_LISTEN", IntakeSettings.model_fields["listen"].default)
    routing = given.get("ECOUTE_ROUTING_LISTEN", RoutingSettings.model_fields["listen"].default)
    feedback_events, case_events = f"http://{intake}/v1/feedback-events", f"http://{routing}/v1/case-events"
    return {
        "ECOUTE_INTAKE_CASE_EVENTS_URL": case_events,
        "ECOUTE_ROUTING_FEEDBACK_EVENTS_URL": feedback_events,
        "ECOUTE_ANALYTICS_FEEDBACK_EVENTS_URL": feedback_events,
        "ECOUTE_ANALYTICS_CASE_EVENTS_URL": case_events,
    }


def _prepare(environments: Mapping[str, dict[str, str]]) -> None:
    running = [
        subprocess.Popen(  # noqa: S603 - our own command
            [*ECOUTE, "prepare", service], env=environment, start_new_session=True
        )
        for service, environment in environments.items()
        if service in SETTINGS
    ]
    codes = [one.wait() for one in running]
    if any(codes):
        raise SystemExit(2)


def _processes(
    settings: Mapping[str, ServiceSettings], environments: Mapping[str, dict[str, str]]
) -> Sequence[Process]:
    return [
        Process(f"{service} {name}", [*ECOUTE, command, service], address, environments[service])
        for service, of_service in settings.items()
        for name, command, address in (
            ("api", "serve", of_service.listen),
            ("worker", "work", of_service.worker_listen),
        )
    ]


def _gateway(settings: GatewaySettings, environment: dict[str, str]) -> Process:
    return Process("gateway", [*ECOUTE, "gateway"], settings.listen, environment)


def _greet(
    settings: Mapping[str, ServiceSettings], gateway: GatewaySettings, machine: MachineSettings, seconds: float
) -> None:
    intake = settings["intake"].listen
    token = "" if settings["intake"].jwks_url else "\n  Token   .venv/bin/ecoute token --role agent --team TEAM"
    print(  # noqa: T201
        f"""
Écoute is ready, after {seconds:.1f} s: http://{gateway.listen}

  intake     http://{intake}/docs   takes in feedback
  routing    http://{settings["routing"].listen}/docs   brings it to the team that must answer
  analytics  http://{settings["analytics"].listen}/docs   counts

  Try     curl -s http://{intake}/v1/feedback -H 'Content-Type: application/json' \\
            -d '{{"channel": "web", "kind": "complaint", "text": "No answer yet."}}'{token}
  Logs    {machine.var / "log"}

Ctrl-C stops everything; the data stays."""
    )
