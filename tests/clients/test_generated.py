"""Clients that others generate from our documents do the main job, unmodified, through the one base address."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.services import SERVICES
from tests.system import ROOT, System

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
TOOLS = ROOT / "tools"


def run(*words: str | Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with the generator and what its clients need, and nothing of ours."""
    folder = tmp_path_factory.mktemp("python-client")
    uv = Path(sys.executable).parent / "uv"
    run(uv, "venv", "-q", "--python", sys.executable, "env", cwd=folder)
    interpreter = folder / "env" / "bin" / "python"
    run(
        uv,
        "pip",
        "install",
        "-q",
        "--python",
        interpreter,
        "--require-hashes",
        "-r",
        TOOLS / "python-clients.lock",
        cwd=folder,
    )
    return interpreter


@pytest.fixture(scope="module")
def node_modules() -> Path:
    if not shutil.which("node") or not (TOOLS / "node_modules" / "openapi-fetch").is_dir():
        pytest.skip("the generator for TypeScript is not there: `make documents` installs it, and needs Node")
    return TOOLS / "node_modules"


def job_seen(system: System, said: str) -> None:
    """What a client prints when all went as it should."""
    seen: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert re.fullmatch(r"EC-[0-9A-Z]{4}-[0-9A-Z]{4}", seen["reference"])
    assert seen["problem"] == "urn:ecoute:problem:invalid-request"
    assert (seen["state"], seen["status"]) == ("answered", "answered")
    assert "Your passport leaves tomorrow." in " ".join(filter(None, seen["said"]))
    assert seen["figures"]["volume"] >= 1


def tokens(system: System) -> tuple[str, str]:
    staff = (system.staff("agent", "passports"), system.staff("manager"))
    agent, manager = (one["Authorization"].removeprefix("Bearer ") for one in staff)
    return agent, manager


def test_clients_in_python_do_the_main_job(system: System, python: Path, tmp_path: Path) -> None:
    path = f"{python.parent}:{os.environ['PATH']}"
    for service in SERVICES:
        document = ROOT / "openapi" / f"{service}.yaml"
        generate = ("generate", "--path", document, "--meta", "none", "--output-path", tmp_path / f"{service}_client")
        run(python.parent / "openapi-python-client", *generate, cwd=tmp_path, PATH=path)
    said = run(python, HERE / "main_job.py", system.gateway, *tokens(system), cwd=tmp_path, PYTHONPATH=str(tmp_path))
    job_seen(system, said)


def test_clients_in_typescript_do_the_main_job(system: System, node_modules: Path, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(node_modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    for service in SERVICES:
        document = ROOT / "openapi" / f"{service}.yaml"
        run(
            "node_modules/.bin/openapi-typescript",
            document,
            "--default-non-nullable=false",
            "-o",
            f"{service}.ts",
            cwd=tmp_path,
        )
    shutil.copy(HERE / "main_job.ts", tmp_path)
    strict = ("--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--lib", "es2022,dom")
    run("node_modules/.bin/tsc", *strict, "main_job.ts", cwd=tmp_path)
    job_seen(system, run("node", "main_job.js", system.gateway, *tokens(system), cwd=tmp_path))
