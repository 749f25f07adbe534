"""What goes on beside a test, in a thread of its own; where it fails, the test does."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Self


class Beside:
    """`work` goes on from entry to exit; then it is told that it is over, and has `patience` seconds to end."""

    def __init__(self, work: Callable[[Event], None], patience: float = 60.0) -> None:
        self._work, self._patience = work, patience
        self._over = Event()
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.wait()

    def wait(self) -> None:
        """Until it has ended, also by itself; raises what it failed of."""
        self._thread.join(self._patience)
        assert not self._thread.is_alive(), f"what goes on beside did not end within {self._patience} s"
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            self._work(self._over)
        except Exception as failure:  # told by the thread that waits
            self._failure = failure
