"""The secrets of one machine: made once, in a file that only its owner reads."""

import base64
import fcntl
import json
import os
import secrets
from pathlib import Path

from deploy.databases import holds_rows
from libs.common.disk import sync_folder
from libs.common.settings import stop

PARTNER_TOKEN_KEY = "ECOUTE_INTAKE_PARTNER_TOKEN_KEY"  # noqa: S105 - its name


def secrets_of(folder: Path, intake_url: str) -> dict[str, str]:
    """The settings that are secret, by name; made at the first start, by one process where several begin at once.

    Stops rather than make new ones for a database that holds words under keys that are not here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "secrets.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        return _read_or_make(folder / "secrets.json", intake_url)


def _read_or_make(path: Path, intake_url: str) -> dict[str, str]:
    if path.exists():
        kept = _read(path)
        if PARTNER_TOKEN_KEY not in kept:  # tokens under another key expire by themselves: a new one harms nobody
            kept |= {PARTNER_TOKEN_KEY: random_key()}
            _write(path, kept)
        return kept
    if holds_rows(intake_url, "person"):
        stop(f"the database holds words under keys that {path} does not have: bring that file back from its backup")
    made = {
        "ECOUTE_INTAKE_SECRET": secrets.token_urlsafe(32),
        "ECOUTE_INTAKE_MASTER_KEY": random_key(),
        PARTNER_TOKEN_KEY: random_key(),
        "ECOUTE_ROUTING_SECRET": secrets.token_urlsafe(32),
        "ECOUTE_ANALYTICS_SECRET": secrets.token_urlsafe(32),
    }
    _write(path, made)
    return made


def _read(path: Path) -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        stop(f"{path} cannot be read ({type(error).__name__}): bring that file back from its backup")
    return kept


def random_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


def _write(path: Path, made: dict[str, str]) -> None:
    """Whole, and on the disk before anything is encrypted under them."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)  # of a start that was broken off
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(made, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)
