"""How much memory each process has under a steady load of ten minutes, and whether that grows.

It grows where it is higher at the end than in the middle: by then caches are full and pools are open. Who sends does
not tell the language, which is then found by a model.
"""

import asyncio
from collections.abc import Mapping, Sequence

from bench.client import post_steadily
from bench.house import House, house
from bench.processes import memory_mb
from bench.table import Row
from bench.texts import bodies

A_SECOND = 150
SECONDS = 600
CONNECTIONS = 32
LOOK_SECONDS = 10
MOST_MB = 200


def measure() -> list[Row]:
    with house() as running:
        seen = asyncio.run(_load_and_look(running))
    return [_row(name, [one[name] for one in seen]) for name in seen[0] if name != "postgresql"]


async def _load_and_look(running: House) -> list[Mapping[str, float]]:
    """What each process has, every ten seconds."""
    url = f"{running.system.intake}/v1/feedback"
    sent = [{name: value for name, value in body.items() if name != "language"} for body in bodies()]
    posting = asyncio.create_task(post_steadily(url, sent, a_second=A_SECOND, seconds=SECONDS, connections=CONNECTIONS))
    seen: list[Mapping[str, float]] = []
    while not posting.done():
        await asyncio.wait((posting,), timeout=LOOK_SECONDS)
        seen.append({name: memory_mb(process) for name, process in running.processes.items()})
    if len(await posting) < A_SECOND * SECONDS:
        raise RuntimeError("some of the load was not taken")
    return seen


def _row(name: str, megabytes: Sequence[float]) -> Row:
    middle, end = len(megabytes) // 2, len(megabytes) - 1
    return Row(
        f"memory of {name}, {A_SECOND} POST/s for {SECONDS} s",
        f"< {MOST_MB} MB, flat",
        f"**{max(megabytes):.0f} MB**",
        f"after a minute {megabytes[60 // LOOK_SECONDS]:.0f} MB, in the middle {megabytes[middle]:.0f} MB, "
        f"at the end {megabytes[end]:.0f} MB",
    )
