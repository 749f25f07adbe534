"""After a start that was broken off, a loss of power, or the kill of a launcher: the next start minds what was left."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from libs.common.embedded import BEING_MADE, postmaster_of, start_postgres
from tests.faults.database import ask
from tests.system import ROOT

UNTIL_TOLD = """
import sys
from pathlib import Path
from libs.common.embedded import start_postgres
start_postgres(Path(sys.argv[1]))
print("started", flush=True)
sys.stdin.read()
"""


def test_half_of_a_server_that_a_broken_off_start_has_left_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "postgresql"
    (folder / "base").mkdir(parents=True)
    (folder / "PG_VERSION").write_text("18\n")
    (tmp_path / BEING_MADE).touch()
    with start_postgres(folder) as server:
        assert [row["n"] for row in ask(server.get_uri(), "SELECT 1 AS n")] == [1]
        assert not (tmp_path / BEING_MADE).exists()


def test_data_that_were_put_in_the_place_of_a_broken_off_start_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "postgresql"
    with start_postgres(folder) as server:
        ask(server.get_uri(), "CREATE DATABASE put_back")
    (tmp_path / BEING_MADE).touch()
    with start_postgres(folder) as server:
        found = ask(server.get_uri(), "SELECT datname FROM pg_database WHERE datname = 'put_back'")
        assert [row["datname"] for row in found] == ["put_back"]
        assert not (tmp_path / BEING_MADE).exists()


def test_nobody_else_on_the_machine_gets_to_the_server_wherever_its_socket_is(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30) / "postgresql"
    with start_postgres(folder) as server:
        place = server.get_postmaster_info().socket_path
        assert not place.is_relative_to(folder)
        assert place.stat().st_mode & 0o077 == 0
        assert [row["n"] for row in ask(server.get_uri(), "SELECT 1 AS n")] == [1]


def test_two_first_starts_at_once_make_one_server(tmp_path: Path) -> None:
    start = [sys.executable, "-c", UNTIL_TOLD, str(tmp_path / "postgresql")]
    both = [subprocess.Popen(start, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    assert [one.stdout.readline() for one in both if one.stdout] == [b"started\n"] * 2
    for one in both:
        one.communicate()
        assert one.returncode == 0
    assert not (tmp_path / "postgresql" / "postmaster.pid").exists()


def test_the_number_of_a_server_that_is_another_processs_by_now_keeps_none_from_starting(tmp_path: Path) -> None:
    folder = tmp_path / "postgresql"
    with start_postgres(folder):
        was = (folder / "postmaster.pid").read_text().split("\n")
    (folder / "postmaster.pid").write_text("\n".join([str(os.getpid()), *was[1:]]))
    with start_postgres(folder) as server:
        assert [row["n"] for row in ask(server.get_uri(), "SELECT 1 AS n")] == [1]


def test_a_server_whose_launcher_was_killed_stops_with_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "postgresql"
    launcher = [sys.executable, "-c", UNTIL_TOLD, str(folder)]
    with subprocess.Popen(launcher, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"started\n"
        killed.kill()
    assert psutil.pid_exists(postmaster_of(folder)), "it goes on, and is nobody's"
    subprocess.run(launcher, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    assert not (folder / "postmaster.pid").exists()
