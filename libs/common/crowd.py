"""How many are served at once at one address; who comes upon so many is refused, mostly at the door (`doorkeeper`)."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter

from libs.common.problems import ServiceUnavailable


class Crowd:
    """Those at work, and those who were let in during this turn of the event loop, and begin in the next."""

    def __init__(self, most: int, refused: Counter) -> None:
        self.most = most
        self._refused = refused
        self._at_work, self._let_in = 0, 0

    def lets_in(self) -> bool:
        """Whether there is room for another, who then has it."""
        if not self._has_room(self._let_in):
            return False
        if not self._let_in:
            asyncio.get_running_loop().call_soon(self._begin)
        self._let_in += 1
        return True

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """One of those at work, from when its body is there: who sends slowly keeps nobody out.

        `ServiceUnavailable` where there are so many by now: for who was not asked at the door, or is late.
        """
        if not self._has_room(0):
            raise ServiceUnavailable
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1

    def _has_room(self, let_in: int) -> bool:
        """For one more beside those at work and those let in; who finds none is counted as refused."""
        if self._at_work + let_in < self.most:
            return True
        self._refused.inc()
        return False

    def _begin(self) -> None:
        """From now on those who were let in count themselves."""
        self._let_in = 0
