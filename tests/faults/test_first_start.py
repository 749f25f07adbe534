"""A start that was broken off, or a loss of power: the next start does not stumble over what was left."""

import os
from pathlib import Path

from libs.common.embedded import BEING_MADE, start_postgres
from tests.faults.database import ask


def test_half_of_a_server_that_a_broken_off_start_has_left_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "postgresql"
    (folder / "base").mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n")
    (tmp_path / BEING_MADE).touch()
    with start_postgres(folder) as server:
        assert [row["n"] for row in ask(server.get_uri(), "SELECT 1 AS n")] == [1]
        assert not (tmp_path / BEING_MADE).exists()


def test_the_number_of_a_server_that_is_another_processs_by_now_keeps_none_from_starting(tmp_path: Path) -> None:
    folder = tmp_path / "postgresql"
    with start_postgres(folder):
        was = (folder / "postmaster.pid").read_text().split("\n")
    (folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *was[1:]]))
    with start_postgres(folder) as server:
        assert [row["n"] for row in ask(server.get_uri(), "SELECT 1 AS n")] == [1]
