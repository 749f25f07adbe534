"""From 201 to counted: how long after its answer a feedback is in the figures, under a steady load.

The n-th feedback that was answered counts as counted at the first answer of `GET /v1/kpis` whose volume is n or more.
"""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Sequence

import httpx

from bench.house import House, house
from bench.table import Row
from bench.texts import bodies

A_SECOND = 300
SECONDS = 60
LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 5
"""What is not counted by then is not among the delays, and is missing from how many were counted."""


def measure() -> list[Row]:
    with house() as running:
        answered, seen = asyncio.run(_load_and_look(running))
    delays = sorted(_delays(sorted(answered), seen))
    p50, p99 = (1000 * delays[min(len(delays) - 1, int(len(delays) * part))] for part in (0.5, 0.99))
    return [
        Row(
            f"from 201 to counted in `GET /v1/kpis`, {A_SECOND} POST/s for {SECONDS} s",
            "p50 < 150 ms, p99 < 1 s",
            f"**p50 {p50:.0f} ms, p99 {p99:.0f} ms**",
            f"{len(delays):,} of {A_SECOND * SECONDS:,} counted; looked at each {1000 * LOOK_SECONDS:.0f} ms",
        )
    ]


async def _load_and_look(running: House) -> tuple[list[float], list[tuple[float, int]]]:
    """When each POST was answered, and what was seen when: moments and volumes."""
    answered: list[float] = []
    seen: list[tuple[float, int]] = []
    sent = bodies()
    over = asyncio.Event()

    async def post(client: httpx.AsyncClient, number: int) -> None:
        answer = await client.post("/v1/feedback", json=sent[number % len(sent)])
        if answer.status_code == 201:
            answered.append(time.monotonic())

    async def look(client: httpx.AsyncClient) -> None:
        while not over.is_set():
            answer = await client.get("/v1/kpis", params={"names": "volume"})
            seen.append((time.monotonic(), answer.json()["figures"][0]["n"]))
            await asyncio.sleep(LOOK_SECONDS)

    manager = running.system.staff("manager")
    async with (
        httpx.AsyncClient(base_url=running.system.intake, timeout=30) as person,
        httpx.AsyncClient(base_url=running.system.analytics, headers=manager, timeout=30) as client,
    ):
        looking = asyncio.create_task(look(client))
        began, posts = time.monotonic(), list[asyncio.Task[None]]()
        for number in range(A_SECOND * SECONDS):
            posts.append(asyncio.create_task(post(person, number)))
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.monotonic()))
        await asyncio.gather(*posts)
        await asyncio.sleep(PATIENCE_SECONDS)
        over.set()
        await looking
    return answered, seen


def _delays(answered: Sequence[float], seen: Sequence[tuple[float, int]]) -> list[float]:
    volumes = [volume for _, volume in seen]
    places = [bisect_left(volumes, number) for number in range(1, len(answered) + 1)]
    return [max(0.0, seen[place][0] - at) for place, at in zip(places, answered, strict=True) if place < len(seen)]
