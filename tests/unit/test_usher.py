"""Whoever connects is let in at once, also by a process that is busy."""

import asyncio
import socket
from contextlib import ExitStack

import uvloop

from libs.common.usher import Usher

CALLERS = 200
TURNS = 6


def test_all_who_knock_are_let_in_within_a_few_turns_of_the_loop() -> None:
    assert uvloop.run(_let_in(is_there=True)) == CALLERS


def test_an_usher_who_has_left_lets_in_nobody_and_the_server_alone_is_slow() -> None:
    assert uvloop.run(_let_in(is_there=False)) < CALLERS / 2


async def _let_in(*, is_there: bool) -> int:
    """How many are let in within some turns, by a server that has an usher, or one whose usher has left."""
    let_in = 0

    class Counts(asyncio.Protocol):
        def connection_made(self, _: asyncio.BaseTransport) -> None:
            nonlocal let_in
            let_in += 1

    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
        server = await asyncio.get_running_loop().create_server(Counts, sock=listener, backlog=1024)
        usher = Usher(Counts, listener)
        stack.callback(usher.close)
        if not is_there:
            usher.close()
        for _ in range(CALLERS):
            stack.enter_context(socket.create_connection(listener.getsockname()))
        for _ in range(TURNS):
            await asyncio.sleep(0)
        server.close()
    return let_in
