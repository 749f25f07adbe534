"""Sends POSTs as fast as they are answered: by `wrk` where it is installed, else by sockets of our own."""

import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

SCRIPT = Path(__file__).parent / "post.lua"
UNTIL_ANSWERED_SECONDS = 2
"""What the first had begun with is over by then: else twice as many would be at work as there are connections."""


@dataclass(frozen=True)
class Figures:
    """Of one leg. Times to answer are in milliseconds."""

    a_second: float
    p50: float
    p99: float
    errors: int
    """Answers other than 2xx, and connections that broke."""

    @classmethod
    def median(cls, rounds: Sequence[Self]) -> "Figures":
        """Of each figure by itself; errors of all rounds together."""
        a_second, p50, p99 = (
            statistics.median(getattr(one, name) for one in rounds) for name in ("a_second", "p50", "p99")
        )
        return cls(a_second, p50, p99, sum(one.errors for one in rounds))


def post(
    url: str, bodies: Sequence[Any], *, connections: int, seconds: float, headers: Mapping[str, str] | None = None
) -> Figures:
    """POST the bodies, over and over, each time under a new Idempotency-Key. The first are sent before time counts."""
    encoded = [_encoded(body) for body in bodies]
    measure = _by_wrk if shutil.which("wrk") else _by_sockets
    measure(url, encoded, connections, 1, headers or {})
    time.sleep(UNTIL_ANSWERED_SECONDS)
    return measure(url, encoded, connections, seconds, headers or {})


def _by_wrk(url: str, bodies: Sequence[bytes], connections: int, seconds: float, headers: Mapping[str, str]) -> Figures:
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as lines:
        lines.write(b"\n".join(bodies))
        lines.flush()
        said = subprocess.run(  # noqa: S603
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "30s", "-s", str(SCRIPT), url],  # noqa: S607
            env={**os.environ, "BODIES": lines.name, "RUN": uuid4().hex[:16], "HEADERS": _lines_of(headers)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    found = re.search(r"RESULT ([\d.]+) ([\d.]+) ([\d.]+) (\d+)", said)
    if found is None:
        raise RuntimeError(f"wrk said: {said}")
    return Figures(float(found[1]), float(found[2]), float(found[3]), int(found[4]))


def _by_sockets(
    url: str, bodies: Sequence[bytes], connections: int, seconds: float, headers: Mapping[str, str]
) -> Figures:
    return asyncio.run(_send(httpx.URL(url), bodies, connections, seconds, headers))


async def _send(
    url: httpx.URL, bodies: Sequence[bytes], connections: int, seconds: float, headers: Mapping[str, str]
) -> Figures:
    took: list[float] = []
    errors = 0
    began = time.perf_counter()

    async def one(start: int) -> None:
        nonlocal errors
        number = start
        async with _wire(url, headers) as wire:
            while time.perf_counter() - began < seconds:
                sent = time.perf_counter()
                status = await wire.post(bodies[number % len(bodies)])
                took.append(time.perf_counter() - sent)
                errors += not 200 <= status < 300
                number += connections

    await asyncio.gather(*(one(start) for start in range(connections)))
    took.sort()
    at = [took[min(len(took) - 1, int(len(took) * part))] * 1000 for part in (0.5, 0.99)]
    return Figures(len(took) / (time.perf_counter() - began), at[0], at[1], errors)


async def post_steadily(
    url: str, bodies: Sequence[Any], *, a_second: int, seconds: int, connections: int
) -> list[float]:
    """POST so many a second, each in its moment if a connection is free: when (`time.monotonic`) each 201 came."""
    encoded = [_encoded(body) for body in bodies]
    answered: list[float] = []
    began, numbers = time.monotonic(), iter(range(a_second * seconds))

    async def one() -> None:
        async with _wire(httpx.URL(url), {}) as wire:
            for number in numbers:
                await asyncio.sleep(began + number / a_second - time.monotonic())
                if await wire.post(encoded[number % len(encoded)]) == 201:
                    answered.append(time.monotonic())

    await asyncio.gather(*(one() for _ in range(connections)))
    return answered


@dataclass(frozen=True)
class _Wire:
    """A connection that sends one request after the other, at less cost than a client that knows all of HTTP."""

    path: str
    headers: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def post(self, body: bytes) -> int:
        """The status of the answer."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n{self.headers}"
            f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer.lower())
        await self.reader.readexactly(int(length[1]) if length else 0)
        return int(answer[9:12])


@asynccontextmanager
async def _wire(url: httpx.URL, headers: Mapping[str, str]) -> AsyncIterator[_Wire]:
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        yield _Wire(url.path, _lines_of(headers), reader, writer)
    finally:
        writer.close()


def _encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _lines_of(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
