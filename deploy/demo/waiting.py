"""Waits until what was sent has been read: figures are of what analytics has counted."""

import asyncio
from time import monotonic

from deploy.importing.doors import Door
from libs.common.settings import stop

CAUGHT_UP_SECONDS = 60.0
LOGS = {"intake": "/v1/feedback-events", "routing": "/v1/case-events"}


async def wait_until_counted(logs: dict[str, Door], manager: Door) -> None:
    """Until analytics has read both logs to where they end now."""
    await asyncio.sleep(0.2)  # what was just written gets its place in the log
    heads = {name: await head_of(door, LOGS[name]) for name, door in logs.items()}
    until = monotonic() + CAUGHT_UP_SECONDS
    while True:
        positions = (await manager.get("/v1/kpis", names="volume"))["as_of"]["positions"]
        behind = {name: head - positions[name]["pos"] for name, head in heads.items()}
        if all(events <= 0 for events in behind.values()):
            return
        if monotonic() > until:
            stop(f"analytics has {behind} events to read still, after {CAUGHT_UP_SECONDS:.0f} s: see var/log")
        await asyncio.sleep(0.1)


async def head_of(door: Door, path: str) -> int:
    """The last position of a log."""
    shards: list[int] = (await door.get(f"{path}/head"))["shards"]
    return max(shards)
