"""A worker: an application that answers only for its health, and keeps its tasks going."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from prometheus_client import Counter

from libs.common.app import create_app
from libs.common.failures import is_infrastructure
from libs.common.settings import ServiceSettings
from libs.common.stream.reader import Reader
from libs.common.telemetry import describe

FAILURES = Counter("ecoute_task_failures_total", "Times that a worker's task failed and was started again", ["task"])

if TYPE_CHECKING:
    from libs.common.stream.kafka.relay import Relay

Task = Callable[[FastAPI], Awaitable[None]]
"""Runs until the process leaves; what it needs hangs on the application."""


def create_worker(
    service: str,
    settings: ServiceSettings,
    *,
    tasks: Mapping[str, Task],
    readers: Sequence[Reader],
    relays: "Sequence[Relay]" = (),
) -> FastAPI:
    """The worker of a service: tasks, readers and relays run each by itself, and are begun again whenever they fail."""
    all_tasks = {
        **tasks,
        **{f"reader of {reader.source}": reader.run for reader in readers},
        **{f"relay of {relay.source}": relay.run for relay in relays},
    }

    async def start(app: FastAPI, stack: AsyncExitStack) -> None:
        running = [asyncio.create_task(_keep(app, name, task), name=name) for name, task in all_tasks.items()]

        async def end() -> None:
            app.state.lifecycle.draining.set()
            for one in running:
                one.cancel()
            await asyncio.gather(*running, return_exceptions=True)

        stack.push_async_callback(end)

    app = create_app(service, settings, title=f"{service} worker", start=[start])
    app.state.stream_checks = [reader.check for reader in readers] + [relay.check for relay in relays]
    app.state.readers = {reader.source: reader for reader in readers}
    return app


async def _keep(app: FastAPI, name: str, task: Task) -> None:
    log, lifecycle = structlog.get_logger(name), app.state.lifecycle
    failures = 0
    while not lifecycle.draining.is_set():
        started = asyncio.get_running_loop().time()
        try:
            await task(app)
        except Exception as error:
            FAILURES.labels(name).inc()
            if asyncio.get_running_loop().time() - started > 30:
                failures = 0
            failures += 1
            (log.warning if is_infrastructure(error) else log.error)("task_failed", task=name, **describe(error))
            await lifecycle.wait(min(5.0, 0.1 * 2 ** min(failures, 6)) * random.uniform(0.5, 1.5))  # noqa: S311
