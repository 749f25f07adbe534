"""Documents in YAML: read, or refused with one line that says where."""

from pathlib import Path

import pytest

from libs.common.documents import read_document
from services.intake.catalogue.schemas import CatalogueDocument

ENTRY = "{code: %s, name: {fr: x, en: x}%s}"


def entry(code: str, parent: str = "") -> str:
    return ENTRY % (code, f", parent: {parent}" if parent else "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "is refused"),
        (b"services", "is refused"),
        (b"- services", "is refused"),
        (b"services: [", "is not YAML: line 1"),
        (b"services: []\ntopics:\n\t- x", "is not YAML: line 3"),
        (b"services: !!python/object:os.system []", "is not YAML"),
        ("# catalogue d'été\n".encode("latin-1"), "is not in UTF-8: byte 15"),
        (b"services: [{code: a, on: 2026-02-30}]", "is refused"),
        (b"colour: red", "is refused at colour"),
        (b"services: [{code: a, name: {fr: x}}]", "is refused at services.0.name.en"),
        (f"services: [{entry('a b')}]".encode(), "is refused at services.0.code"),
        (f"services: [{entry('a')}, {entry('a')}]".encode(), "the service a is there twice"),
        (f"topics: [{entry('a', 'b')}]".encode(), "the parent b of the topic a is not in the catalogue"),
        (f"services: [{entry('a', 'a')}]".encode(), "the service a is above itself"),
        (f"services: [{entry('a', 'b')}, {entry('b', 'a')}]".encode(), "is above itself"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_with_one_line(
    text: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_bytes(text)
    with pytest.raises(SystemExit) as stopped:
        read_document(path, CatalogueDocument)
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"ecoute: {path} ")
    assert says in line


def test_a_touchpoint_fills_in_only_what_the_catalogue_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "catalogue.yaml"
    kiosk = "{code: k, name: {fr: K, en: K}, channel: counter, service: %s, phase: visit}"
    path.write_text(f"services: [{entry('a')}]\ntouchpoints: [{kiosk % 'a'}]\n")
    assert read_document(path, CatalogueDocument).touchpoints[0].service == "a"
    path.write_text(f"services: [{entry('a')}]\ntouchpoints: [{kiosk % 'b'}]\n")
    with pytest.raises(SystemExit):
        read_document(path, CatalogueDocument)
    assert "touchpoint k fills in" in capsys.readouterr().err


def test_a_document_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(SystemExit):
            read_document(path, CatalogueDocument)
        assert f"{path} cannot be read" in capsys.readouterr().err


def test_the_same_code_may_be_a_service_and_a_topic(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(f"services: [{entry('a')}, {entry('b', 'a')}]\ntopics: [{entry('a')}]\n")
    document = read_document(path, CatalogueDocument)
    assert [one.parent for one in document.services] == [None, "a"]
    assert document.by_kind()["topic"] == document.topics
