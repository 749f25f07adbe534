"""Analytics on a database of its own: its readers, its API, and tokens for it."""

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from libs.common.auth.development import DevelopmentIssuer
from libs.common.db import Database
from tests.keys import PARTNER_TOKEN_KEYS
from tests.services.analytics.reading import TORONTO, Readers


@pytest.fixture
def dsn(new_database: Callable[[str], str]) -> str:
    return new_database("analytics")


@pytest.fixture
def app(dsn: str, tmp_path: Path) -> Iterator[FastAPI]:
    """The application as it is served, in the time zone of Toronto."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ECOUTE_ANALYTICS_DATABASE_URL", dsn)
        environment.setenv("ECOUTE_ANALYTICS_SECRET", "of no importance, but long enough")
        environment.setenv("ECOUTE_PARTNER_TOKEN_KEYS", PARTNER_TOKEN_KEYS)
        environment.setenv("ECOUTE_DEVELOPMENT_ISSUER", str(tmp_path))
        environment.setenv("ECOUTE_ANONYMOUS_PER_MINUTE", "1000000")
        environment.setenv("ECOUTE_STAFF_PER_MINUTE", "1000000")
        environment.setenv("ECOUTE_TIME_ZONE", TORONTO.key)
        sys.modules.pop("services.analytics.main", None)
        yield importlib.import_module("services.analytics.main").app


@pytest.fixture
async def database(app: FastAPI) -> AsyncIterator[Database]:
    database: Database = app.state.database
    yield database
    await database.close()


@pytest.fixture
async def readers(database: Database) -> Readers:
    readers = Readers(database, TORONTO)
    await readers.prepare()
    return readers


@pytest.fixture
def at(app: FastAPI) -> Callable[[datetime], None]:
    """Sets the application's clock."""

    def set_clock(now: datetime) -> None:
        app.state.clock = lambda: now

    return set_clock


@pytest.fixture
def token(app: FastAPI) -> Callable[..., dict[str, str]]:
    """The header of somebody with the given roles."""
    settings = app.state.settings
    issuer = DevelopmentIssuer(settings.development_issuer)

    def header(*roles: str, teams: tuple[str, ...] = ()) -> dict[str, str]:
        signed = issuer.sign(
            subject="tester", roles=roles, teams=teams, issuer=settings.token_issuer, audience=settings.token_audience
        )
        return {"Authorization": f"Bearer {signed}"}

    return header


@pytest.fixture
async def http(
    app: FastAPI, database: Database, token: Callable[..., dict[str, str]]
) -> AsyncIterator[httpx.AsyncClient]:
    """A manager's client."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://analytics", headers=token("manager")) as client:
        yield client
