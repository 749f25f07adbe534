"""What every worker counts, and tidies up."""

from itertools import cycle

from fastapi import FastAPI

from libs.common.clock import utc_now
from libs.common.idempotency import forget_old_keys
from libs.common.lifecycle import every
from libs.common.rate_limit import forget_full_buckets
from libs.common.stream.dead_letters import count_dead_letters
from libs.common.stream.erasure import sweep_dead_letters
from libs.common.stream.trail import forget_old

PERIOD_SECONDS = 60
TIDY_EVERY = 60
"""In so many periods: once an hour."""


async def keep_house(app: FastAPI) -> None:
    """The worker's task: what waits for somebody is counted, and once an hour what is over goes.

    Idempotency keys, full buckets, words of the erased that were parked, and what was read longer ago than a log keeps.
    """
    periods = cycle(range(TIDY_EVERY))

    async def work() -> bool:
        async with app.state.database.transaction() as session:
            await count_dead_letters(session)
            if next(periods) == 0:
                await forget_old_keys(session, utc_now())
                await sweep_dead_letters(session)
                await forget_full_buckets(session)
                await forget_old(session, app.state.settings.event_log_days)
        return False

    await every(app.state.lifecycle, PERIOD_SECONDS, work)
