"""The first start on a machine is broken off: the next one begins anew, and does not stumble over what was left."""

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
