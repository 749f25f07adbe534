"""The commands `ecoute stream …`, for those who look after the event stream."""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import orjson
import typer

from deploy.environments import Environments, databases, environment_for, environments
from deploy.services import Service, Source
from libs.common.settings import environment_as, say, stop

app = typer.Typer(no_args_is_help=True, help="Look after the event stream.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, whole.")]
SHOWN = 50


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show each log (head, epoch, from where on it is kept) and each reader (position, lag, parked subjects)."""
    from deploy.stream_status import show  # noqa: PLC0415 - each command imports what it needs, and starts sooner
    from deploy.stream_status import status as look  # noqa: PLC0415

    logs, readers = asyncio.run(look(environments()))
    if as_json:
        _print_json({"logs": logs, "readers": readers})
    else:
        show(logs, readers)


@app.command()
def replay(service: Service, source: Source, subject: str) -> None:
    """Apply the parked events of a subject again, in order: SERVICE parked what SOURCE told."""
    reader, database = _reader(service, source)
    _tell(asyncio.run(reader.replay(database, subject)), "applied", service, source, subject)


@app.command()
def discard(
    service: Service,
    source: Source,
    subject: str,
    reason: Annotated[str, typer.Option(help="Why they are given up. It is kept, so it names no person.")],
) -> None:
    """Give up the parked events of a subject, for ever: what comes later about it flows again."""
    reader, database = _reader(service, source)
    _tell(asyncio.run(reader.discard(database, subject, reason)), "given up", service, source, subject)


@app.command()
def snapshot(service: Service, source: Source) -> None:
    """Have SERVICE read what SOURCE's log does not keep any more from its archive, without words; then the log."""
    reader, database = _reader(service, source)
    typer.echo(f"{asyncio.run(reader.catch_up_from_archive(database))} events read")


@app.command()
def unregister(service: Source, reader: Annotated[str, typer.Argument(help="As `status` names it.")]) -> None:
    """Wait no longer for a READER of SERVICE's log that does not come back: it keeps the log from being dropped."""
    from deploy.stream_status import forget_reader  # noqa: PLC0415

    if not asyncio.run(forget_reader(environments(), service, reader)):
        stop(f"{service} knows no reader {reader}")


@app.command()
def restored(
    service: Service,
    ledger: Annotated[
        list[Path] | None, typer.Option(help="Of erasures; else that of ECOUTE_INTAKE_ERASURE_LEDGER. May be repeated.")
    ] = None,
    above: Annotated[int, typer.Option(help="A position that a reader holds whose database is not here.")] = 0,
    agreed: Annotated[
        int | None, typer.Option(help="Up to where the log is what was read, where readers do not remember it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """After a backup of SERVICE's database was put back: erase again, open a new epoch, and say what is lost.

    Its readers then go on by themselves. It may be said while everything runs, and is better said before.
    """
    from deploy.restoring import restore  # noqa: PLC0415
    from libs.common.stream.memory import TooLittleRemembered  # noqa: PLC0415

    for path in ledger or ():
        if not path.exists():
            stop(f"there is no ledger of erasures at {path}: nothing was done")
    known = environments()
    try:
        ledgers = ledger or _usual_ledger(known)
        erased, opened = asyncio.run(restore(known, service, ledgers, above=above, agreed=agreed))
    except TooLittleRemembered as reason:
        stop(f"{reason}: say with --agreed up to which position the log in the backup goes")
    if as_json:
        _print_json({"erased_again": erased, "opened": opened})
        return
    typer.echo(f"{erased} erasures were done again.")
    if opened is None:
        typer.echo(f"Nobody reads a log of {service}.")
        return
    typer.echo(f"Epoch {opened.epoch} begins at {opened.first}; {opened.told_again} events are told again there.")
    typer.echo(f"{service} has lost {len(opened.lost)} events that its readers know.")
    for lost, who in opened.lost[:SHOWN]:
        typer.echo(f"  {lost.type} {lost.subject} ({', '.join(who)})")
    if len(opened.lost) > SHOWN:
        typer.echo("  … all of them with --json")


@app.command()
def republish(
    service: Source, after: Annotated[int, typer.Option(min=0, help="The last position not to send again.")] = 0
) -> None:
    """Have a service's log sent to Kafka again, from its start or after a position. Who has read it drops it."""
    from libs.common.stream.kafka.mark import is_held, set_back  # noqa: PLC0415

    known = environments()

    async def publish_again() -> int | None:
        async with databases(known) as found, found[service].connection() as connection:
            if known[service].get("ECOUTE_STREAM") != "kafka" and not await is_held(connection):
                return None
            return await set_back(connection, after)

    sent = asyncio.run(publish_again())
    if sent is None:
        stop(f"the log of {service} is not carried by Kafka: no relay sends it, and ECOUTE_STREAM is not kafka")
    typer.echo(f"the log of {service} is sent again, from position {sent + 1} on, by the relay in its worker")


def _usual_ledger(known: Environments) -> list[Path]:
    """Where nobody was ever erased it is not there yet."""
    usual = known["intake"].get("ECOUTE_INTAKE_ERASURE_LEDGER") or stop(
        "say with --ledger where the ledger of erasures is"
    )
    if Path(usual).exists():
        return [Path(usual)]
    say(f"there is no ledger of erasures at {usual}: nobody is erased again")
    return []


def _tell(events: int, done: str, service: Service, source: Source, subject: str) -> None:
    """How many events it was. Ends with code 1 where it was none: mostly the subject is mistyped."""
    if not events:
        say(f"nothing of {source}'s about {subject} is parked in {service}")
        raise typer.Exit(1)
    typer.echo(f"{events} events {done}")


def _reader(service: Service, source: Source) -> tuple[Any, Any]:
    """A service's reader of a source, and the service's database."""
    with environment_as(environment_for(service)):
        application = import_module(f"services.{service}.worker").app
    readers = application.state.readers
    if source not in readers:
        raise typer.BadParameter(f"{service} reads {', '.join(readers)}, not {source}")
    return readers[source], application.state.database


def _print_json(value: object) -> None:
    typer.echo(orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2).decode())


def _plain(value: object) -> object:
    if isinstance(value, UUID):  # the driver's own kind
        return str(value)
    raise TypeError
