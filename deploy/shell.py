"""`ecoute shell`: PostgreSQL's own tools on the databases of this machine, whether the system runs or not."""

import os
import signal
import subprocess

from sqlalchemy import make_url

from deploy.one_machine import server_here
from libs.common.embedded import TOOLS


def run_shell(command: str | None) -> int:
    """A shell, or one command in it, where `psql ecoute_intake` finds its way; its exit code."""
    url = make_url(server_here())
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    found = {
        "PGHOST": query.get("host") or url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGSSLMODE": query.get("sslmode"),
        "PGDATABASE": "postgres",
    }
    environment = {
        **os.environ,
        **{name: str(value) for name, value in found.items() if value},
        "PATH": f"{TOOLS}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    signal.signal(signal.SIGINT, lambda *_: None)  # it is for what runs in the shell
    words = [os.environ.get("SHELL", "/bin/sh"), *(["-c", command] if command else [])]
    return subprocess.run(words, env=environment, check=False).returncode  # noqa: S603 - what the caller asks for
