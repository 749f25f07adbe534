"""A command that looks after the stream finds each service's settings, on this machine or where they are named."""

from pathlib import Path

import pytest

from deploy.environments import SERVICES, environment_for, environments


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


def test_a_database_that_is_not_named_beside_others_stops_the_command(
    named: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named.delenv("ECOUTE_ANALYTICS_DATABASE_URL")
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
