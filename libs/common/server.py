"""Runs an application on a socket until it is told to leave, and then leaves politely."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import uvicorn
from fastapi import FastAPI

from libs.common.doorkeeper import Doorkeeper
from libs.common.settings import Address
from libs.common.usher import Usher

LAUNCHER_PIPE = "LAUNCHER_PIPE"
"""Environment variable with the descriptor whose end of file says that the launcher is gone."""

READY_PIPE = "READY_PIPE"
"""Environment variable with the descriptor through which this process says, once, that it is ready."""


class Served(Protocol):
    """What a process says of how it is served."""

    @property
    def trusted_proxies(self) -> str: ...
    @property
    def drain_seconds(self) -> float: ...


class Server(uvicorn.Server):
    """SIGTERM: readiness off and `Connection: close` on every answer for the drain, then close. SIGINT: close.

    SIGUSR1: a successor listens on the same socket. The same as SIGTERM, but what connects is left to the successor:
    so nobody is taken in at the very end, and cut off.
    """

    def __init__(self, app: FastAPI, settings: Served, nice: int = 0) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=Doorkeeper,
                access_log=False,
                log_config=None,
                server_header=False,
                forwarded_allow_ips=settings.trusted_proxies,
                date_header=True,
                backlog=socket.SOMAXCONN,  # who finds no room there waits for seconds before it knocks again
                timeout_keep_alive=15,
                timeout_graceful_shutdown=10,
                h11_max_incomplete_event_size=65536,
            )
        )
        self._app, self._drain_seconds, self._nice = app, settings.drain_seconds, nice
        self._ushers: list[Usher] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.servers = []

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        if pipe := os.environ.get(LAUNCHER_PIPE):
            self._loop.add_reader(int(pipe), self.leave, 0.0)
        self._loop.add_signal_handler(signal.SIGUSR1, self.give_way)
        await super().serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ushers = [Usher(self._protocol, one) for one in sockets or ()]
        _collect_seldom()
        if self._nice:
            _be_nice(self._nice)
        if pipe := os.environ.pop(READY_PIPE, None):
            self._saying_ready = asyncio.create_task(self._say_ready(int(pipe)))

    async def _say_ready(self, pipe: int) -> None:
        """To the launcher, which ends a start without it; where the stream's carrier is away, what is told waits."""
        lifecycle, checks = self._app.state.lifecycle, self._app.state.checks
        with os.fdopen(pipe, "wb", buffering=0) as word, contextlib.suppress(BrokenPipeError):
            while any([await check() for check in checks]):
                if await lifecycle.wait(0.05):
                    return
            word.write(b".")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._close_doors()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        """What speaks with one connection: as uvicorn makes it."""
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(self.config, self.server_state, self.lifespan.state)
        return protocol

    def _close_doors(self) -> None:
        for usher in self._ushers:
            usher.close()
        for server in self.servers:
            server.close()

    def give_way(self) -> None:
        """Take in nobody else, and begin the drain."""
        self._close_doors()
        self.leave(self._drain_seconds)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._loop is None:
            super().handle_exit(sig, frame)
        else:
            self._loop.call_soon_threadsafe(self.leave, self._drain_seconds if sig == signal.SIGTERM else 0.0)

    def leave(self, after_seconds: float) -> None:
        """Begin the drain; close when it is over."""
        assert self._loop is not None  # noqa: S101
        if pipe := os.environ.pop(LAUNCHER_PIPE, None):
            self._loop.remove_reader(int(pipe))
        self._app.state.lifecycle.draining.set()
        self._loop.call_later(after_seconds, setattr, self, "should_exit", True)


def serve(app: FastAPI, address: Address, descriptor: int | None = None, *, nice: int = 0) -> None:
    """Serve on a socket that the launcher holds, or on one bound here; once it is up, be so nice to other processes."""
    listener = socket.socket(fileno=descriptor) if descriptor is not None else bind(address)
    with contextlib.suppress(KeyboardInterrupt):
        Server(app, app.state.settings, nice).run(sockets=[listener])


def _collect_seldom() -> None:
    """Requests and slices make thousands of objects, none of which waits for the garbage collector; a fifth of the time
    of a slice went there. What is there at the start stays.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _be_nice(nice: int) -> None:
    """Leave the cores to others where they are short, also where Linux weighs sessions and not processes."""
    os.nice(nice)
    with contextlib.suppress(OSError):  # a kernel without groups of sessions
        Path("/proc/self/autogroup").write_text(str(nice))


def bind(address: Address) -> socket.socket:
    """A listening socket; OSError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(socket.SOMAXCONN)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(True)
    return listener
