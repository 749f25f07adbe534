"""Who comes upon as many as can be taken in at once is told to come again: at the door, over a real connection."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import orjson
import pytest
import uvicorn
from uvicorn.server import ServerState

from libs.common.crowd import Crowd
from libs.common.doorkeeper import Doorkeeper
from services.intake.feedback import batcher
from services.intake.feedback.batcher import REFUSED
from services.intake.feedback.submission import ROUTE
from tests.services.intake.house import COMPLAINT, Intake

BODY = orjson.dumps(COMPLAINT)
NAME = "0199b3f2-7a10-7b61-a7a5-of-a-caller7"
ITS_OWN = {"date", "server", "x-request-id", "ratelimit", "ratelimit-policy"}


@pytest.fixture(scope="module")
async def address(intake: Intake) -> AsyncIterator[tuple[str, int]]:
    """Where intake answers, by the protocol with which it is served."""
    config = uvicorn.Config(intake.app, http=Doorkeeper, log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: Doorkeeper(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()


@pytest.fixture
def crowd(intake: Intake) -> Iterator[Crowd]:
    """Those who send feedback, of whom a test may change how many there may be."""
    crowd: Crowd = intake.app.state.crowds[ROUTE]
    most = crowd.most
    yield crowd
    crowd.most = most


@asynccontextmanager
async def caller(address: tuple[str, int]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}", trust_env=False) as http:
        yield http


def head(*lines: str, path: str = "/v1/feedback") -> bytes:
    about = ("Host: intake", "Content-Type: application/json", f"Content-Length: {len(BODY)}", *lines)
    return f"POST {path} HTTP/1.1\r\n".encode() + "".join(f"{line}\r\n" for line in about).encode() + b"\r\n"


async def answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[:-1]
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))


async def test_of_many_who_come_at_once_as_many_are_let_in_as_there_is_room_for(
    intake: Intake, address: tuple[str, int], crowd: Crowd
) -> None:
    crowd.most = 3
    refused_before = REFUSED._value.get()
    async with caller(address) as http:
        came = await asyncio.gather(*(http.post("/v1/feedback", json=COMPLAINT) for _ in range(30)))
        statuses = [one.status_code for one in came]
        assert set(statuses) == {201, 503}
        assert REFUSED._value.get() - refused_before == statuses.count(503)
        assert (await http.post("/v1/feedback", json=COMPLAINT)).status_code == 201


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_at_the_door_the_answer_is_that_which_is_given_within(
    intake: Intake, address: tuple[str, int], crowd: Crowd, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    def told(answer: httpx.Response) -> tuple[object, ...]:
        said = answer.json()
        assert said.pop("request_id") == answer.headers["x-request-id"]
        return (answer.status_code, said, {n: v for n, v in answer.headers.items() if n not in ITS_OWN})

    async with caller(address) as http:
        with monkeypatch.context() as patched:
            patched.setattr(batcher, "LONGEST_QUEUE", 0)
            within = await http.post("/v1/feedback", json=COMPLAINT, headers={"accept-language": language})
        crowd.most = 0
        named = {"accept-language": language, "x-request-id": NAME}
        at_the_door = await http.post("/v1/feedback", json=COMPLAINT, headers=named)
    assert told(at_the_door) == told(within)
    assert at_the_door.headers["x-request-id"] == NAME
    assert at_the_door.headers["content-language"] == language


async def test_a_refusal_is_in_the_log_under_the_name_that_the_answer_gives(
    address: tuple[str, int], crowd: Crowd, logs: io.StringIO
) -> None:
    crowd.most = 0
    async with caller(address) as http:
        refused = await http.post("/v1/feedback", json=COMPLAINT)
    lines = [orjson.loads(line) for line in logs.getvalue().splitlines()]
    [line] = [one for one in lines if one.get("request_id") == refused.headers["x-request-id"]]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/feedback", 503)


async def test_who_was_refused_may_ask_again_on_the_same_connection_whenever_the_body_came(
    address: tuple[str, int], crowd: Crowd
) -> None:
    reader, writer = await asyncio.open_connection(*address)
    most, crowd.most = crowd.most, 0
    writer.write(head())
    assert (await answer(reader))[0] == 503
    writer.write(BODY)
    writer.write(head() + BODY)
    assert (await answer(reader))[0] == 503
    crowd.most = most
    writer.write(head() + BODY)
    assert (await answer(reader))[0] == 201
    writer.close()


@pytest.mark.parametrize("leaving", [True, False])
async def test_a_connection_that_is_not_to_stay_is_closed_after_the_refusal(
    intake: Intake, address: tuple[str, int], crowd: Crowd, *, leaving: bool
) -> None:
    crowd.most = 0
    draining = intake.app.state.lifecycle.draining
    if leaving:
        draining.set()
    try:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(head(*(() if leaving else ("Connection: close",))) + BODY)
        status, headers, _ = await answer(reader)
    finally:
        draining.clear()
    assert (status, headers["connection"]) == (503, "close")
    assert await reader.read() == b""
    writer.close()


async def test_who_sends_slowly_keeps_nobody_out(address: tuple[str, int], crowd: Crowd) -> None:
    crowd.most = 1
    slow = [await asyncio.open_connection(*address) for _ in range(5)]
    for _, writer in slow:
        writer.write(head())
        await asyncio.sleep(0.01)
    async with caller(address) as http:
        assert (await http.post("/v1/feedback", json=COMPLAINT)).status_code == 201
    for reader, writer in slow:
        writer.write(BODY)
        assert (await answer(reader))[0] == 201
        writer.close()


async def test_a_page_is_refused_within_so_that_its_script_may_read_why(
    intake: Intake, address: tuple[str, int], crowd: Crowd
) -> None:
    crowd.most = 0
    [origin, *_] = intake.app.state.settings.own_origins
    async with caller(address) as http:
        refused = await http.post("/v1/feedback", json=COMPLAINT, headers={"origin": origin})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (503, origin)
    assert "Retry-After" in refused.headers["access-control-expose-headers"]


async def test_other_calls_are_not_refused_nor_who_waits_for_another_answer(
    address: tuple[str, int], crowd: Crowd
) -> None:
    crowd.most = 0
    async with caller(address) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.post("/v1/feedback/batch", json={"items": []})).status_code == 401
    reader, writer = await asyncio.open_connection(*address)
    writer.write(head(path="/v1/feedback/search") + BODY + head() + BODY)  # the second is asked within, in its turn
    assert [(await answer(reader))[0] for _ in range(2)] == [401, 503]
    writer.close()
