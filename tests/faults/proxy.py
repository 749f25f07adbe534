"""Stands between two processes: hands on what they say as it is, or late; cuts them off, or falls silent."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Target = tuple[str, int] | Path
"""An address, or a socket in the file system."""

RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Runs in a thread of its own, from entry to exit; `address` is where it listens."""

    def __init__(self, target: Callable[[], Target]) -> None:
        """`target` is asked at each connection: it may be known only later."""
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._flows: asyncio.Event
        self._delay = 0.0
        self._refuses = False
        self._open: set[asyncio.StreamWriter] = set()
        self.address = self._listener_address()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def _listener_address(self) -> str:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Proxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()

    @contextmanager
    def late(self, seconds: float) -> Iterator[None]:
        """Whatever passes, passes so much later."""
        self._delay = seconds
        try:
            yield
        finally:
            self._delay = 0.0

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Every connection is reset, those that are there and those that come."""
        self._refuses = True
        self._loop.call_soon_threadsafe(self._reset_all)
        try:
            yield
        finally:
            self._refuses = False

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing passes, and nobody is told: as where a cable is cut."""
        self._loop.call_soon_threadsafe(self._flows.clear)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._flows.set)

    def _reset_all(self) -> None:
        for writer in list(self._open):
            _reset(writer)

    async def _start(self) -> None:
        self._flows = asyncio.Event()
        self._flows.set()
        await asyncio.start_server(self._serve, sock=self._listener)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            _reset(writer)
            return
        await self._flows.wait()
        try:
            there, back = await self._connect()
        except OSError:
            _reset(writer)
            return
        both = {writer, back}
        self._open |= both
        try:
            await asyncio.gather(self._pump(reader, back), self._pump(there, writer))
        finally:
            self._open -= both

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target = self._target()
        if isinstance(target, Path):
            return await asyncio.open_unix_connection(str(target))
        return await asyncio.open_connection(*target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._flows.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                writer.write(data)
                await writer.drain()
        writer.close()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST, where the connection has one."""
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
    writer.transport.abort()
