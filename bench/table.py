"""One table of results, a line for each thing that was measured, with the command that measured it."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results.md"
_HEAD = ("what", "target", "measured", "in detail", "on", "command")
_LEG = re.compile(r"LEG=(\w+)` \|$")


@dataclass(frozen=True)
class Row:
    """What was measured, what it should be, what it is, and the figures behind that."""

    what: str
    target: str
    measured: str
    detail: str


def write(results: Mapping[str, Sequence[Row]]) -> str:
    """The whole table, as it now stands in `bench/results.md`: lines of legs that did not run stay as they were."""
    lines = {leg: [_line(leg, row) for row in rows] for leg, rows in results.items()}
    for line in RESULTS.read_text().splitlines() if RESULTS.exists() else ():
        leg = _LEG.search(line)
        if leg and leg[1] not in results:
            lines.setdefault(leg[1], []).append(line)
    table = "\n".join(
        [_cells(_HEAD), _cells(["---"] * len(_HEAD)), *(line for leg in sorted(lines) for line in lines[leg])]
    )
    RESULTS.write_text(f"# What was measured\n\n{machine()}\n\n{table}\n")
    return table


def machine() -> str:
    """What it was measured on. Other machines give other figures: a ratio says more than a rate."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", facts)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}.\n"
        "Load, PostgreSQL (fsync and synchronous_commit on), three APIs and three workers share these cores.\n"
        "Each figure is the median of its rounds. Rates are of a machine on which nothing else should run;\n"
        "ratios are of legs that ran in the same minute."
    )


def _line(leg: str, row: Row) -> str:
    on = datetime.now(UTC).date().isoformat()
    return _cells([row.what, row.target, row.measured, row.detail, on, f"`make bench LEG={leg}`"])


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
