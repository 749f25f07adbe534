"""The commands `ecoute stream …`, for those who look after the event stream."""

import asyncio
from importlib import import_module
from typing import Annotated

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


@app.command()
def republish(
    service: Service, after: Annotated[int, typer.Option(min=0, help="The last position not to send again.")] = 0
) -> None:
    """Have a service's log sent to Kafka again, from its start or after a position. Who has read it drops it."""
    from deploy.one_machine import environment_of  # noqa: PLC0415
    from libs.common.db import Database  # noqa: PLC0415
    from libs.common.stream.kafka.mark import set_back  # noqa: PLC0415

    async def publish_again() -> None:
        database = Database(
            environment_of(service)[f"ECOUTE_{service.upper()}_DATABASE_URL"], pool_size=1, application="ecoute"
        )
        async with database.connection() as connection:
            await set_back(connection, after)
        await database.close()

    asyncio.run(publish_again())
    typer.echo(f"the log of {service} is sent again, from position {after + 1} on, by the relay in its worker")
