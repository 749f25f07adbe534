"""The command `ecoute`."""

import gc
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, get_args

import typer

from deploy.demo.command import demo
from deploy.importing.command import import_
from deploy.services import Service
from deploy.stream_commands import app as stream
from libs.common.settings import environment_as
from libs.contracts.codes import Role

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(stream, name="stream")
figures = typer.Typer(no_args_is_help=True, help="Look after the figures.")
app.add_typer(figures, name="figures")
kafka = typer.Typer(no_args_is_help=True, help="A Kafka for this machine.")
app.add_typer(kafka, name="kafka")

Descriptor = Annotated[int | None, typer.Option(help="A listening socket that the launcher holds.")]


@app.command()
def run() -> None:
    """Start the whole system on this machine, with an embedded PostgreSQL unless ECOUTE_DATABASE_URL is set."""
    from deploy.one_machine import run_all  # noqa: PLC0415 - each command imports what it needs, and starts sooner

    run_all()


@app.command()
def restart() -> None:
    """Renew the processes of the system that runs on this machine, one by one, so that nobody who calls is cut off.

    The databases are migrated first, and the files that the settings name published, as at a start. Ends when all is
    done; with code 1, and why, where not every process was renewed. Settings are those of the start: what is set
    where this is said changes nothing.
    """
    from deploy.one_machine import restart_all  # noqa: PLC0415

    restart_all()


@app.command()
def prepare(service: Service) -> None:
    """Migrate a service's database and publish the reference data that its settings name."""
    from deploy.environments import environment_for  # noqa: PLC0415

    with environment_as(environment_for(service)):
        _imported(f"services.{service}.prepare").prepare()


@app.command()
def shell(command: Annotated[str | None, typer.Option("-c", help="Run this alone, as in a script.")] = None) -> None:
    """Open a shell with PostgreSQL's tools on the databases of this machine (psql ecoute_intake), running or not."""
    from deploy.shell import run_shell  # noqa: PLC0415

    raise SystemExit(run_shell(command))


@app.command()
def serve(service: Service, descriptor: Descriptor = None) -> None:
    """Run a service's API."""
    _run(f"services.{service}.main", worker=False, descriptor=descriptor)


@app.command()
def work(service: Service, descriptor: Descriptor = None) -> None:
    """Run a service's worker."""
    _run(f"services.{service}.worker", worker=True, descriptor=descriptor)


@app.command()
def gateway(descriptor: Descriptor = None) -> None:
    """Run the one base address of this machine."""
    _run("deploy.gateway.main", worker=False, descriptor=descriptor)


@app.command()
def gateway_conf(
    resolver: Annotated[str | None, typer.Option(help="Address of a DNS server, where services move.")] = None,
) -> None:
    """Print the gateway's configuration for nginx."""
    from deploy.gateway.nginx import nginx_conf  # noqa: PLC0415

    typer.echo(nginx_conf(resolver), nl=False)


@app.command()
def token(
    role: Annotated[list[str], typer.Option(help=f"One of: {', '.join(get_args(Role))}. May be repeated.")],
    team: Annotated[list[str] | None, typer.Option(help="Code of a team. May be repeated.")] = None,
    subject: Annotated[str, typer.Option(help="Whose token it is.")] = "developer",
) -> None:
    """Print a token of the development issuer, for this machine."""
    from deploy.one_machine import sign_token  # noqa: PLC0415

    unknown = [name for name in role if name not in get_args(Role)]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is not a role; roles are: {', '.join(get_args(Role))}")
    typer.echo(sign_token(subject, role, team or []))


app.command("import")(import_)
app.command()(demo)


@app.command()
def partner_token_key() -> None:
    """Print the two settings of a new key for partners' tokens: the first for intake alone, the second for all."""
    from deploy.secrets import PARTNER_TOKEN_KEY, random_key  # noqa: PLC0415
    from libs.common.auth.partner_tokens import public_keys  # noqa: PLC0415

    key = random_key()
    typer.echo(f"{PARTNER_TOKEN_KEY}={key}\nECOUTE_PARTNER_TOKEN_KEYS={public_keys(key)}")


@app.command()
def openapi(
    folder: Annotated[Path, typer.Argument(help="Where to write the documents.")] = Path("openapi"),
) -> None:
    """Write the OpenAPI documents and the events' JSON Schemas, made from the code."""
    from deploy.documents import write_documents  # noqa: PLC0415

    write_documents(folder)


@app.command()
def revise(service: Service, message: str) -> None:
    """Write a migration from the difference between a service's models and its database on this machine."""
    from deploy.one_machine import environment_of  # noqa: PLC0415
    from libs.common.migrating import revise as write_revision  # noqa: PLC0415

    write_revision(service, environment_of(service)[f"ECOUTE_{service.upper()}_DATABASE_URL"], message)


@kafka.command()
def start(brokers: Annotated[int, typer.Option(min=1, max=9, help="How many, on ports that follow.")] = 1) -> None:
    """Start a real Kafka on this machine, at 127.0.0.1:9092; it goes on until it is stopped."""
    from deploy.kafka.broker import of_this_machine  # noqa: PLC0415
    from deploy.settings import MachineSettings  # noqa: PLC0415

    cluster = of_this_machine(MachineSettings.load().var, brokers)
    cluster.start(detached=True)
    typer.echo(f"Kafka listens: ECOUTE_KAFKA_BOOTSTRAP={cluster.bootstrap}")


@kafka.command()
def stop() -> None:
    """Stop the Kafka of this machine; its data stays."""
    from deploy.kafka.broker import stop_all  # noqa: PLC0415
    from deploy.settings import MachineSettings  # noqa: PLC0415

    typer.echo(f"{stop_all(MachineSettings.load().var)} stopped")


@figures.command()
def rebuild() -> None:
    """Count all figures anew from facts, by the days of ECOUTE_TIME_ZONE; until it is done the former ones are read.

    On this machine, or where ECOUTE_ANALYTICS_DATABASE_URL names a database, there.
    """
    from deploy.environments import environment_for  # noqa: PLC0415
    from services.analytics.prepare import rebuild_figures  # noqa: PLC0415

    with environment_as(environment_for("analytics")):
        typer.echo(f"{rebuild_figures()} facts counted")


def _imported(module: str) -> ModuleType:
    """The module. While it is imported nothing becomes garbage, and a fifth of the time would go into the search."""
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def _run(module: str, *, worker: bool, descriptor: int | None) -> None:
    from libs.common.server import serve as serve_app  # noqa: PLC0415

    application = _imported(module).app
    settings = application.state.settings
    if worker:
        serve_app(application, settings.worker_listen, descriptor, nice=settings.worker_nice)
    else:
        serve_app(application, settings.listen, descriptor)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
