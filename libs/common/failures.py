"""Which failures are the world's (they pass, try again) and which are the data's (they stay)."""

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes: connection, transaction rollback (serialisation, deadlock), resources, operator intervention,
# system error; and the lock that could not be had.
_INFRASTRUCTURE = ("08", "25P0", "40", "53", "55P03", "57", "58")


def sqlstate(error: BaseException) -> str | None:
    """The five characters with which PostgreSQL names an error (its appendix A), where there are any."""
    origin = getattr(error, "orig", None) or error
    return getattr(origin, "sqlstate", None) or getattr(getattr(origin, "__cause__", None), "sqlstate", None)


def is_infrastructure(error: BaseException) -> bool:
    """True for what will pass by itself: connection, deadlock, serialisation, timeout, shutdown, full disk."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = sqlstate(error)
    if state is not None:
        return state.startswith(_INFRASTRUCTURE)
    return isinstance(
        error, (OSError, TimeoutError, PoolTimeout, OperationalError, InterfaceError, asyncpg.InterfaceError)
    )
