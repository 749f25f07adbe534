"""Row 15: transactions that hold back the clearing away of what is dead; the log follows as closely as before."""

import asyncio
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx

from tests.e2e.log import FEEDBACK, events_of
from tests.faults import checks
from tests.faults.beside import Beside
from tests.faults.conftest import Tell
from tests.faults.database import ask
from tests.faults.load import Client, Load
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually, json_of

EVENTS = 500_000 if AT_FULL_COUNT else 3_000
IN_A_BATCH = 500
PATIENCE_SECONDS = 3_600.0 if AT_FULL_COUNT else 60.0
LONGEST_LAG_SECONDS = 10.0
MARKS = {"channel": "web", "service": "passports", "ratings": [{"measure": "csat", "value": 4}]}


class Transactions:
    """Held open, in a thread of their own: a snapshot of intake's database, and a write in another database."""

    def __init__(self, system: System) -> None:
        self._urls = (
            (system.database_of("intake"), "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM event_head"),
            (system.database_of("analytics"), "BEGIN; SELECT pg_current_xact_id()"),
        )

    @contextmanager
    def held(self) -> Iterator[None]:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        connections = asyncio.run_coroutine_threadsafe(self._begin(), loop).result()
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(self._end(connections), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    async def _begin(self) -> list[asyncpg.Connection]:
        connections = []
        for url, statements in self._urls:
            connections.append(await asyncpg.connect(url))
            await connections[-1].execute(statements)
        return connections

    async def _end(self, connections: list[asyncpg.Connection]) -> None:
        for one in connections:
            await one.execute("ROLLBACK")
            await one.close()


def test_the_log_follows_closely_while_a_snapshot_and_a_write_elsewhere_are_held_open(
    house: System, record: Record, tell: Tell
) -> None:
    async def send_a_batch(client: Client) -> None:
        url, who = f"{client.system.intake}/v1/feedback/batch", client.system.staff("importer")
        told: Any = await client.insist("batch", url, {"items": [MARKS] * IN_A_BATCH}, who, expected=200)
        for one in told["outcomes"]:
            assert one["status"] == 201
            client.record.note("submit", one["receipt"]["id"], 201, one["receipt"]["id"])

    rounds, intake = EVENTS // IN_A_BATCH, house.database_of("intake")
    started = time.monotonic()
    with (
        Transactions(house).held(),
        _following(house) as lag_at,
        Load(house, record, send_a_batch, clients=4, most_rounds=rounds, timeout=60, patience=PATIENCE_SECONDS) as load,
    ):
        load.wait()
        seconds = time.monotonic() - started
        [dead] = ask(intake, "SELECT n_dead_tup AS n FROM pg_stat_user_tables WHERE relname = 'event_pending'")
        [end] = ask(intake, "SELECT pos + (SELECT count(*) FROM event_pending) AS pos FROM event_head")
        eventually(lambda: max(lag_at, default=0) >= end["pos"], LONGEST_LAG_SECONDS)
    lags = list(lag_at.values())
    quarter = len(lags) // 4
    first, last = statistics.median(lags[:quarter]), statistics.median(lags[-quarter:])
    assert max(lags) < LONGEST_LAG_SECONDS
    if AT_FULL_COUNT:
        assert last < 3 * first + 0.2
    checks.nothing_is_lost_or_doubled(record, house)
    tell(
        15,
        "a snapshot held in the database, a write held in another",
        events=EVENTS,
        dead_rows=dead["n"],
        events_a_second=round(EVENTS / seconds),
        lag=f"{first:.2f} s at first, {last:.2f} s at last, {max(lags):.2f} s at most",
        lost=0,
    )


@contextmanager
def _following(house: System) -> Iterator[dict[int, float]]:
    """Reads the log as it grows, from now on; by its last position, how late each slice came after that event."""
    lag_at: dict[int, float] = {}
    last = events_of(house, FEEDBACK)[-1:]

    def follow(over: threading.Event) -> None:
        after = {"after": last[0]["pos"], "id": last[0]["id"]} if last else {"after": 0}
        with httpx.Client(base_url=house.intake, headers=house.staff("service"), timeout=60) as http:
            while not over.is_set():
                some = json_of(http.get(FEEDBACK, params={**after, "wait": 1}))
                if some:
                    after = {"after": some[-1]["pos"], "id": some[-1]["id"]}
                    late = datetime.now(UTC) - datetime.fromisoformat(some[-1]["recordedtime"])
                    lag_at[some[-1]["pos"]] = late.total_seconds()

    with Beside(follow):
        yield lag_at
