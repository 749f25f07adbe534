"""Routing in this process, on a database of its own for each module."""

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI

from tests.keys import PARTNER_TOKEN_KEYS
from tests.services.routing.office import ORGANISATION, Routing, local


@pytest.fixture(scope="module")
def app(new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The application as it is served."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ECOUTE_ROUTING_DATABASE_URL", new_database("routing"))
        environment.setenv("ECOUTE_ROUTING_SECRET", "of no importance, but long enough")
        environment.setenv("ECOUTE_CORS_ORIGINS", "https://www.town.example, http://localhost:5173")
        environment.setenv("ECOUTE_PARTNER_TOKEN_KEYS", PARTNER_TOKEN_KEYS)
        environment.setenv("ECOUTE_DEVELOPMENT_ISSUER", str(tmp_path_factory.mktemp("issuer")))
        environment.setenv("ECOUTE_ANONYMOUS_PER_MINUTE", "1000000")
        environment.setenv("ECOUTE_STAFF_PER_MINUTE", "1000000")
        sys.modules.pop("services.routing.main", None)
        yield importlib.import_module("services.routing.main").app


@pytest.fixture(scope="module")
async def routing(app: FastAPI) -> AsyncIterator[Routing]:
    """In the office whose organisation the tests know, on a Tuesday morning in March."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://routing") as client,
    ):
        office = Routing(app, client)
        await office.publish(ORGANISATION, local("2026-01-01 00:00"))
        office.at(local("2026-03-10 10:00"))
        yield office
