"""`ecoute run`: the whole system on one machine, from an empty folder to ready."""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import NoReturn

from deploy.databases import holds_rows, make_databases, start_embedded
from deploy.environments import database_setting, named_databases
from deploy.gateway.settings import GatewaySettings
from deploy.kafka.broker import Cluster, of_this_machine
from deploy.only_launcher import launcher_of, only_launcher
from deploy.secrets import PARTNER_TOKEN_KEY, secrets_of
from deploy.services import Service
from deploy.settings import MachineSettings
from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.partner_tokens import public_keys
from libs.common.embedded import adopt_orphans, start_again_if_dead
from libs.common.launcher import Launcher, Process
from libs.common.renewal import ALL_RENEWED, Askers, ask_for_renewal
from libs.common.settings import PREFIX, ServiceSettings, Settings, Stopped, say, stop
from services.analytics.settings import AnalyticsSettings
from services.intake.settings import IntakeSettings
from services.routing.settings import RoutingSettings

SETTINGS: dict[Service, type[ServiceSettings]] = {
    "intake": IntakeSettings,
    "routing": RoutingSettings,
    "analytics": AnalyticsSettings,
}
EXAMPLE = Path(__file__).parents[1] / "examples" / "passport-office"
TENDED_AGAIN_SECONDS = 1.0
ECOUTE = [sys.executable, "-m", "deploy.cli"]


def run_all() -> None:
    """Start everything, say where it is, and keep it going until Ctrl-C."""
    started = time.monotonic()
    machine = MachineSettings.load()
    logs = machine.var / "log"
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        stop(f"the folder {machine.var} cannot be made ({error.strerror}): set ECOUTE_VAR to another")
    kafka = of_this_machine(machine.var)
    askers = Askers(machine.var)
    launcher = Launcher(logs, lambda: _prepare_again(machine), _tending(machine, kafka), askers)
    launcher.listen_to_signals()
    adopt_orphans()
    with only_launcher(machine.var), askers.at_their_place(), _own_kafka(kafka):
        environments = _environments_at_first(machine, launcher)
        settings = {service: kind.load(environments[service]) for service, kind in SETTINGS.items()}
        gateway = GatewaySettings.load(environments["gateway"])
        launcher.bind([*_processes(settings, environments), _gateway(gateway, environments["gateway"])])
        if _prepare(environments):
            raise SystemExit(2)
        if not launcher.told_to_stop:
            launcher.start()
            launcher.wait_until_ready()
        if not launcher.told_to_stop:
            _greet(settings, gateway, machine, time.monotonic() - started)
        launcher.run()
    print("ecoute: stopped")  # noqa: T201


def restart_all() -> None:
    """Ask the launcher that runs here to renew its processes one by one, with the code that lies here now.

    Prints what it says meanwhile. Ends with code 1 where not every process was renewed.
    """
    var = MachineSettings.load().var
    said = ""
    try:
        for said in ask_for_renewal(var, launcher_of(var)):
            print(f"ecoute: {said}", flush=True)  # noqa: T201
    except FileNotFoundError:
        stop("what runs here is of a version that tells nobody: end it, and start it with ecoute run")
    if said != ALL_RENEWED:
        launcher_of(var)  # where it has ended meanwhile, that is what is said
        raise SystemExit(1)


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
        issuer=os.environ.get("ECOUTE_TOKEN_ISSUER") or fields["token_issuer"].default,
        audience=os.environ.get("ECOUTE_TOKEN_AUDIENCE") or fields["token_audience"].default,
    )


def addresses_here() -> tuple[str, str, str]:
    """Where the three APIs of this machine answer, as settings or their defaults say."""
    of = {service: os.environ.get(f"ECOUTE_{service.upper()}_LISTEN") for service in SETTINGS}
    intake, routing, analytics = (
        f"http://{of[service] or kind.model_fields['listen'].default}" for service, kind in SETTINGS.items()
    )
    return intake, routing, analytics


def gateway_here() -> str:
    """The one base address of this machine, as a browser knows it."""
    listen = os.environ.get("ECOUTE_GATEWAY_LISTEN") or GatewaySettings.model_fields["listen"].default
    return os.environ.get("ECOUTE_PUBLIC_URL") or f"http://{listen}"


def environment_of(service: str) -> dict[str, str]:
    """The environment in which this machine runs a service. Stops with one line where none was ever started."""
    machine = _machine_here()
    try:
        return _environments(machine)[service]
    except subprocess.SubprocessError:
        _not_started(machine)


def server_here() -> str:
    """The DSN of this machine's PostgreSQL, which runs as long as this process at the least."""
    machine = _machine_here()
    try:
        return _server(machine)
    except subprocess.SubprocessError:
        _not_started(machine)


def _machine_here() -> MachineSettings:
    """Never begins a system: who gives a command where there is none has mostly come to the wrong place."""
    machine = MachineSettings.load()
    if not (machine.var / "secrets.json").exists():
        stop(f"there is no system on the data in {machine.var}: start it with ecoute run, or set ECOUTE_VAR")
    return machine


def _server(machine: MachineSettings) -> str:
    url = machine.database_url
    return url.get_secret_value() if url else str(start_embedded(machine.var / "postgresql").get_uri())


def _environments_at_first(machine: MachineSettings, launcher: Launcher) -> dict[str, dict[str, str]]:
    """What `_environments` gives, where Ctrl-C may break off the making of the first server."""
    try:
        return _environments(machine)
    except subprocess.SubprocessError:
        if launcher.told_to_stop:
            print("ecoute: stopped")  # noqa: T201
            raise SystemExit(0) from None
        _not_started(machine)


def _not_started(machine: MachineSettings) -> NoReturn:
    folder = machine.var / "postgresql"
    stop(f"PostgreSQL could not be started on the data in {folder}: see {folder / 'log'}")


def _needs_a_kafka() -> bool:
    return os.environ.get("ECOUTE_STREAM") == "kafka" and not os.environ.get("ECOUTE_KAFKA_BOOTSTRAP")


@contextmanager
def _own_kafka(cluster: Cluster) -> Iterator[None]:
    """The Kafka that was started here, which stops with everything else; one of `make kafka` is used, and goes on."""
    if not _needs_a_kafka() or cluster.brokers[0].pid:
        yield
        return
    cluster.start()
    try:
        yield
    finally:
        cluster.stop()


def _issuer(machine: MachineSettings) -> Path:
    return machine.var.absolute() / "issuer"


def _environments(machine: MachineSettings) -> dict[str, dict[str, str]]:
    """What each service gets: what is set for it or for all, and what the launcher knows better."""
    given = _given()
    urls = databases_of(machine)
    known: dict[str, str] = {
        **secrets_of(machine.var, urls["intake"]),
        "ECOUTE_INTAKE_ERASURE_LEDGER": str(machine.var.absolute() / "erasures"),
        **{database_setting(service): url for service, url in urls.items()},
        **_example(urls),
        **log_addresses(given),
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
        **{service: its_own(known, service, settings) for service, settings in SETTINGS.items()},
        "gateway": its_own(known, "gateway", GatewaySettings),
    }


def _given() -> dict[str, str]:
    """What is set for the services; an empty setting is none."""
    ours = ("ECOUTE_DATABASE_URL", "ECOUTE_VAR")
    return {
        name: value for name, value in os.environ.items() if name not in ours and (value or not name.startswith(PREFIX))
    }


def databases_of(machine: MachineSettings) -> dict[Service, str]:
    """Of each service, where a setting names its own, or on this machine's server."""
    named = named_databases()
    others = [service for service in SETTINGS if service not in named]
    return {**named, **(make_databases(_server(machine), others) if others else {})}


def _example(urls: Mapping[Service, str]) -> dict[str, str]:
    """The reference data to begin with: only where nothing has ever been published."""
    example: dict[str, str] = {}
    if not holds_rows(urls["intake"], "catalogue_entry"):
        example["ECOUTE_INTAKE_CATALOGUE"] = str(EXAMPLE / "catalogue.yaml")
    if not holds_rows(urls["routing"], "rule_set"):
        example["ECOUTE_ROUTING_ORGANISATION"] = str(EXAMPLE / "organisation.yaml")
    return example


def its_own(known: Mapping[str, str], service: str, settings: type[Settings]) -> dict[str, str]:
    """Everything but the settings of others; what is misspelt under its own prefix stays, and is refused."""
    mine = (f"{PREFIX}{service.upper()}_", *settings.names())
    return {name: value for name, value in known.items() if not name.startswith(PREFIX) or name.startswith(mine)}


def log_addresses(given: Mapping[str, str]) -> dict[str, str]:
    """Where each finds the other's log, by where these listen."""
    intake = given.get("ECOUTE_INTAKE_LISTEN") or IntakeSettings.model_fields["listen"].default
    routing = given.get("ECOUTE_ROUTING_LISTEN") or RoutingSettings.model_fields["listen"].default
    feedback_events, case_events = f"http://{intake}/v1/feedback-events", f"http://{routing}/v1/case-events"
    return {
        "ECOUTE_INTAKE_CASE_EVENTS_URL": case_events,
        "ECOUTE_ROUTING_FEEDBACK_EVENTS_URL": feedback_events,
        "ECOUTE_ANALYTICS_FEEDBACK_EVENTS_URL": feedback_events,
        "ECOUTE_ANALYTICS_CASE_EVENTS_URL": case_events,
    }


def _prepare(environments: Mapping[str, dict[str, str]]) -> str | None:
    """Migrate all databases, and publish what the settings name; why that could not be done, if so."""
    running = {
        service: subprocess.Popen(  # noqa: S603 - our own command
            [*ECOUTE, "prepare", service],
            env=environments[service],
            start_new_session=True,
            stderr=subprocess.PIPE,
            text=True,
        )
        for service in SETTINGS
    }
    why_not = []
    for service, one in running.items():
        said = one.communicate()[1]
        with suppress(OSError):
            sys.stderr.write(said)
        if one.returncode:
            last_line = said.strip().rpartition("\n")[2].removeprefix("ecoute: ")
            why_not.append(last_line or f"{service} could not be prepared")
    return "; ".join(why_not) or None


def _prepare_again(machine: MachineSettings) -> str | None:
    """The same before a renewal. Whatever goes wrong, what runs goes on."""
    try:
        return _prepare(_environments(machine))
    except Stopped as stopped:
        return stopped.reason
    except Exception as error:
        with suppress(OSError):
            traceback.print_exc()
        return f"what comes before could not be done ({type(error).__name__})"


def _tending(machine: MachineSettings, kafka: Cluster) -> Callable[[], None]:
    """Starts what is ours again when it has died, PostgreSQL and Kafka; one that is not ours is not ours to start."""
    server = cache(partial(start_embedded, machine.var / "postgresql"))
    tended: dict[str, Callable[[], bool]] = {"Kafka": kafka.start_again_what_ended}
    if not machine.database_url and len(named_databases()) < len(SETTINGS):
        tended["PostgreSQL"] = lambda: start_again_if_dead(server())
    not_before = dict.fromkeys(tended, 0.0)

    def tend() -> None:
        for name, start_again in tended.items():
            if time.monotonic() < not_before[name]:
                continue
            try:
                if not start_again():
                    continue
                say(f"{name} had ended, and was started again")
            except (Stopped, OSError, subprocess.SubprocessError):
                pass
            not_before[name] = time.monotonic() + TENDED_AGAIN_SECONDS

    return tend


def _processes(
    settings: Mapping[Service, ServiceSettings], environments: Mapping[str, dict[str, str]]
) -> Sequence[Process]:
    return [
        Process(
            f"{service} {name}", [*ECOUTE, command, service], address, environments[service], of_service.drain_seconds
        )
        for service, of_service in settings.items()
        for name, command, address in (
            ("api", "serve", of_service.listen),
            ("worker", "work", of_service.worker_listen),
        )
    ]


def _gateway(settings: GatewaySettings, environment: dict[str, str]) -> Process:
    return Process("gateway", [*ECOUTE, "gateway"], settings.listen, environment, settings.drain_seconds)


def _greet(
    settings: Mapping[Service, ServiceSettings], gateway: GatewaySettings, machine: MachineSettings, seconds: float
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
