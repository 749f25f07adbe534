"""What is at hand of the database is read by one, for all who ask meanwhile."""

import asyncio

import pytest

from libs.common.refreshing import Refreshing


async def test_it_is_read_for_all_who_ask_at_once_and_then_is_fresh() -> None:
    refreshing, begun = Refreshing(), 0

    async def read() -> None:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.01)

    assert refreshing.age == float("inf")
    await asyncio.gather(*(refreshing.anew(read) for _ in range(50)))
    assert begun <= 2  # who asked when it had begun is read for once more, and all of those together
    assert 0.01 <= refreshing.age < 5
    before = begun
    await refreshing.anew(read)
    assert begun == before + 1


async def test_who_asks_while_it_is_being_read_gets_what_was_there_when_they_asked() -> None:
    refreshing, there, read = Refreshing(), "before", []

    async def look() -> None:
        read.append(there)
        await asyncio.sleep(0.01)

    first = asyncio.create_task(refreshing.anew(look))
    await asyncio.sleep(0.005)
    there = "after"
    await asyncio.gather(refreshing.anew(look), refreshing.anew(look))
    await first
    assert read == ["before", "after"]


async def test_where_it_cannot_be_read_those_who_wait_are_told_together_and_the_next_tries_again() -> None:
    refreshing, tries = Refreshing(), 0

    async def fail() -> None:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0.01)
        raise ConnectionError

    came = await asyncio.gather(*(refreshing.anew(fail) for _ in range(20)), return_exceptions=True)
    assert tries <= 2
    assert all(isinstance(one, ConnectionError | TimeoutError) for one in came)
    before = tries
    with pytest.raises(ConnectionError):
        await refreshing.anew(fail)
    assert tries == before + 1
