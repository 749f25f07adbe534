"""Backs a service's database up and puts it back, as `docs/operations.md` says."""

from pathlib import Path
from shlex import quote

from tests.system import System


def back_up(system: System, service: str, path: Path) -> Path:
    """pg_dump, while everything runs."""
    _run(system, f"pg_dump --format=custom --file={quote(str(path))} ecoute_{service}")
    return path


def put_back(system: System, path: Path) -> None:
    """pg_restore, in the place of the database that is there; the system does not run meanwhile."""
    _run(system, f"pg_restore --clean --if-exists --create --exit-on-error --dbname=postgres {quote(str(path))}")


def _run(system: System, command: str) -> None:
    done = system.ecoute("shell", "-c", command)
    assert done.returncode == 0, done.stderr
