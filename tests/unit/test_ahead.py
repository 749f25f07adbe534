"""Who is far behind takes larger slices: what comes next is asked for while what came is being applied."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from libs.common.lifecycle import Lifecycle
from libs.common.stream.ahead import MOST_EVENTS, Ahead
from libs.common.stream.events import Envelope
from libs.common.stream.feed import MAX_EVENTS
from libs.common.stream.positions import Place

START = Place(0, None, 1)
AT = datetime(2026, 3, 2, tzinfo=UTC)


class Log:
    """A feed of so many events, that keeps what it was asked for; it can fail once."""

    def __init__(self, head: int) -> None:
        self.head, self.asked, self.fails = head, list[int](), False
        self.read_to = 0

    async def events_after(self, place: Place, *_: object, has_read: bool = True) -> list[Envelope]:
        self.asked.append(place.pos)
        self.read_to = max(self.read_to, place.pos if has_read else 0)
        await asyncio.sleep(0)
        if self.fails:
            self.fails = False
            raise ConnectionError
        return [envelope(pos) for pos in range(place.pos + 1, min(place.pos + MAX_EVENTS, self.head) + 1)]


def envelope(pos: int) -> Envelope:
    return Envelope(pos, pos - 1, 1, 0, UUID(int=pos), "told", "subject", pos, AT, AT, None, {}, None)


def place_after(slice_: list[Envelope], before: Place) -> Place:
    return Place(slice_[-1].pos, slice_[-1].id, 1) if slice_ else before


async def while_it_fetches() -> None:
    """Until the log has answered all that it was asked: each answer takes it a turn of the loop."""
    for _ in range(50):
        await asyncio.sleep(0)


async def read_all(ahead: Ahead) -> list[list[Envelope]]:
    """Slices as they come, each applied while the next are fetched, until there is nothing more."""
    slices, place = list[list[Envelope]](), START
    while slice_ := await ahead.events_after(place, 0, Lifecycle()):
        slices.append(slice_)
        place = place_after(slice_, place)
        await while_it_fetches()
    return slices


@pytest.mark.parametrize("head", [0, 1, MAX_EVENTS - 1, MAX_EVENTS, 12 * MAX_EVENTS + 7])
async def test_every_event_comes_once_and_in_order(head: int) -> None:
    slices = await read_all(Ahead(Log(head)))

    assert [one.pos for slice_ in slices for one in slice_] == list(range(1, head + 1))


async def test_slices_grow_while_they_are_applied_quickly_and_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.common.stream.ahead.monotonic", lambda: 0.0)

    slices = await read_all(Ahead(Log(20 * MAX_EVENTS)))

    lengths = [len(slice_) for slice_ in slices]
    assert lengths[0] == MAX_EVENTS
    assert max(lengths) == MOST_EVENTS


async def test_slices_that_take_long_become_small_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("libs.common.stream.ahead.monotonic", lambda: now)
    ahead, place, lengths = Ahead(Log(30 * MAX_EVENTS)), START, list[int]()

    for number in range(9):
        slice_ = await ahead.events_after(place, 0, Lifecycle())
        place = place_after(slice_, place)
        lengths.append(len(slice_))
        now += 0.1 if number < 5 else 20.0
        await while_it_fetches()

    assert max(lengths) == MOST_EVENTS
    assert lengths[-1] == MAX_EVENTS


async def test_what_lies_ready_is_forgotten_where_the_positions_are_elsewhere() -> None:
    ahead = Ahead(Log(6 * MAX_EVENTS))
    first = await ahead.events_after(START, 0, Lifecycle())
    await while_it_fetches()

    again = await ahead.events_after(START, 0, Lifecycle())

    assert [one.pos for one in again] == [one.pos for one in first]


async def test_what_is_asked_for_beforehand_is_not_said_to_be_read() -> None:
    log = Log(6 * MAX_EVENTS)
    ahead = Ahead(log)
    first = await ahead.events_after(START, 0, Lifecycle())
    await while_it_fetches()
    assert (log.asked[-1] > 0, log.read_to) == (True, 0)

    await ahead.close()
    await ahead.events_after(place_after(first, START), 0, Lifecycle())
    assert log.read_to == MAX_EVENTS


async def test_a_failure_while_asking_ahead_comes_up_when_it_is_asked_for_in_its_turn() -> None:
    log = Log(MAX_EVENTS + 1)
    ahead = Ahead(log)
    first = await ahead.events_after(START, 0, Lifecycle())
    log.fails = True
    await while_it_fetches()

    rest = await ahead.events_after(place_after(first, START), 0, Lifecycle())

    assert [one.pos for one in rest] == [MAX_EVENTS + 1]
    assert log.asked == [0, MAX_EVENTS, MAX_EVENTS]


async def test_who_has_caught_up_is_asked_nothing_beforehand() -> None:
    log = Log(3)
    ahead = Ahead(log)

    await ahead.events_after(START, 0, Lifecycle())
    await while_it_fetches()

    assert log.asked == [0]
