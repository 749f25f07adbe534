"""What every worker tidies up, once an hour."""

from fastapi import FastAPI

from libs.common.clock import utc_now
from libs.common.idempotency import forget_old_keys
from libs.common.lifecycle import every
from libs.common.rate_limit import forget_full_buckets
from libs.common.stream.erasure import sweep_dead_letters

PERIOD_SECONDS = 3600


async def keep_house(app: FastAPI) -> None:
    """The worker's task: idempotency keys whose time is over go, full buckets, words of the erased that were parked."""

    async def work() -> bool:
        async with app.state.database.transaction() as session:
            await forget_old_keys(session, utc_now())
            await sweep_dead_letters(session)
            await forget_full_buckets(session)
        return False

    await every(app.state.lifecycle, PERIOD_SECONDS, work)
