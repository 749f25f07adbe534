"""Sends at a rate, whatever becomes of it, as many people do who know nothing of each other."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import orjson

from tests.faults.load import COMPLAINT
from tests.faults.record import Record

LONGEST_WAIT_SECONDS = 30.0
COMPLIMENT = {**COMPLAINT, "kind": "compliment", "text": "Merci beaucoup."}
SAID = [orjson.dumps(one) for one in (COMPLAINT, *[COMPLIMENT] * 19)]
"""What is sent, in turns: few of it needs a case, so that what was taken in can be worked off soon after."""


@dataclass
class Flood:
    """`rate` requests a second for `seconds`, over at most `connections`; who finds none free is not sent."""

    address: str
    record: Record
    rate: float
    seconds: float
    connections: int
    sent: int = 0
    not_sent: int = 0
    without_retry_after: int = 0
    seen: Callable[[], None] = lambda: None
    _free: deque["Connection"] = field(default_factory=deque)
    _open: int = 0

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        started, tasks = time.monotonic(), set[asyncio.Task[None]]()
        due, before, last_seen = 0.0, started, started
        while (now := time.monotonic()) - started < self.seconds:
            due, before = min(due + self.rate * (now - before), self.rate), now
            for _ in range(int(due)):
                due -= 1
                if connection := self._take():
                    task = asyncio.create_task(self._send(connection))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                else:
                    self.not_sent += 1
            if now - last_seen > 1:
                last_seen = now
                self.seen()
            await asyncio.sleep(max(0.0, 0.005 - (time.monotonic() - now)))
        if tasks:
            await asyncio.wait(tasks, timeout=LONGEST_WAIT_SECONDS)
        for connection in self._free:
            connection.close()

    def _take(self) -> "Connection | None":
        if self._free:
            return self._free.popleft()
        if self._open < self.connections:
            self._open += 1
            return Connection(self.address)
        return None

    async def _send(self, connection: "Connection") -> None:
        key, sent_at, status, made = str(uuid4()), time.time(), None, None
        said = SAID[self.sent % len(SAID)]
        self.sent += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                status, head, body = await connection.post("/v1/feedback", said, key)
            made = orjson.loads(body)["id"] if status == 201 else None
            self.without_retry_after += status == 503 and b"retry-after" not in head.lower()
        except (OSError, EOFError, TimeoutError):
            connection.close()
        self.record.attempt(sent_at, "submit", key, status, made)
        self._free.append(connection)


class Connection:
    """Keep-alive HTTP/1.1, as little of it as is needed: its client must be lighter than the server that it floods."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes, key: str) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer. OSError, EOFError when the connection is cut."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        told = await reader.readexactly(length)
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12]), head, told

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None
