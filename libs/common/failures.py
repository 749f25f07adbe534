"""Which failures are the world's (they pass, try again) and which are the data's (they stay)."""

import asyncpg
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

DATABASE_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, OSError, TimeoutError)
"""All that comes of asking a database, by SQLAlchemy or by the driver."""

# SQLSTATE classes: connection, transaction rollback (serialisation, deadlock), resources, operator intervention,
# system error; a plan that a migration made stale, a transaction whose time is over, a lock that could not be had.
_INFRASTRUCTURE = ("08", "0A000", "25P03", "25P04", "40", "53", "55P03", "57", "58")
_OUT_OF_TIME = "25P04"
_LOCKED = "55P03"
# Authorization, a database or schema that is not there, access rules and names that nobody knows.
_DEPLOYMENT = ("28", "3D", "3F", "42")


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
    if isinstance(error, asyncpg.InterfaceError):  # of the driver itself: the connection broke, unless it is a value
        return not isinstance(error, ValueError)
    return isinstance(error, (OSError, TimeoutError, PoolTimeout, OperationalError))


def is_locked(error: BaseException) -> bool:
    """True where somebody else held a lock for longer than one is waited for."""
    return sqlstate(error) == _LOCKED


def ran_out_of_time(error: BaseException) -> bool:
    """True where a transaction took longer than one may: a smaller one may not.

    The server ends the connection with it, so the driver tells of a lost connection, because of this.
    """
    told: BaseException | None = error
    while told is not None:
        if getattr(told, "sqlstate", None) == _OUT_OF_TIME:
            return True
        told = getattr(told, "orig", None) or told.__cause__
    return False


def is_deployment(error: BaseException) -> bool:
    """True for a database that is not the one this code was written for: no table, no column, no right."""
    return (sqlstate(error) or "").startswith(_DEPLOYMENT)
