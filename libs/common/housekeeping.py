"""What every worker tidies up, once an hour."""

from fastapi import FastAPI

from libs.common.clock import utc_now
from libs.common.idempotency import forget_old_keys
from libs.common.lifecycle import every
from libs.common.rate_limit import forget_full_buckets
from libs.common.stream.erasure import sweep_dead_letters
from libs.common.stream.trail import forget_old

PERIOD_SECONDS = 3600


async def keep_house(app: FastAPI) -> None:
    """The worker's task: what is over goes.

    Idempotency keys, full buckets, words of the erased that were parked, and what was read longer ago than a log keeps.
    """

    async def work() -> bool:
        async with app.state.database.transaction() as session:
            await forget_old_keys(session, utc_now())
            await sweep_dead_letters(session)
            await forget_full_buckets(session)
            await forget_old(session, app.state.settings.event_log_days)
        return False

    await every(app.state.lifecycle, PERIOD_SECONDS, work)
