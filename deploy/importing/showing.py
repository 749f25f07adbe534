"""An import as it is seen on a terminal: a bar, and a table at the end."""

import asyncio
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from deploy.importing.doors import Addresses
from deploy.importing.importing import Result, Tokens, bring_in


def import_file(
    file: Path, mapping: Path, addresses: Addresses, tokens: Tokens, folder: Path, console: Console, *, dry_run: bool
) -> Result:
    """Bring it in, with a bar."""
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        task = bar.add_task("trying rows" if dry_run else "bringing in rows", total=None)
        return asyncio.run(
            bring_in(
                file,
                mapping,
                addresses,
                tokens,
                folder,
                dry_run=dry_run,
                told=lambda done, of: bar.update(task, completed=done, total=of),
            )
        )


def closing_table(result: Result) -> Table:
    """Rows, taken in, there already, refused, rows a second."""
    progress, now = result.progress, max(result.rows_now, 0)
    table = Table(title="Tried, and nothing sent" if result.dry_run else "Brought in", show_header=False)
    table.add_row("file", f"{result.source.path} ({result.source.form}, {result.source.encoding})")
    table.add_row("rows", f"{result.rows}" + (f", {now} of them now" if now < result.rows else ""))
    table.add_row("would be taken in" if result.dry_run else "taken in", str(progress.taken_in))
    if not result.dry_run:
        table.add_row("there already", str(progress.there_already))
    table.add_row("refused", str(progress.refused))
    for name, times in sorted(progress.problems.items(), key=lambda one: -one[1]):
        table.add_row("", f"{times} × {name}")
    if progress.refused:
        table.add_row("refused rows", str(result.refused_file))
    for kind, made in result.made.items():
        table.add_row(f"{kind.replace('_', ' ')} made", str(made))
    table.add_row("rows a second", f"{now / result.seconds:.0f}" if result.seconds else "")
    return table
