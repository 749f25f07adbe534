"""The time, as it is handed to whoever needs it: aware, UTC, never read in the middle of a decision."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

SKEW = timedelta(minutes=5)
"""How far ahead of ours a clock may be: what it says is taken as now."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


async def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock()


Now = Annotated[datetime, Depends(_now)]
"""The instant of the request, from the application's clock."""
