"""The documents that others build against."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel

from deploy.services import SERVICES
from libs.common.wire import Wire

ROOT = Path(__file__).parents[2]
TRIAL = ROOT / "services" / "routing" / "rules" / "trial.py"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    texts = {name: (ROOT / "openapi" / f"{name}.yaml").read_text("utf-8") for name in SERVICES}
    return {name: yaml.load(text, yaml.CSafeLoader) for name, text in texts.items()}


def test_the_documents_in_the_repository_are_those_that_the_code_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "deploy.cli", "openapi", str(tmp_path)], cwd=ROOT, check=True, timeout=60)
    made = {str(path.relative_to(tmp_path)): path.read_text("utf-8") for path in tmp_path.rglob("*.*")}
    kept = {
        str(path.relative_to(ROOT / "openapi")): path.read_text("utf-8")
        for path in ROOT.glob("openapi/**/*.*")
        if "frozen" not in path.parts
    }
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


def test_every_call_has_a_line_of_its_own_and_a_tag_that_the_document_explains(
    documents: dict[str, dict[str, Any]],
) -> None:
    for document in documents.values():
        explained = {tag["name"] for tag in document["tags"] if tag["description"]}
        used = {tag for _, _, one in _operations(document) for tag in one["tags"]}
        assert used == explained
        for path, method, one in _operations(document):
            assert one["summary"] != one["operationId"].replace("_", " ").title(), (path, method)
            assert len(one["summary"]) <= 120, (path, method)


def test_every_parameter_says_what_it_is(documents: dict[str, dict[str, Any]]) -> None:
    silent = [
        (path, method, parameter["name"])
        for document in documents.values()
        for path, method, one in _operations(document)
        for parameter in one.get("parameters", [])
        if not parameter.get("description")
    ]
    assert silent == []


def test_no_schema_has_a_name_made_of_others(documents: dict[str, dict[str, Any]]) -> None:
    names = {name for document in documents.values() for name in document["components"]["schemas"]}
    assert [name for name in names if not re.fullmatch("[A-Z][A-Za-z0-9]+", name)] == []


def test_every_request_body_has_an_example(documents: dict[str, dict[str, Any]]) -> None:
    without = []
    for document in documents.values():
        for path, method, operation in _operations(document):
            for kind, content in operation.get("requestBody", {"content": {}})["content"].items():
                schema = _followed(document, content["schema"])
                if schema.get("format") != "binary" and not (content.get("example") or schema.get("examples")):
                    without.append((path, method, kind))
    assert without == []


def test_the_main_answers_have_an_example(documents: dict[str, dict[str, Any]]) -> None:
    shown = {
        name
        for document in documents.values()
        for name, schema in document["components"]["schemas"].items()
        if schema.get("examples")
    }
    assert {"Receipt", "Tracking", "FeedbackOut", "FeedbackSummary", "BatchOut", "TrackingCodes"} <= shown
    assert {"CaseSummary", "CaseOut", "Cases", "Timeline", "TeamOut", "CalendarOut", "StandardOut", "RulesOut"} <= shown
    assert {"Figures", "Series", "Definitions", "StandardResults", "ProblemDetails"} <= shown


def test_every_example_is_what_its_schema_says(documents: dict[str, dict[str, Any]]) -> None:
    for document in documents.values():
        schemas = document["components"]["schemas"]
        for name, schema in schemas.items():
            whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
            for example in schema.get("examples", []):
                checked = Draft202012Validator(whole, validate_formats=True).iter_errors(example)
                assert [(name, error.message) for error in checked] == []
            for part, field in schema.get("properties", {}).items():
                for example in field.get("examples", []):
                    at = {**field, "components": {"schemas": schemas}}
                    assert Draft202012Validator(at).is_valid(example), (name, part, example)


def test_every_example_of_a_request_is_taken_in() -> None:
    for path in (*ROOT.glob("services/*/*/schemas.py"), *ROOT.glob("services/*/*/*/schemas.py"), TRIAL):
        import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    bodies = [body for body in _kinds_of(Wire) if body.__module__.startswith("services.") and _examples(body)]
    assert len(bodies) > 40
    for body in bodies:
        for example in _examples(body):
            body.model_validate_json(json.dumps(example))


def test_a_post_without_an_idempotency_key_changes_nothing(documents: dict[str, dict[str, Any]]) -> None:
    without = {
        path
        for document in documents.values()
        for path, method, one in _operations(document)
        if method == "post" and "idempotency-key" not in {each["name"] for each in one.get("parameters", [])}
    }
    assert without == {"/v1/feedback/search", "/v1/oauth/token", "/v1/privacy/exports"}


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


def _followed(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _kinds_of(kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [found for one in kind.__subclasses__() for found in (one, *_kinds_of(one))]


def _examples(body: type[BaseModel]) -> list[dict[str, Any]]:
    """Its own, and not those of what it extends."""
    own = body.model_config.get("json_schema_extra")
    inherited = [base.model_config.get("json_schema_extra") for base in body.__bases__ if issubclass(base, BaseModel)]
    return own["examples"] if isinstance(own, dict) and own not in inherited else []
