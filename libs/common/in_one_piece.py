"""The head of an answer and its body leave together.

The event loop hands each write to the network at once: two make two packets, and wake whoever waits for them twice.
"""

import asyncio
from typing import Any

MOST_BYTES = 65_536
"""Beyond, nothing is kept back: who sends much must be told when nobody takes it."""


class InOnePiece:
    """A transport that hands on, at the end of the event loop's turn, what was written to it meanwhile."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._written: list[bytes] = []
        self._bytes = 0

    def write(self, data: bytes) -> None:
        if not self._written:
            asyncio.get_running_loop().call_soon(self._hand_on)
        self._written.append(data)
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            self._hand_on()

    def close(self) -> None:
        self._hand_on()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _hand_on(self) -> None:
        if self._written:
            self._transport.write(b"".join(self._written))
            self._written.clear()
            self._bytes = 0
