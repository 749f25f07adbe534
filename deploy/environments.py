"""The environment in which a command looks at a service: its own where it names the database, else this machine's."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from deploy.services import SERVICES, Service
from libs.common.db import Database
from libs.common.settings import stop

Environments = Mapping[Service, Mapping[str, str]]


def environment_for(service: Service) -> Mapping[str, str]:
    """With what a service's settings can be read."""
    from deploy.one_machine import SETTINGS, environment_of, its_own  # noqa: PLC0415 - it may start a PostgreSQL

    if service in named_databases():
        return its_own(os.environ, service, SETTINGS[service])
    return environment_of(service)


def environments() -> Environments:
    """Of every service: all of them are here, or all of them are where the settings say."""
    named = named_databases()
    missing = [database_setting(service) for service in SERVICES if service not in named]
    if named and missing:
        stop(f"set {' and '.join(missing)} too: this command looks at the databases of all services")
    return {service: environment_for(service) for service in SERVICES}


@asynccontextmanager
async def databases(environments: Environments) -> AsyncIterator[dict[Service, Database]]:
    """Of every service, as its settings name them."""
    async with AsyncExitStack() as stack:
        found = {}
        for service, environment in environments.items():
            found[service] = Database(environment[database_setting(service)], pool_size=4, application="ecoute stream")
            stack.push_async_callback(found[service].close)
        yield found


def named_databases() -> dict[Service, str]:
    """The DSN of each service whose database a setting names."""
    return {service: url for service in SERVICES if (url := os.environ.get(database_setting(service)))}


def database_setting(service: Service) -> str:
    return f"ECOUTE_{service.upper()}_DATABASE_URL"
