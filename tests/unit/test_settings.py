"""What is misspelt, missing or taken stops the start, with one line that says what to do."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner

from deploy.cli import app as cli
from deploy.one_machine import environment_of
from deploy.secrets import secrets_of
from deploy.services import SERVICES
from libs.common.embedded import start_postgres
from libs.common.settings import Address
from services.analytics.settings import AnalyticsSettings
from services.intake.settings import IntakeSettings
from services.routing.settings import RoutingSettings
from tests.system import System, in_a_thread

ENOUGH = {
    "ECOUTE_INTAKE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "ECOUTE_INTAKE_SECRET": "of no importance, but long enough",
    "ECOUTE_INTAKE_MASTER_KEY": "A" * 43 + "=",
    "ECOUTE_INTAKE_ERASURE_LEDGER": os.devnull,
    "ECOUTE_DEVELOPMENT_ISSUER": "/nowhere",
}


def refused(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which intake does not start."""
    with pytest.raises(SystemExit) as stopped:
        IntakeSettings.load(environment)
    assert stopped.value.code == 2
    said = capsys.readouterr()
    [line] = said.err.splitlines()
    assert said.out == ""
    return line


def test_what_is_enough_is_enough() -> None:
    settings = IntakeSettings.load(
        {**ENOUGH, "PATH": "/bin", "OTHER_INTAKE_LISTEN": "x", "ECOUTE_INTAKE_CATALOGUE": ""}
    )
    assert (settings.listen, settings.worker_listen) == ("127.0.0.1:8001", "127.0.0.1:8011")
    assert settings.catalogue is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ECOUTE_INTAKE_LISTN", "127.0.0.1:1", "ECOUTE_INTAKE_LISTN is not known"),
        ("ECOUTE_ROUTING_LISTEN", "127.0.0.1:1", "ECOUTE_ROUTING_LISTEN is not known"),
        ("ECOUTE_COLOUR", "red", "ECOUTE_COLOUR is not known"),
        ("ECOUTE_INTAKE_LISTEN", "8001", "ECOUTE_INTAKE_LISTEN cannot be used"),
        ("ECOUTE_INTAKE_LISTEN", "127.0.0.1:65536", "ECOUTE_INTAKE_LISTEN cannot be used"),
        ("ECOUTE_INTAKE_LISTEN", "127.0.0.1:http", "ECOUTE_INTAKE_LISTEN cannot be used"),
        ("ECOUTE_INTAKE_POOL_SIZE", "many", "ECOUTE_INTAKE_POOL_SIZE cannot be used"),
        ("ECOUTE_INTAKE_POOL_SIZE", "1", "ECOUTE_INTAKE_POOL_SIZE cannot be used"),
        ("ECOUTE_INTAKE_SECRET", "short-and-secret", "ECOUTE_INTAKE_SECRET cannot be used"),
        ("ECOUTE_INTAKE_SECRET", "", "ECOUTE_INTAKE_SECRET cannot be used"),
        ("ECOUTE_INTAKE_MASTER_KEY", "no base64 secret", "ECOUTE_INTAKE_MASTER_KEY cannot be used"),
        ("ECOUTE_INTAKE_MASTER_KEY", "clé-secret", "ECOUTE_INTAKE_MASTER_KEY cannot be used"),
        ("ECOUTE_INTAKE_MASTER_KEY", "c2VjcmV0", "ECOUTE_INTAKE_MASTER_KEY cannot be used"),
        ("ECOUTE_INTAKE_PARTNER_TOKEN_KEY", "c2VjcmV0", "ECOUTE_INTAKE_PARTNER_TOKEN_KEY cannot be used"),
        ("ECOUTE_INTAKE_CASE_EVENTS_URL", "routing", "ECOUTE_INTAKE_CASE_EVENTS_URL cannot be used"),
        ("ECOUTE_CORS_ORIGINS", "*", "ECOUTE_CORS_ORIGINS cannot be used"),
        ("ECOUTE_CORS_ORIGINS", "https://a.example/path", "ECOUTE_CORS_ORIGINS cannot be used"),
        ("ECOUTE_LOG_LEVEL", "loud", "ECOUTE_LOG_LEVEL cannot be used"),
        ("ECOUTE_DRAIN_SECONDS", "61", "ECOUTE_DRAIN_SECONDS cannot be used"),
        ("ECOUTE_TIME_ZONE", "Mars/Olympus", "ECOUTE_TIME_ZONE cannot be used"),
        ("ECOUTE_JWKS_URL", "https://issuer.example/jwks", "set one of ECOUTE_JWKS_URL"),
        ("ECOUTE_DEVELOPMENT_ISSUER", "", "set one of ECOUTE_JWKS_URL"),
        ("ECOUTE_SMTP_URL", "smtp://mail.example", "set both ECOUTE_SMTP_URL and ECOUTE_MAIL_FROM"),
        ("ECOUTE_MAIL_FROM", "Écoute <e@service.example>", "set both ECOUTE_SMTP_URL and ECOUTE_MAIL_FROM"),
        ("ECOUTE_SMTP_URL", "http://user:secret@mail.example", "ECOUTE_SMTP_URL cannot be used"),
        ("ECOUTE_SMTP_URL", "smtp://user:secret@mail.example:x", "ECOUTE_SMTP_URL cannot be used"),
        ("ECOUTE_MAIL_FROM", "secret", "ECOUTE_MAIL_FROM cannot be used"),
    ],
)
def test_a_setting_that_is_unknown_or_cannot_be_read_stops_the_start_and_its_value_is_not_shown(
    name: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused({**ENOUGH, name: value}, capsys)
    assert line.startswith("ecoute: ")
    assert says in line
    assert "secret" not in line


@pytest.mark.parametrize("name", [one for one in ENOUGH if one.startswith("ECOUTE_INTAKE_")])
def test_a_setting_that_is_missing_is_named(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused({one: value for one, value in ENOUGH.items() if one != name}, capsys)
    assert f"{name} cannot be used" in line


@pytest.mark.parametrize("name", ["ECOUTE_INTAKE_LISTEN", "ECOUTE_INTAKE_WORKER_LISTEN"])
@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.168.1.5", "intake", "127.example.org"])  # noqa: S104
def test_the_development_issuer_is_refused_unless_every_address_is_on_loopback(
    name: str, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "on loopback" in refused({**ENOUGH, name: f"{host}:8001"}, capsys)


@pytest.mark.parametrize("url", ["https://retours.example.org", "http://192.168.1.5:8000", "http://[2001:db8::1]"])
def test_the_development_issuer_is_refused_where_browsers_come_from_elsewhere(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "on loopback" in refused({**ENOUGH, "ECOUTE_PUBLIC_URL": url}, capsys)


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("127.8.9.1:1", "127.8.9.1", 1),
        ("[::1]:8001", "::1", 8001),
        ("localhost:65535", "localhost", 65535),
    ],
)
def test_an_address_of_this_machine_is_known_as_one(address: str, host: str, port: int) -> None:
    parsed = Address(address)
    assert (parsed.host, parsed.port, parsed.is_loopback) == (host, port, True)


def test_no_setting_has_a_name_that_kubernetes_injects() -> None:
    for settings in (IntakeSettings, RoutingSettings, AnalyticsSettings):
        for name in settings.names():
            assert not name.endswith(("_PORT", "_SERVICE_HOST", "_SERVICE_PORT", "_TCP"))


# The whole machine, as a real process.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of its own, since the names of the three databases are fixed."""
    with start_postgres(tmp_path_factory.mktemp("server") / "data") as running:
        yield str(running.get_uri())


def execute(server: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(server)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    in_a_thread(lambda: asyncio.run(run()))


def does_not_start(folder: Path, environment: dict[str, str]) -> str:
    """The one line with which `ecoute run` ends."""
    machine = System(folder, environment)
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "run"],
        cwd=Path(__file__).parents[2],
        env=machine.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2, ended
    [line] = (ended.stderr + ended.stdout).splitlines()
    assert line.startswith("ecoute: ")
    return line


def test_a_misspelt_setting_stops_the_machine_and_the_nearest_is_named(tmp_path: Path) -> None:
    line = does_not_start(tmp_path, {"ECOUTE_DATABASE_URI": "x"})
    assert "ECOUTE_DATABASE_URI is not known (is ECOUTE_DATABASE_URL meant?); docs/settings.md has all" in line
    assert "ECOUTE_FOO is not known; docs/settings.md has all" in does_not_start(tmp_path, {"ECOUTE_FOO": "1"})
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    "dsn",
    ["postgresql://nobody:hunter2@127.0.0.1:1/none", "no dsn: hunter2", "postgresql://nobody:hunter2@host.invalid/x"],
)
def test_a_server_that_cannot_be_reached_is_said_without_the_password(tmp_path: Path, dsn: str) -> None:
    line = does_not_start(tmp_path, {"ECOUTE_DATABASE_URL": dsn})
    assert "ECOUTE_DATABASE_URL cannot be used" in line
    assert "check address and password" in line
    assert "hunter2" not in line


def test_a_role_without_the_right_is_told_which(tmp_path: Path, server: str) -> None:
    execute(server, "CREATE ROLE poor LOGIN")
    poor = make_url(server).set(username="poor").render_as_string(hide_password=False)
    line = does_not_start(tmp_path, {"ECOUTE_DATABASE_URL": poor})
    assert "ALTER ROLE … CREATEDB" in line
    assert "create ecoute_intake, ecoute_routing, ecoute_analytics with this role as their owner" in line
    execute(server, *(f"CREATE DATABASE ecoute_{name}" for name in SERVICES))
    line = does_not_start(tmp_path, {"ECOUTE_DATABASE_URL": poor})
    assert "must own ecoute_" in line
    assert "ALTER DATABASE … OWNER TO …" in line


def test_a_database_of_its_own_that_cannot_be_reached_is_said_in_one_line(tmp_path: Path, server: str) -> None:
    named = {"ECOUTE_INTAKE_DATABASE_URL": "postgresql://nobody:hunter2@127.0.0.1:1/none"}
    line = does_not_start(tmp_path, {"ECOUTE_DATABASE_URL": server, **named})
    assert "the database none cannot be used (ConnectionRefusedError): check the setting that names it" in line
    assert "hunter2" not in line


def test_a_taken_port_is_named_with_the_setting_that_moves_it(tmp_path: Path, server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        taken = {"ECOUTE_DATABASE_URL": server, "ECOUTE_ROUTING_WORKER_LISTEN": address}
        line = does_not_start(tmp_path, taken)
    assert address in line
    assert "set ECOUTE_ROUTING_WORKER_LISTEN to another" in line


@pytest.mark.parametrize(
    "reached",
    [
        {"ECOUTE_ROUTING_LISTEN": "0.0.0.0:8002"},
        {"ECOUTE_GATEWAY_LISTEN": "0.0.0.0:8000"},
        {"ECOUTE_GATEWAY_LISTEN": "0.0.0.0:8000", "ECOUTE_PUBLIC_URL": "http://127.0.0.1:8000"},
    ],
)
def test_an_address_that_others_reach_is_refused_with_the_development_issuer(
    tmp_path: Path, server: str, reached: dict[str, str]
) -> None:
    line = does_not_start(tmp_path, {"ECOUTE_DATABASE_URL": server, **reached})
    assert "ECOUTE_DEVELOPMENT_ISSUER" in line
    assert "on loopback" in line


def test_secrets_are_made_once_and_read_by_their_owner_alone(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    url = new_database("intake")
    made: list[dict[str, str]] = []
    for _ in range(2):
        in_a_thread(lambda: made.append(secrets_of(tmp_path, url)))
    assert made[0] == made[1]
    assert len(set(made[0].values())) == 5
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_a_newer_version_needs_is_added_and_the_others_stay(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    before = {"ECOUTE_INTAKE_SECRET": "kept"}
    (tmp_path / "secrets.json").write_text(json.dumps(before))
    url = new_database("intake")
    made: list[dict[str, str]] = []
    for _ in range(2):
        in_a_thread(lambda: made.append(secrets_of(tmp_path, url)))
    assert made[0] == made[1]
    assert made[0].keys() == {*before, "ECOUTE_INTAKE_PARTNER_TOKEN_KEY"}
    assert made[0]["ECOUTE_INTAKE_SECRET"] == "kept"
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_secrets_that_were_being_written_when_the_power_failed_are_made_anew(
    tmp_path: Path, new_database: Callable[[str], str]
) -> None:
    (tmp_path / "secrets.new").write_text('{"ECOUTE_INT')
    url = new_database("intake")
    in_a_thread(lambda: secrets_of(tmp_path, url))
    assert len(json.loads((tmp_path / "secrets.json").read_text())) == 5
    assert not (tmp_path / "secrets.new").exists()


def test_several_who_make_them_at_once_make_the_same(tmp_path: Path, new_database: Callable[[str], str]) -> None:
    url = new_database("intake")
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: secrets_of(tmp_path, url), range(8)))
    assert made == [json.loads((tmp_path / "secrets.json").read_text())] * 8


def test_the_example_is_not_published_over_the_organisation_of_a_database_that_is_named(
    tmp_path: Path, server: str, new_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = new_database("routing")
    execute(theirs, "INSERT INTO rule_set VALUES (1, '[]', now(), NULL)")
    (tmp_path / "secrets.json").write_text("{}")
    monkeypatch.setenv("ECOUTE_VAR", str(tmp_path))
    monkeypatch.setenv("ECOUTE_DATABASE_URL", server)
    found: list[dict[str, str]] = []
    in_a_thread(lambda: found.append(environment_of("routing")))
    assert "ECOUTE_ROUTING_ORGANISATION" in found[0]
    monkeypatch.setenv("ECOUTE_ROUTING_DATABASE_URL", theirs)
    in_a_thread(lambda: found.append(environment_of("routing")))
    assert found[1]["ECOUTE_ROUTING_DATABASE_URL"] == theirs
    assert "ECOUTE_ROUTING_ORGANISATION" not in found[1]


def test_secrets_that_cannot_be_read_are_not_made_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secrets.json").write_text('{"ECOUTE_INT')
    with pytest.raises(SystemExit):
        secrets_of(tmp_path, "postgresql://nobody@127.0.0.1:1/nothing")
    [line] = capsys.readouterr().err.splitlines()
    assert "secrets.json cannot be read (JSONDecodeError): bring that file back from its backup" in line


def test_the_key_of_partners_tokens_comes_with_its_public_part(capsys: pytest.CaptureFixture[str]) -> None:
    made = CliRunner().invoke(cli, ["partner-token-key"]).stdout.splitlines()
    environment = {**ENOUGH, **dict(line.split("=", 1) for line in made)}
    assert IntakeSettings.load(environment).partner_token_signer is not None
    [line] = [refused({**environment, "ECOUTE_PARTNER_TOKEN_KEYS": ""}, capsys)]
    assert "ECOUTE_PARTNER_TOKEN_KEYS lacks the public part" in line


def test_secrets_are_not_made_anew_for_a_database_that_holds_words(
    tmp_path: Path, new_database: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_database("intake")
    execute(url, "INSERT INTO person (id, recorded_at) VALUES (gen_random_uuid(), now())")
    with pytest.raises(SystemExit) as stopped:
        in_a_thread(lambda: secrets_of(tmp_path, url))
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "bring that file back from its backup" in line
    assert not (tmp_path / "secrets.json").exists()
