"""What the demo prints: what was played, the figures with their intervals, what stands out, and where to look."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from deploy.demo.figures import Checked, Said, Standing
from deploy.demo.playing import Played

UNITS = {
    "count": "",
    "percent": " %",
    "per_1000": " ‰",
    "score": "",
    "net_percent": "",
    "business_hours": " business h",
    "elapsed_hours": " h",
}


def played_table(played: Played, seconds: float) -> Table:
    """How much was sent, and how long it took."""
    cases = [item for item, story in zip(played.items, _stories(played), strict=True) if story.has_case]
    steps = sum(len(item.steps) for item in played.items)
    table = Table(title=f"Played: {played.world.first} to {played.world.end}", show_header=False)
    there = played.there_already
    table.add_row("feedback", f"{len(played.items):,}" + (f", {there:,} of them there already" if there else ""))
    table.add_row("with a case", f"{len(cases):,}, with {steps:,} steps of agents")
    table.add_row("evaluations by persons", f"{sum(len(item.evaluations) for item in played.items):,}")
    table.add_row("calls, visits, page views", f"{sum(int(one.body['count']) for one in played.world.counts):,}")
    table.add_row("seconds, with the figures", f"{seconds:.0f}")
    return table


def figures_table(title: str, checked: Sequence[Checked]) -> Table:
    """Figures, and whether each is as generated."""
    table = _table(title)
    table.add_column("as made")
    for one in checked:
        table.add_row(*_cells(one.title, one.said), "[red]no[/red]" if one.wrong else "yes")
    return table


def said_table(title: str, said: Sequence[tuple[str, Said]]) -> Table:
    """Figures as they are."""
    table = _table(title)
    for name, figure in said:
        table.add_row(*_cells(name, figure))
    return table


def standing_lines(standing: Standing) -> list[str]:
    """What stands out, a line each."""
    return ["[bold]What stands out[/bold]", *(f"  {line}" for line in standing.lines)]


def where_to_look(gateway: str) -> list[str]:
    """The pages, by the gateway."""
    return [
        "[bold]Where to look further[/bold]",
        f"  {gateway}/dashboard   the figures, with what is behind each of them",
        f"  {gateway}/queue       what waits for an answer: something is due today, something is overdue",
        f"  {gateway}/standards   what is promised, and kept",
        f"  {gateway}/            the form: send something of your own, and follow it",
    ]


def verdict(checked: Sequence[Checked], played: Played) -> list[str]:
    """How many figures are as generated; of each that is not, why."""
    wrong = [one for one in checked if one.wrong]
    lines = [f"[red]{one.title}: {one.wrong}[/red]" for one in wrong]
    if wrong and played.there_already == len(played.items):
        lines.append("Has somebody worked on these cases since they were played? Then they are no longer as generated.")
    lines += [f"[red]refused: {line}[/red]" for line in played.refused[:10]]
    return [*lines, f"[bold]{len(checked)} figures, {len(checked) - len(wrong)} as generated.[/bold]"]


def _stories(played: Played) -> Sequence[Any]:
    return [*played.world.stories, *played.world.today]


def _table(title: str) -> Table:
    table = Table(title=title)
    table.add_column("figure")
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right")
    return table


def _cells(title: str, said: Said) -> tuple[str, str, str, str]:
    low, high = said["interval"] or (None, None)
    interval = "" if low is None and high is None else f"{_number(low, said)} – {_number(high, said)}"
    value = "–" if said["value"] is None else f"{_number(said['value'], said)}{UNITS[said['unit']]}"
    return title, value, interval, f"{said['n']:,}"


def _number(value: float | None, said: Said) -> str:
    if value is None:
        return "…"
    if said["unit"] == "count":
        return f"{value:,.0f}"
    return f"{value:.2f}" if said["unit"] in ("score", "per_1000") else f"{value:.1f}"
