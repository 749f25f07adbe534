"""From 201 to counted: how long after its answer a feedback is in the figures, under a steady load.

The n-th feedback that was answered counts as counted at the first answer of `GET /v1/kpis` whose volume is n or more.
"""

import asyncio
import operator
import time
from bisect import bisect_left
from collections.abc import Sequence

import httpx

from bench.client import post_steadily
from bench.house import House, house
from bench.processes import cpu_seconds
from bench.table import Row
from bench.texts import bodies

A_SECOND = 300
SECONDS = 60
CONNECTIONS = 64
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 5
"""What is not counted by then is not among the delays, and is missing from how many were counted."""


def measure() -> list[Row]:
    with house() as running:
        before, on_disk = _cpu_seconds(running), running.disk_bytes()
        answered, seen = asyncio.run(_load_and_look(running))
        spent = {name: seconds - before[name] for name, seconds in _cpu_seconds(running).items()}
        data, wal = map(operator.sub, running.disk_bytes(), on_disk)
    delays = sorted(_delays(sorted(answered), seen))
    p50, p99 = (1000 * delays[min(len(delays) - 1, int(len(delays) * part))] for part in (0.5, 0.99))
    return [
        Row(
            f"from 201 to counted in `GET /v1/kpis`, {A_SECOND} POST/s for {SECONDS} s",
            "p50 < 150 ms, p99 < 1 s",
            f"**p50 {p50:.0f} ms, p99 {p99:.0f} ms**",
            f"{len(delays):,} of {A_SECOND * SECONDS:,} counted; looked at each {1000 * LOOK_SECONDS:.0f} ms; CPU µs a "
            f"feedback: {', '.join(f'{name} {1e6 * each / len(answered):.0f}' for name, each in spent.items())}; kB a "
            f"feedback on disk: {data / len(answered) / 1000:.0f} of data, {wal / len(answered) / 1000:.0f} of WAL",
        )
    ]


async def _load_and_look(running: House) -> tuple[list[float], list[tuple[float, int]]]:
    """When each POST was answered, and what was seen when: moments and volumes."""
    seen: list[tuple[float, int]] = []
    over = asyncio.Event()

    async def look() -> None:
        async with httpx.AsyncClient(
            base_url=running.system.analytics, headers=running.system.staff("manager"), timeout=30
        ) as client:
            while not over.is_set():
                answer = await client.get("/v1/kpis", params={"names": "volume"})
                seen.append((time.monotonic(), answer.json()["figures"][0]["n"]))
                await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.create_task(look())
    answered = await post_steadily(
        f"{running.system.intake}/v1/feedback",
        bodies(),
        a_second=A_SECOND,
        seconds=SECONDS,
        connections=CONNECTIONS,
    )
    await asyncio.sleep(PATIENCE_SECONDS)
    over.set()
    await looking
    return answered, seen


def _delays(answered: Sequence[float], seen: Sequence[tuple[float, int]]) -> list[float]:
    volumes = [volume for _, volume in seen]
    places = [bisect_left(volumes, number) for number in range(1, len(answered) + 1)]
    return [max(0.0, seen[place][0] - at) for place, at in zip(places, answered, strict=True) if place < len(seen)]


def _cpu_seconds(running: House) -> dict[str, float]:
    return {name: cpu_seconds(process) for name, process in running.processes.items()}
