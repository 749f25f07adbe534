"""The application factory: what an API and a worker have in common is put together here, once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi_offline import FastAPIOffline
from starlette.types import ASGIApp

from libs.common import health, problems
from libs.common.auth.sessions import Sessions
from libs.common.auth.tokens import Tokens
from libs.common.clock import utc_now
from libs.common.cors import Cors
from libs.common.db import COMMAND_SECONDS, SOMEBODY_WAITS_SECONDS, Database
from libs.common.lifecycle import Lifecycle
from libs.common.migrating import revisions_of
from libs.common.openapi import describe, tell_problems
from libs.common.query_parameters import OnlyKnownParameters
from libs.common.rate_limit import Limited, RateLimit, limit_what_cannot_be_read
from libs.common.request_limits import RequestLimits
from libs.common.settings import ServiceSettings
from libs.common.stream.partitions import has_room
from libs.common.telemetry import Telemetry, configure_logging
from libs.common.tracing import tracing

Start = Callable[[FastAPI, AsyncExitStack], Awaitable[None]]
"""Starts what lives as long as the process, and leaves on the stack how it ends."""


def create_app(
    service: str,
    settings: ServiceSettings,
    *,
    title: str,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    routers: Sequence[APIRouter] = (),
    start: Sequence[Start] = (),
    pool_size: int | None = None,
    larger_bodies: Mapping[str, int] | None = None,
    short_ways: Sequence[Callable[[ASGIApp], ASGIApp]] = (),
) -> FastAPI:
    """An application with database, tokens, problems, telemetry, health and drain in place.

    `short_ways` are middleware within `Telemetry` and `Cors`: each answers some requests by itself.
    """
    configure_logging(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            for begin in start:
                await begin(app, stack)
            yield

    app = FastAPIOffline(
        docs_url="/docs" if routers else None,
        title=title,
        version="1",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "one base address: a gateway maps the paths of the three services"}],
        description=description,
        lifespan=lifespan,
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
        telemetry=tracing(service, settings),
    )
    database = Database(
        settings.database_url.get_secret_value(),
        pool_size=pool_size or settings.pool_size,
        application=f"{service} {'api' if routers else 'worker'}",
        command_seconds=SOMEBODY_WAITS_SECONDS if routers else COMMAND_SECONDS,
        by_index=not routers,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.clock = utc_now
    app.state.tokens = Tokens.of(settings)
    app.state.sessions = Sessions(app.state.tokens.partners)
    app.state.rate_limit = RateLimit(database)
    app.state.keyring = None
    app.state.crowds = {}
    app.state.lifecycle = Lifecycle()
    app.state.stream_checks = []
    app.state.checks = [
        health.not_draining(app.state.lifecycle),
        health.database_is_ready(database, revisions_of(service)),
        has_room(database),
    ]
    app.add_middleware(RequestLimits, larger_bytes=larger_bodies or {})
    for short_way in short_ways:
        app.add_middleware(short_way)
    app.add_middleware(Cors, own=settings.own_origins)
    app.add_middleware(Telemetry, lifecycle=app.state.lifecycle)
    problems.install(app)
    limit_what_cannot_be_read(app)
    describe(app, tags or {}, routers)
    tell_problems(app)
    app.include_router(health.router)
    for router in routers:
        app.include_router(router, dependencies=[Limited, OnlyKnownParameters])
    return app
