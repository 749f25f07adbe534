"""`ecoute stream restored`: what is done once a backup of a service's database was put back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from uuid import UUID

from deploy.environments import Environments, databases
from deploy.services import Service
from libs.common.db import Database
from libs.common.settings import environment_as
from libs.common.stream.ledger import read_ledger
from libs.common.stream.memory import Memory, remember
from libs.common.stream.restoring import Restored, hold_log, open_epoch

AT_ONCE = 100


async def restore(
    environments: Environments, service: Service, ledgers: Sequence[Path], *, above: int = 0, agreed: int | None = None
) -> tuple[int, Restored | None]:
    """Erase again who is in a ledger, then open a new epoch; how many were erased, and what came of the log.

    `above`: a position that a reader holds who cannot be asked. `agreed`: up to where the log is what its readers read,
    where they do not remember it themselves. Nothing comes of a log that nobody reads.
    """
    async with databases(environments) as found:
        with environment_as(environments[service]):
            erased = await _erase_again(service, found[service], ledgers)
        readers = {name: database for name, database in found.items() if name != service}
        return erased, await _open_epoch(service, found[service], readers, above, agreed)


async def _open_epoch(
    service: Service, database: Database, readers: Mapping[Service, Database], above: int, agreed: int | None
) -> Restored | None:
    async with database.connection() as log:
        head = await hold_log(log)
        memories: list[Memory] = []
        for name, its_database in readers.items():
            async with its_database.connection() as reader:
                memory = await remember(reader, name, log, service, agreed)
                memories += [memory] if memory else []
        if not memories and not above:
            return None
        return await open_epoch(log, head, memories, above=above)


async def _erase_again(service: Service, database: Database, ledgers: Sequence[Path]) -> int:
    """In the transactions of the service's own erasure; how many were not erased in the backup."""
    erased: dict[UUID, datetime] = {}
    for ledger in ledgers:
        erased |= read_ledger(ledger) | erased
    done = 0
    erase_again = import_module(f"services.{service}.privacy.restoring").erase_again
    all_of_them = list(erased.items())
    for start in range(0, len(all_of_them), AT_ONCE):
        some = all_of_them[start : start + AT_ONCE]
        async with database.transaction() as session:
            done += await erase_again(session, [one for one, _ in some], max(moment for _, moment in some))
    return done
