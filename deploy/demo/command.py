"""`ecoute demo`: three months of a pension agency, played through the public API, and what the figures say of them."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from libs.common.settings import stop


def demo(
    data: Annotated[Path | None, typer.Option(help="A file of yours, instead of the pension agency.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="What is what in that file. See examples/.")] = None,
    size: Annotated[float, typer.Option(min=0.02, max=5, help="1 is about 3,300 feedbacks.")] = 1.0,
) -> None:
    """Play three months of a pension agency on the system that runs here, and check every figure against its truth.

    A second time nothing is sent twice. With --data and --mapping a file of yours is brought in, and its figures shown.
    """
    from deploy.demo import running  # noqa: PLC0415 - other commands start without all this

    if (data is None) != (mapping is None):
        stop("DATA and MAPPING belong together: a file, and what is what in it")
    is_well = running.show_file(data, mapping) if data and mapping else asyncio.run(running.show_agency(size))
    raise typer.Exit(0 if is_well else 1)
