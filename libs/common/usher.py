"""Lets in everybody who knocks, at once.

libuv lets in one connection a turn of the event loop (libuv#3696): whoever connects while others keep the process busy
would wait until these are gone.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

AT_ONCE = 500


class Usher:
    """Stands at a listening socket beside the server that has it, until it is closed."""

    def __init__(self, protocol: Callable[[], asyncio.Protocol], listener: socket.socket) -> None:
        self._loop, self._protocol, self._door = asyncio.get_running_loop(), protocol, listener.dup()
        self._let_in: set[asyncio.Task[object]] = set()
        self._door.setblocking(False)
        self._loop.add_reader(self._door, self._let_in_all)

    def close(self) -> None:
        """Let in nobody else. It may be closed already."""
        if self._door.fileno() >= 0:
            self._loop.remove_reader(self._door)
            self._door.close()

    def _let_in_all(self) -> None:
        with suppress(OSError):  # nobody else, or no file is left for them: then they go on waiting
            for _ in range(AT_ONCE):
                connection, _ = self._door.accept()
                connection.setblocking(False)
                task = self._loop.create_task(self._loop.connect_accepted_socket(self._protocol, connection))
                self._let_in.add(task)
                task.add_done_callback(self._let_in.discard)
