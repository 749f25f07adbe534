"""The documents that others build against."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SERVICES = ("intake", "routing", "analytics")
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    return {name: yaml.safe_load((ROOT / "openapi" / f"{name}.yaml").read_text("utf-8")) for name in SERVICES}


def test_the_documents_in_the_repository_are_those_that_the_code_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "deploy.cli", "openapi", str(tmp_path)], cwd=ROOT, check=True, timeout=60)
    made = {str(path.relative_to(tmp_path)): path.read_text("utf-8") for path in tmp_path.rglob("*.*")}
    kept = {str(path.relative_to(ROOT / "openapi")): path.read_text("utf-8") for path in ROOT.glob("openapi/**/*.*")}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == [], "run `make openapi`"


def test_no_two_services_share_a_path_so_that_a_gateway_can_map_them(documents: dict[str, dict[str, Any]]) -> None:
    paths = [path for document in documents.values() for path in document["paths"]]
    assert len(paths) == len(set(paths))


def test_every_operation_says_what_it_does_under_a_name_and_a_tag(documents: dict[str, dict[str, Any]]) -> None:
    operations = [one for document in documents.values() for _, _, one in _operations(document)]
    assert len(operations) > 15
    assert all(one["operationId"] and one["tags"] and one["description"] for one in operations)
    assert len({one["operationId"] for one in operations}) == len(operations)


def test_every_error_is_a_problem_document(documents: dict[str, dict[str, Any]]) -> None:
    for document in documents.values():
        for path, method, operation in _operations(document):
            errors = {status: it for status, it in operation["responses"].items() if status >= "400"}
            for status, answer in errors.items():
                told = (
                    document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                    if "$ref" in answer
                    else answer
                )
                assert list(told["content"]) == ["application/problem+json"], (path, method, status)


def test_every_type_of_problem_is_explained(documents: dict[str, dict[str, Any]]) -> None:
    explained = (ROOT / "openapi" / "problems.md").read_text("utf-8")
    answers = [
        answer
        for document in documents.values()
        for _, _, one in _operations(document)
        for answer in (*one["responses"].values(), *document["components"]["responses"].values())
    ]
    named = {name for answer in answers for name in re.findall(r"(?m)^`([a-z-]+)`: ", answer.get("description", ""))}
    assert len(named) > 20
    assert [name for name in named if f"| `urn:ecoute:problem:{name}` |" not in explained] == []


def test_every_reference_leads_somewhere(documents: dict[str, dict[str, Any]]) -> None:
    for document in documents.values():
        for reference in _references(document):
            at: Any = document
            for part in reference.removeprefix("#/").split("/"):
                at = at[part]


def test_health_and_metrics_are_not_for_the_gateway(documents: dict[str, dict[str, Any]]) -> None:
    paths = {path for document in documents.values() for path in document["paths"]}
    assert not paths & {"/healthz", "/readyz", "/metrics"}


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in METHODS
    ]


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
