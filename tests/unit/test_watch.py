"""When a reader on Kafka asks the feed: is it still the same log, how far are shards of which nothing is told?"""

from typing import Any

import pytest

from libs.common.stream.kafka import watch
from libs.common.stream.kafka.watch import OVERDUE_SECONDS, SWEEP_SECONDS, Watch


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The moment, in a list of one."""
    moment = [1000.0]
    monkeypatch.setattr(watch, "monotonic", lambda: moment[0])
    return moment


@pytest.fixture
def watched(now: list[float]) -> Watch:
    consumer: Any = None  # it is asked nothing here
    made = Watch(consumer, "topic")
    made.shards = frozenset({3})
    return made


def test_who_has_nothing_to_do_asks_each_minute(watched: Watch, now: list[float]) -> None:
    assert watched.sweep_is_due()
    watched.swept()
    now[0] += SWEEP_SECONDS - 1
    assert not watched.sweep_is_due()
    now[0] += 1
    assert watched.sweep_is_due()


def test_who_always_has_something_to_do_asks_when_it_is_overdue(watched: Watch, now: list[float]) -> None:
    watched.lag = 7
    for _ in range(2):
        assert not watched.sweep_is_due()
        now[0] += OVERDUE_SECONDS - 1
        assert not watched.sweep_is_due()
        now[0] += 1
        assert watched.sweep_is_due()
        watched.swept()
