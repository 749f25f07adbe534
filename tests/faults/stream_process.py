"""A relay or a reader in a process of its own: `python -m tests.faults.stream_process relay DSN SETTINGS [DIES]`.

Where it is told to, it ends itself by force at the worst moment: a relay once Kafka has acknowledged and before its own
mark is written; a reader once it has handled a slice, `before` it commits or `after` it has.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.applying import Handlers
from libs.common.stream.events import Received
from libs.common.stream.kafka import mark
from libs.common.stream.kafka.reader import KafkaReader
from libs.common.stream.kafka.relay import Relay
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.worker import _keep
from tests.services.stream.log import SOURCE, Counted, Log, count


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def _count_and_die(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    await count(session, events)
    _die()


class _DiesAfterwards(KafkaReader):
    async def apply(self, *given: Any, **named: Any) -> bool:
        await super().apply(*given, **named)
        _die()
        return True


async def _run(what: str, dsn: str, settings: KafkaSettings, dies: str) -> None:
    app = FastAPI()
    app.state.database, app.state.lifecycle = Database(dsn, pool_size=5, application=what), Lifecycle()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.state.lifecycle.draining.set)
    if what == "relay":
        if dies:
            mark.move = _die
        await _keep(app, what, Relay(SOURCE, settings).run)
        return
    kind = _DiesAfterwards if dies == "after" else KafkaReader
    handle = _count_and_die if dies == "before" else count
    log: Any = Log(app.state.database)
    await _keep(app, what, kind("tester", SOURCE, settings, log, Handlers({Counted: handle})).run)


if __name__ == "__main__":
    _what, _dsn, _settings, *_dies = sys.argv[1:]
    asyncio.run(_run(_what, _dsn, KafkaSettings.model_validate(json.loads(_settings)), "".join(_dies)))
