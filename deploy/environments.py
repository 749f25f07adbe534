"""The environment in which a command looks at a service: its own where it names the database, else this machine's."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import get_args

from deploy.services import Service
from libs.common.db import Database

SERVICES: tuple[Service, ...] = get_args(Service)


def environment_for(service: Service) -> Mapping[str, str]:
    """With what a service's settings can be read."""
    if _database_setting(service) in os.environ:
        return dict(os.environ)
    from deploy.one_machine import environment_of  # noqa: PLC0415 - it may start a PostgreSQL

    return environment_of(service)


@asynccontextmanager
async def databases() -> AsyncIterator[dict[Service, Database]]:
    """Those of all services that can be reached from here, as their settings name them."""
    async with AsyncExitStack() as stack:
        found = {}
        for service in SERVICES:
            url = environment_for(service)[_database_setting(service)]
            found[service] = Database(url, pool_size=4, application="ecoute stream")
            stack.push_async_callback(found[service].close)
        yield found


def _database_setting(service: Service) -> str:
    return f"ECOUTE_{service.upper()}_DATABASE_URL"
