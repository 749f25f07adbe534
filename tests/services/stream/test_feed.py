"""What a reader of a log relies on over HTTP: the application as it is served, on a port of its own."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict
from sqlalchemy import make_url, text

from libs.common.app import create_app
from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.service_token import GivenToken, service_token
from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.settings import ServiceSettings
from libs.common.stream import doorbell, feed
from libs.common.stream.doorbell import Doorbell, hang_doorbell
from libs.common.stream.errors import StreamStopped
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.positions import Place
from libs.common.stream.reader import PAUSE_SECONDS
from libs.common.stream.tables import SHARDS
from libs.common.telemetry import traceparent
from tests.services.stream.log import (
    Counted,
    Log,
    all_rows,
    count,
    effects,
    eventually,
    execute,
    positions,
    reader_of,
    some_subjects,
    tell,
    tell_counted,
    write,
)
from tests.system import free_ports

PATH = "/v1/test-events"
START = Place(0, None, 1)
ENOUGH = 8.0
"""Seconds: more than a busy machine takes, and less than a long poll waits."""


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="ECOUTE_TEST_")


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    [port, other] = free_ports(2)
    return Settings.load(
        {
            "ECOUTE_TEST_DATABASE_URL": dsn,
            "ECOUTE_TEST_SECRET": "of no importance, but long enough",
            "ECOUTE_TEST_LISTEN": f"127.0.0.1:{port}",
            "ECOUTE_TEST_WORKER_LISTEN": f"127.0.0.1:{other}",
            "ECOUTE_DEVELOPMENT_ISSUER": str(tmp_path),
        }
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application, served until the test is over."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    app = create_app("intake", settings, title="test", routers=[feed.router("test", PATH)], start=[hang_doorbell])
    server = uvicorn.Server(
        uvicorn.Config(app, port=settings.listen.port, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())

    async def is_up() -> bool:
        return server.started

    await eventually(is_up)
    yield app
    app.state.lifecycle.draining.set()
    server.should_exit = True
    await serving
    root.handlers = handlers
    root.setLevel(level)


@pytest.fixture
def token(settings: Settings) -> Callable[[str], dict[str, str]]:
    issuer = DevelopmentIssuer(settings.development_issuer or Path())

    def header(role: str) -> dict[str, str]:
        signed = issuer.sign(
            subject="tester", roles=[role], issuer=settings.token_issuer, audience=settings.token_audience
        )
        return {"Authorization": f"Bearer {signed}"}

    return header


@pytest.fixture
async def http(
    app: FastAPI, settings: Settings, token: Callable[[str], dict[str, str]]
) -> AsyncIterator[httpx.AsyncClient]:
    """A reader's connection to the feed."""
    async with httpx.AsyncClient(
        base_url=f"http://{settings.listen}", headers=token("service"), timeout=30
    ) as connection:
        yield connection


@pytest.fixture
def client(app: FastAPI, settings: Settings) -> FeedClient:
    return FeedClient(f"http://{settings.listen}{PATH}", service_token("test", settings), "tester")


async def test_only_a_service_reads_the_log(
    http: httpx.AsyncClient, token: Callable[[str], dict[str, str]], settings: Settings
) -> None:
    nobody = await http.get(PATH, headers={"Authorization": ""})
    assert (nobody.status_code, nobody.json()["type"]) == (401, "urn:ecoute:problem:unauthenticated")
    forged = await http.get(PATH, headers={"Authorization": "Bearer not.a.token"})
    assert forged.status_code == 401
    for role in ("admin", "manager", "agent", "auditor"):
        refused = await http.get(PATH, headers=token(role))
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:ecoute:problem:forbidden")
    assert (await http.get(PATH)).status_code == 200


async def test_events_leave_as_a_batch_of_cloudevents_1_0(database: Database, http: httpx.AsyncClient) -> None:
    subject = uuid4()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traceparent.set(trace)
    await tell(database, (subject, Counted(n=1, said="« Merci »")), (subject, Counted(n=2)))
    traceparent.set(None)
    await tell(database, (subject, Counted(n=3)))
    answer = await http.get(PATH)
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    first, second, third = answer.json()
    [row, *_] = await all_rows(database, "SELECT * FROM event_log ORDER BY pos")
    assert first == {
        "specversion": "1.0",
        "id": str(row.id),
        "source": "/test",
        "type": Counted.type,
        "subject": str(subject),
        "sequence": "1",
        "time": row.time.isoformat(),
        "recordedtime": row.recorded_at.isoformat(),
        "datacontenttype": "application/json",
        "pos": 1,
        "prev": 0,
        "epoch": 1,
        "shard": row.shard,
        "traceparent": trace,
        "text": "« Merci »",
        "data": {"n": 1},
    }
    assert (second["sequence"], second["pos"], second["prev"], "text" in second) == ("2", 2, 1, False)
    assert "traceparent" not in third
    for event in (first, second, third):
        for name, value in event.items():
            assert name.isalnum()
            assert name.islower(), "CloudEvents' names of attributes"
            assert name == "data" or isinstance(value, str | int)


async def test_data_leaves_byte_for_byte_as_it_lies_in_the_log(database: Database, http: httpx.AsyncClient) -> None:
    await tell(database, (uuid4(), Counted(n=1)), (uuid4(), Counted(n=2)))
    odd = '{"n": 1.0,  "é":"\\u00e9","n":1e0, "large":123456789012345678901234567890}'
    await execute(database, "UPDATE event_log SET data = :odd WHERE pos = 1", odd=odd)
    body = (await http.get(PATH)).content
    assert b'"data":' + odd.encode() + b"}," in body
    assert body.endswith(b'"data":{"n":2}}]')


async def test_words_that_were_erased_are_absent_and_the_rest_stays(
    database: Database, http: httpx.AsyncClient
) -> None:
    await tell(database, (uuid4(), Counted(n=1, said="un secret")))
    [before] = (await http.get(PATH)).json()
    await execute(database, "UPDATE event_log SET text = NULL")
    [after] = (await http.get(PATH)).json()
    assert before == after | {"text": "un secret"}
    assert "text" not in after


async def test_events_come_in_order_after_the_position_and_no_more_than_asked_for(
    database: Database, http: httpx.AsyncClient
) -> None:
    await tell_counted(database, some_subjects(9), 1050)
    ids = [str(row.id) for row in await all_rows(database, "SELECT id FROM event_log ORDER BY pos")]

    async def asked(**parameters: Any) -> list[str]:
        answer = await http.get(PATH, params=parameters)
        assert answer.status_code == 200
        return [one["id"] for one in orjson.loads(answer.content)]

    assert await asked() == ids[:1000]
    assert await asked(limit=7) == ids[:7]
    assert await asked(after=7, id=ids[6], limit=5) == ids[7:12]
    assert await asked(after=1000, id=ids[999]) == ids[1000:]
    assert await asked(after=1050, id=ids[-1]) == []
    for wrong in ({"limit": 0}, {"limit": 1001}, {"after": -1}, {"wait": 31}, {"id": "x"}):
        assert (await http.get(PATH, params=wrong)).status_code == 422


async def test_a_reader_of_another_log_is_told_at_the_door(
    database: Database, http: httpx.AsyncClient, client: FeedClient
) -> None:
    await tell_counted(database, some_subjects(2), 4)
    for position in (2, 5):  # another event, and none
        answer = await http.get(PATH, params={"after": position, "id": str(uuid4())})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:ecoute:problem:log-diverged")
        with pytest.raises(StreamStopped):
            await client.events_after(Place(position, uuid4(), 1), 0, Lifecycle())


async def test_a_log_that_cannot_be_read_just_now_is_no_error_of_ours(
    database: Database, http: httpx.AsyncClient
) -> None:
    await tell_counted(database, some_subjects(2), 4)
    async with database.transaction() as session:
        await session.execute(text("LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE"))
        answer = await http.get(PATH)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:ecoute:problem:service-unavailable")
    assert (await http.get(PATH)).status_code == 200


@pytest.fixture
async def no_second_look(database: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting requests are woken by the bell alone, and it hangs."""
    monkeypatch.setattr(doorbell, "FALLBACK_SECONDS", 60)
    await eventually(lambda: listeners(database))


async def listeners(database: Database) -> set[int]:
    """The server's processes that serve a doorbell."""
    rows = await all_rows(
        database, "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    return {row.pid for row in rows}


@pytest.mark.usefixtures("no_second_look")
async def test_a_long_poll_is_answered_soon_after_an_event_is_sequenced(
    database: Database, http: httpx.AsyncClient
) -> None:
    await tell(database, (uuid4(), Counted(n=1)))
    for n in range(2, 5):
        waiting = asyncio.create_task(http.get(PATH, params={"after": n - 1, "wait": 25}))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await tell(database, (uuid4(), Counted(n=n)))
        answer = await asyncio.wait_for(waiting, ENOUGH)
        assert [one["pos"] for one in answer.json()] == [n]


async def test_an_event_that_comes_while_one_looks_is_not_missed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "FALLBACK_SECONDS", 60)
    bell, looks = Doorbell(database, Lifecycle()), 0

    async def look() -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            bell.ring()
        return looks > 1

    assert await asyncio.wait_for(bell.until(look, 25), ENOUGH)


@pytest.mark.usefixtures("no_second_look")
async def test_many_long_polls_hold_no_connection_to_the_database(
    database: Database, http: httpx.AsyncClient, app: FastAPI
) -> None:
    waiting = [asyncio.create_task(http.get(PATH, params={"wait": 25})) for _ in range(40)]
    pool = app.state.database.engine.pool

    async def all_wait() -> bool:
        await asyncio.sleep(0.3)
        return pool.checkedout() <= 2  # type: ignore[no-any-return]

    await eventually(all_wait)
    assert not any(one.done() for one in waiting)
    await tell(database, (uuid4(), Counted(n=1)))
    answers = await asyncio.wait_for(asyncio.gather(*waiting), ENOUGH)
    assert [[one["pos"] for one in answer.json()] for answer in answers] == [[1]] * 40


async def test_a_poll_without_events_is_empty_after_the_wait_and_not_before(http: httpx.AsyncClient) -> None:
    started = time.monotonic()
    answer = await http.get(PATH, params={"wait": 0.5})
    assert (answer.status_code, answer.content) == (200, b"[]")
    assert time.monotonic() - started >= 0.5


async def test_long_polls_end_at_once_when_the_process_leaves(http: httpx.AsyncClient, app: FastAPI) -> None:
    waiting = asyncio.create_task(http.get(PATH, params={"wait": 30}))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    app.state.lifecycle.draining.set()
    answer = await asyncio.wait_for(waiting, ENOUGH)
    assert (answer.status_code, answer.content, answer.headers["connection"]) == (200, b"[]", "close")


async def test_the_doorbell_is_hung_again_when_its_connection_is_cut(database: Database, app: FastAPI) -> None:
    for _ in range(2):
        await eventually(lambda: listeners(database))
        before = await listeners(database)
        await all_rows(
            database, "SELECT pg_terminate_backend(pid) FROM unnest(cast(:pids AS int[])) AS pid", pids=list(before)
        )

        async def is_new(before: set[int] = before) -> set[int]:
            return await listeners(database) - before

        await eventually(is_new)


async def test_the_doorbell_is_hung_though_its_first_connection_is_cut_before_it_listens(dsn: str) -> None:
    cuts, rung = 0, asyncio.Event()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal cuts
        while said := await reader.read(65536):
            if b"LISTEN" in said and not cuts:
                cuts += 1
                break
            writer.write(said)
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(f"{make_url(dsn).query['host']}/.s.PGSQL.5432")
        await asyncio.gather(pass_on(reader, back), pass_on(there, writer), return_exceptions=True)

    class Listened(Doorbell):
        def ring(self, *_: object) -> None:
            rung.set()

    async with await asyncio.start_server(connect, "127.0.0.1", 0) as proxy:
        port = proxy.sockets[0].getsockname()[1]
        url = make_url(dsn).set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        database = Database(url, pool_size=1, application="test")
        listening = asyncio.create_task(Listened(database, Lifecycle()).listen())
        await asyncio.wait_for(rung.wait(), ENOUGH)
        listening.cancel()
        await asyncio.wait([listening])
    assert cuts == 1


async def test_a_reader_reads_a_served_log_to_its_end(database: Database, client: FeedClient) -> None:
    subjects = some_subjects(6)
    await tell_counted(database, subjects, 60)
    reader = reader_of(Log(database), count)
    reader._feed = client
    await reader.prepare(database)
    await reader.read(database, Lifecycle())
    await tell_counted(database, subjects, 6)
    await reader.read(database, Lifecycle())
    assert set((await positions(database)).values()) == {66}
    assert [len(done) for done in (await effects(database)).values()] == [11] * 6


async def test_the_head_of_a_log_says_where_each_shard_ends_and_up_to_when_all_is_in_it(
    database: Database, client: FeedClient
) -> None:
    await tell_counted(database, some_subjects(6), 60)
    began = utc_now()
    head = await client.head()
    last = {row.shard: row.pos for row in await all_rows(database, "SELECT shard, pos FROM event_log ORDER BY pos")}
    assert head.shards == [last.get(shard, 0) for shard in range(SHARDS)]
    assert head.epoch == 1
    assert began <= head.complete_to <= utc_now()
    async with database.connection() as connection:
        await write(connection, (uuid4(), Counted(n=0)))
    waiting = await client.head()
    assert waiting.shards == head.shards
    [pending] = await all_rows(database, "SELECT recorded_at FROM event_pending")
    assert waiting.complete_to == pending.recorded_at


async def test_a_reader_that_leaves_does_not_wait_for_its_long_poll(client: FeedClient) -> None:
    leaving = Lifecycle()
    polling = asyncio.create_task(client.events_after(START, 20, leaving))
    await asyncio.sleep(0.1)
    leaving.draining.set()
    assert await asyncio.wait_for(polling, ENOUGH) == []


async def test_a_source_that_cannot_answer_is_an_error_that_passes(app: FastAPI, settings: Settings) -> None:
    [nobody] = free_ports(1)
    good = service_token("test", settings)
    for url, token in (
        (f"http://127.0.0.1:{nobody}{PATH}", good),
        (f"http://{settings.listen}/nothing", good),
    ):
        with pytest.raises(OSError, match="the log at"):
            await FeedClient(url, token, "tester").events_after(START, 0, Lifecycle())


async def test_a_token_that_the_source_does_not_take_stops_the_reader(app: FastAPI, settings: Settings) -> None:
    with pytest.raises(StreamStopped, match="does not let us read"):
        await FeedClient(f"http://{settings.listen}{PATH}", GivenToken("expired"), "tester").events_after(
            START, 0, Lifecycle()
        )


async def test_a_question_about_what_was_not_read_yet_registers_nobody(database: Database, client: FeedClient) -> None:
    await client.events_after(START, 0, Lifecycle(), has_read=False)
    assert await all_rows(database, "SELECT name FROM event_reader") == []
    await client.events_after(START, 0, Lifecycle())
    assert len(await all_rows(database, "SELECT name FROM event_reader")) == 1


async def test_a_reader_polls_a_leaving_source_without_haste(
    database: Database, app: FastAPI, client: FeedClient
) -> None:
    """A source that leaves answers long polls at once, and empty: the reader does not spin on it."""
    asked = 0

    class Counting:
        async def events_after(self, *parameters: Any, **more: Any) -> Any:
            nonlocal asked
            asked += 1
            return await client.events_after(*parameters, **more)

    reader = reader_of(Log(database), count)
    reader._feed = Counting()  # type: ignore[assignment]
    process = FastAPI()
    process.state.database, process.state.lifecycle = database, Lifecycle()
    app.state.lifecycle.draining.set()
    began = time.monotonic()
    running = asyncio.create_task(reader.run(process))

    async def asked_more_than_once() -> bool:
        return asked > 1 and time.monotonic() - began > 1

    await eventually(asked_more_than_once, ENOUGH)
    process.state.lifecycle.draining.set()
    await asyncio.wait_for(running, ENOUGH)
    assert asked <= (time.monotonic() - began) / PAUSE_SECONDS + 1
