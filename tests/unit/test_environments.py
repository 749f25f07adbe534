"""A command that looks after the stream finds each service's settings, on this machine or where they are named."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.environments import environment_for, environments
from deploy.one_machine import databases_of, log_addresses
from deploy.services import SERVICES
from deploy.settings import MachineSettings
from deploy.stream_status import LogStatus, ReaderStatus, show
from tests.system import ROOT


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for service in SERVICES:
        monkeypatch.setenv(f"ECOUTE_{service.upper()}_DATABASE_URL", f"postgresql://elsewhere/{service}")
    monkeypatch.setenv("ECOUTE_INTAKE_ERASURE_LEDGER", "/kept/erasures")
    monkeypatch.setenv("ECOUTE_TIME_ZONE", "Europe/Paris")
    return monkeypatch


def test_where_the_databases_are_named_each_service_gets_what_is_meant_for_it(named: pytest.MonkeyPatch) -> None:
    routing = {name: value for name, value in environment_for("routing").items() if name.startswith("ECOUTE_")}
    assert routing == {
        "ECOUTE_ROUTING_DATABASE_URL": "postgresql://elsewhere/routing",
        "ECOUTE_TIME_ZONE": "Europe/Paris",
    }
    assert environments()["intake"]["ECOUTE_INTAKE_ERASURE_LEDGER"] == "/kept/erasures"


def test_where_all_databases_are_named_no_postgresql_is_started(named: pytest.MonkeyPatch, tmp_path: Path) -> None:
    named.setenv("ECOUTE_VAR", str(tmp_path / "var"))
    urls = databases_of(MachineSettings.load())
    assert urls == {service: f"postgresql://elsewhere/{service}" for service in SERVICES}
    assert list(tmp_path.iterdir()) == []


def test_addresses_that_are_set_to_nothing_are_the_usual_ones() -> None:
    assert log_addresses({"ECOUTE_INTAKE_LISTEN": ""}) == log_addresses({})


@pytest.mark.parametrize("empty", [True, False])
def test_a_database_that_is_not_named_beside_others_stops_the_command(
    named: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], empty: bool
) -> None:
    named.delenv("ECOUTE_ANALYTICS_DATABASE_URL")
    if empty:
        named.setenv("ECOUTE_ANALYTICS_DATABASE_URL", "")
    with pytest.raises(SystemExit):
        environments()
    assert "ECOUTE_ANALYTICS_DATABASE_URL" in capsys.readouterr().err


def test_where_no_system_was_ever_started_none_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ECOUTE_VAR", str(tmp_path / "var"))
    with pytest.raises(SystemExit):
        environment_for("intake")
    assert capsys.readouterr().err.startswith(f"ecoute: there is no system on the data in {tmp_path / 'var'}: start it")
    assert list(tmp_path.iterdir()) == []


Command = Callable[..., tuple[int, str]]
AGAIN = "the log of intake is sent again, from position 1 on, by the relay in its worker\n"


@pytest.fixture(scope="module")
def stream(new_database: Callable[[str], str]) -> Command:
    """`ecoute stream …` on databases that are named: its exit code, and what it says."""
    named = {f"ECOUTE_{service.upper()}_DATABASE_URL": new_database(service) for service in SERVICES}
    settings = {"ECOUTE_ROUTING_SECRET": "of no importance, but long enough", "ECOUTE_DEVELOPMENT_ISSUER": "/nowhere"}

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "deploy.cli", "stream", *words],
            cwd=ROOT,
            env={**os.environ, **named, **settings},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stderr + done.stdout

    return run


def test_a_ledger_that_is_named_and_missing_stops_a_restore_before_anything_is_done(stream: Command) -> None:
    said = "ecoute: there is no ledger of erasures at /nope: nothing was done\n"
    assert stream("restored", "intake", "--ledger", "/nope") == (2, said)


def test_only_a_log_that_kafka_carries_is_said_to_be_sent_again(
    stream: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = stream("republish", "intake")
    assert (code, said.count("\n")) == (2, 1)
    assert "the log of intake is not carried by Kafka" in said
    monkeypatch.setenv("ECOUTE_STREAM", "kafka")
    assert stream("republish", "intake") == (0, AGAIN)


@pytest.mark.parametrize("words", [("replay",), ("discard", "--reason", "sent twice")], ids=str)
def test_a_subject_that_has_nothing_parked_is_said_to_have_nothing(stream: Command, words: tuple[str, ...]) -> None:
    said = "ecoute: nothing of intake's about nobody is parked in routing\n"
    assert stream(words[0], "routing", "intake", "nobody", *words[1:]) == (1, said)


def test_nothing_of_the_status_is_cut_off_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    since, head = datetime(2026, 11, 30, tzinfo=UTC), 2_000_000_000
    registered = [{"name": name, "pos": head} for name in ("analytics", "routing")]
    show(
        [LogStatus("intake", 1, head, 0, head, since, head, registered)],
        [ReaderStatus("analytics", "intake", 1, head, 0, 0, 0, "truncated")],
    )
    said = capsys.readouterr().out
    assert "…" not in said
    for whole in ("2026-11-30", "analytics (2000000000)", "routing (2000000000)", "parked subjects", "truncated"):
        assert whole in said
