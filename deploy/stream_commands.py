"""The commands `ecoute stream …`, for those who look after the event stream."""

import asyncio
from importlib import import_module

import typer

from deploy.services import Service
from libs.common.settings import environment_as

app = typer.Typer(no_args_is_help=True, help="Look after the event stream.")


@app.command()
def replay(service: Service, source: Service, subject: str) -> None:
    """Apply the parked events of a subject again, in order: SERVICE parked what SOURCE told. On this machine."""
    from deploy.one_machine import environment_of  # noqa: PLC0415 - each command imports what it needs

    with environment_as(environment_of(service)):
        application = import_module(f"services.{service}.worker").app
    readers, database = application.state.readers, application.state.database
    if source not in readers:
        raise typer.BadParameter(f"{service} reads {', '.join(readers)}, not {source}")
    reader = readers[source]
    typer.echo(f"{asyncio.run(reader.replay(database, subject))} events applied")
