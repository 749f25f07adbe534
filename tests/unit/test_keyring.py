"""Keys while the database is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from libs.common.clock import utc_now
from libs.common.db import Database
from services.intake.partners.keyring import Keyring
from services.intake.partners.keys import key_of, new_key_id

SECRET = "of no importance"


class Away:
    """A database that lets everybody wait, and then is not there."""

    def __init__(self) -> None:
        self.asked = 0

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[Any]:
        self.asked += 1
        await asyncio.sleep(0.02)
        raise ConnectionRefusedError
        yield


async def test_requests_do_not_wait_one_behind_another_for_a_database_that_is_away() -> None:
    away = Away()
    keyring = Keyring(cast(Database, away), SECRET, utc_now)
    key = key_of(SECRET, new_key_id())
    failed = await asyncio.gather(*(keyring.principal_of(key) for _ in range(50)), return_exceptions=True)
    assert all(isinstance(one, OSError) for one in failed)  # TimeoutError is one: both are answered 503
    assert away.asked <= 2
