"""Runs the demo from its first request to the last line that it prints."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.demo.figures import TABLE, Analytics, table
from deploy.demo.playing import play
from deploy.demo.report import figures_table, played_table, said_table, standing_lines, verdict, where_to_look
from deploy.demo.standing_out import standing_out
from deploy.demo.waiting import wait_until_counted
from deploy.importing.doors import Addresses, door, see_that_it_runs
from deploy.importing.importing import Tokens
from deploy.importing.showing import closing_table, import_file
from deploy.one_machine import addresses_here, gateway_here, sign_token
from deploy.settings import MachineSettings
from examples.pension_agency.truth import Telling


async def show_agency(size: float) -> bool:
    """Play it, and say what there is to see; whether every figure is as generated."""
    console, addresses = Console(), Addresses(*addresses_here())
    began, reader = monotonic(), sign_token("developer", ["service"], [])
    await see_that_it_runs(addresses)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with bar:
        task = bar.add_task("three months of a pension agency", total=None)
        played = await play(
            addresses,
            sign_token,
            datetime.now(UTC),
            size=size,
            told=lambda done, of: bar.update(task, completed=done, total=of),
        )
    async with (
        door(addresses.analytics, sign_token("manager", ["manager"], [])) as manager,
        door(addresses.intake, reader) as intake,
        door(addresses.routing, reader) as routing,
    ):
        await wait_until_counted({"intake": intake, "routing": routing}, manager)
        analytics = Analytics(manager, played.world)
        telling = Telling(played.world, await analytics.zone(), datetime.now(UTC))
        checked, standing = await table(analytics, telling), await standing_out(analytics, telling)
    checked_all = [*checked, *standing.checked]
    for part in (played_table(played, monotonic() - began), figures_table("The pension agency", checked)):
        console.print(part)
    for line in (*standing_lines(standing), "", *where_to_look(gateway_here()), "", *verdict(checked_all, played)):
        console.print(line, highlight=False)
    return not played.refused and not any(one.wrong for one in checked_all)


def show_file(data: Path, mapping: Path) -> bool:
    """Bring in a file of the user's own, and show its figures; whether every row was taken in."""
    console, addresses = Console(), Addresses(*addresses_here())
    tokens = Tokens(sign_token("importer", ["importer"], []), sign_token("admin", ["admin"], []))
    folder = MachineSettings.load().var / "import"
    result = import_file(data, mapping, addresses, tokens, folder, console, dry_run=False)
    console.print(closing_table(result))
    span = (result.progress.first_day, result.progress.last_day)
    if all(span):
        asyncio.run(_show_figures(addresses, span, console))
    return result.progress.refused == 0


async def _show_figures(addresses: Addresses, span: tuple[str, str], console: Console) -> None:
    """The table of a file, of which nobody knows the truth."""
    token = sign_token("manager", ["manager"], [])
    reader = sign_token("developer", ["service"], [])
    async with (
        door(addresses.analytics, token) as manager,
        door(addresses.intake, reader) as intake,
        door(addresses.routing, reader) as routing,
    ):
        await wait_until_counted({"intake": intake, "routing": routing}, manager)
        first, last = span
        end = str(date.fromisoformat(last) + timedelta(days=1))
        said = await manager.get("/v1/kpis", names=",".join({one.name for one in TABLE}), **{"from": first, "to": end})
    shown = [(one.title, figure) for one in TABLE for figure in said["figures"] if one.is_of(figure) and figure["n"]]
    console.print(said_table(f"All feedback from {first} to {last}", shown))
    for line in where_to_look(gateway_here()):
        console.print(line, highlight=False)
