"""What somebody relies on who sends a request again because the answer was lost."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.idempotency import KEPT, IdempotencyKeyReused, Once, StillRunning, forget_old_keys
from tests.services.stream.log import all_rows

SECRET = "of no importance, but long enough"
SCOPE = "tester /v1/changes"


class Change(BaseModel):
    n: int
    note: str | None = None


class Changed(BaseModel):
    id: int
    n: int


async def change(session: AsyncSession, body: Change) -> Changed:
    place = await session.scalar(
        text("INSERT INTO effect (subject, version, n) VALUES (gen_random_uuid(), 1, :n) RETURNING place"),
        {"n": body.n},
    )
    return Changed(id=place, n=body.n)


async def send(database: Database, key: str | None, body: Change, scope: str = SCOPE) -> Changed:
    """As an endpoint does it: one transaction, one call, and the answer in the form of its model."""
    async with database.transaction() as session:
        answer: Any = await Once(session, scope, key, SECRET)(body, change(session, body))
    return Changed.model_validate(answer, from_attributes=True)


async def done(database: Database) -> Counter[int]:
    """How often each change was carried out."""
    return Counter(row.n for row in await all_rows(database, "SELECT n FROM effect"))


async def test_the_same_key_and_body_get_the_same_answer_and_change_things_once(database: Database) -> None:
    first = await send(database, "key-0001", Change(n=1))
    assert [await send(database, "key-0001", Change(n=1)) for _ in range(3)] == [first] * 3
    assert await done(database) == {1: 1}


async def test_20_equal_requests_at_once_change_things_once_and_get_one_answer(database: Database) -> None:
    answers = await asyncio.gather(*(send(database, "key-0001", Change(n=1)) for _ in range(20)))
    assert len({one.id for one in answers}) == 1
    assert await done(database) == {1: 1}


async def test_the_same_key_with_another_body_is_refused(database: Database) -> None:
    await send(database, "key-0001", Change(n=1))
    for other in (Change(n=2), Change(n=1, note="more")):
        with pytest.raises(IdempotencyKeyReused) as refused:
            await send(database, "key-0001", other)
        assert refused.value.status == 422
    assert await done(database) == {1: 1}


async def test_another_key_another_scope_or_none_is_another_change(database: Database) -> None:
    await send(database, "key-0001", Change(n=1))
    await send(database, "key-0002", Change(n=1))
    await send(database, "key-0001", Change(n=1), scope="somebody else /v1/changes")
    await send(database, None, Change(n=1))
    await send(database, None, Change(n=1))
    assert await done(database) == {1: 5}


@pytest.mark.filterwarnings("error")
async def test_a_request_whose_first_is_still_running_is_told_to_come_back(database: Database) -> None:
    body = Change(n=1)
    async with database.transaction() as slow:
        answer = await Once(slow, SCOPE, "key-0001", SECRET)(body, change(slow, body))
        async with database.transaction() as session:
            await session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(StillRunning) as refused:
                await Once(session, SCOPE, "key-0001", SECRET)(body, change(session, body))
            await session.rollback()
    assert refused.value.status == 409
    assert refused.value.headers["Retry-After"] == "1"
    assert await send(database, "key-0001", body) == answer
    assert await done(database) == {1: 1}


async def test_a_change_that_failed_leaves_its_key_free(database: Database) -> None:
    class Refused(Exception):
        pass

    async def fail() -> Changed:
        raise Refused

    body = Change(n=1)
    with pytest.raises(Refused):
        async with database.transaction() as session:
            await Once(session, SCOPE, "key-0001", SECRET)(body, fail())
    await send(database, "key-0001", body)
    assert await done(database) == {1: 1}


async def test_one_that_waits_for_a_first_that_fails_is_carried_out(database: Database) -> None:
    body = Change(n=1)
    async with database.transaction() as first:
        await Once(first, SCOPE, "key-0001", SECRET)(body, change(first, body))
        second = asyncio.create_task(send(database, "key-0001", body))
        await asyncio.sleep(0.1)
        assert not second.done()
        await first.rollback()
    assert (await second).n == 1
    assert await done(database) == {1: 1}


async def test_a_key_is_kept_two_days_and_then_forgotten(database: Database) -> None:
    await send(database, "key-0001", Change(n=1))

    async def forget(after: timedelta) -> None:
        async with database.transaction() as session:
            await forget_old_keys(session, utc_now() + after)

    await forget(KEPT - timedelta(minutes=1))
    await send(database, "key-0001", Change(n=1))
    assert await done(database) == {1: 1}
    await forget(KEPT + timedelta(minutes=1))
    await send(database, "key-0001", Change(n=1))
    assert await done(database) == {1: 2}


async def test_what_is_kept_of_a_request_reveals_nothing_of_its_body(database: Database) -> None:
    note = f"un secret {uuid4()}"
    await send(database, "key-0001", Change(n=1, note=note))
    [kept] = await all_rows(database, "SELECT * FROM idempotency_key")
    assert note.encode() not in bytes(kept.fingerprint)
    assert kept.answer == {"id": 1, "n": 1}
