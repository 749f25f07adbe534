"""`ecoute import`: a file of somebody's own, with mistakes in it, cut off in the middle, sent again."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.system import ROOT, System, eventually, json_of

pytestmark = pytest.mark.slow

MAPPING = """
time_zone: America/Toronto
make: [topics, teams]
feedback:
  external_reference: {column: no, prefix: "desk:"}
  submitted_at: {column: reçu, date: "%Y-%m-%d"}
  channel: {column: voie, table: {Lettre: letter, Guichet: counter}}
  kind: {constant: complaint}
  service: {constant: passports}
  topic: sujet
  text: texte
case:
  assigned: {at: {column: transmis, date: "%Y-%m-%d"}, team: équipe}
  replied:
    at: {column: répondu, date: "%Y-%m-%d"}
    outcome: {constant: upheld}
    text: {constant: "Réponse au dossier papier."}
  evaluation: {solved: {column: réglé, table: {oui: "yes", non: "no"}, otherwise: null}}
"""
HEADING = ["no", "reçu", "voie", "sujet", "texte", "transmis", "équipe", "répondu", "réglé"]
TEAM = "Équipe du courrier"
ROWS = [
    ["1", "2026-01-05", "Lettre", "Délai", "L’été dernier déjà…", "2026-01-06", TEAM, "2026-01-20", "oui"],
    ["2", "2026-01-05", "Pigeon", "Délai", "Voie inconnue", "2026-01-06", TEAM, "2026-01-20", ""],
    ["3", "2026-01-06", "Guichet", "Accueil du soir", "x" * 20_001, "2026-01-07", TEAM, "", ""],
    ["4", "2026-01-07", "Guichet", "Délai", "Réponse avant l’envoi", "2026-01-09", TEAM, "2026-01-08", ""],
    ["5", "2026-01-08", "Lettre", "Délai", "Sans réponse", "2026-01-09", TEAM, "", ""],
]
MENDED = ({"voie": "Lettre"}, {"texte": "Plus court."}, {"répondu": "2026-01-12"})


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.yaml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def written(path: Path, rows: list[list[str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADING, *rows])
    return path


def import_(aside: System, file: Path, mapping: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return aside.ecoute(
        "import", str(file), "--mapping", str(mapping), "--folder", str(file.parent), *more, seconds=200
    )


def cell(said: str, name: str) -> str:
    """What the closing table says beside a name."""
    lines = [[part.strip() for part in line.split("│")] for line in said.splitlines() if line.startswith("│")]
    [found] = [line[2] for line in lines if line[1] == name]
    return found


def cells(said: str, *names: str) -> list[str]:
    return [cell(said, name) for name in names]


def case_of(aside: System, reference: str) -> dict:
    found = eventually(
        lambda: json_of(
            httpx.get(
                f"{aside.routing}/v1/cases",
                params={"external_reference": reference},
                headers=aside.staff("importer"),
                timeout=30,
            )
        )["items"]
    )
    [case] = found
    return case


def test_a_file_with_mistakes_is_tried_brought_in_mended_and_brought_in_again(
    aside: System, mapping: Path, tmp_path: Path
) -> None:
    file = written(tmp_path / "plaintes.csv", ROWS, "cp1252")
    tried = import_(aside, file, mapping, "--dry-run")
    assert (*cells(tried.stdout, "would be taken in", "refused"), tried.returncode) == ("2", "3", 1)
    topics = json_of(httpx.get(f"{aside.intake}/v1/topics"))["items"]
    assert "Délai" not in {topic["name"]["fr"] for topic in topics}

    first = import_(aside, file, mapping)
    assert first.returncode == 1, first.stdout + first.stderr
    assert cells(first.stdout, "rows", "taken in", "there already", "refused") == [
        "5",
        "2",
        "0",
        "3",
    ]
    assert "cp1252" in first.stdout
    with (tmp_path / "plaintes.refused.csv").open(encoding="utf-8-sig", newline="") as text:
        refused = list(csv.DictReader(text, delimiter=";"))
    assert [row["ecoute_row"] for row in refused] == ["2", "3", "4"]
    assert [row["ecoute_error"].partition(":")[0] for row in refused] == [
        "voie (feedback.channel)",
        "texte (feedback.text)",
        "répondu (case.replied.at)",
    ]
    answered = case_of(aside, "desk:1")
    assert (answered["state"], answered["outcome"], answered["team"]["name"]["fr"]) == (
        "answered",
        "upheld",
        "Équipe du courrier",
    )
    assert answered["answered_at"] == "2026-01-20T17:00:00Z"
    assert eventually(lambda: case_of(aside, "desk:1")["solved"]) == "yes"
    assert case_of(aside, "desk:5")["state"] == "assigned"

    mended = tmp_path / "plaintes.refused.csv"
    with mended.open("w", encoding="utf-8", newline="") as text:
        rows = csv.DictWriter(text, list(refused[0]), delimiter=";")
        rows.writeheader()
        rows.writerows({**row, **better} for row, better in zip(refused, MENDED, strict=True))
    again = import_(aside, mended, mapping)
    assert again.returncode == 0, again.stdout + again.stderr
    assert cells(again.stdout, "rows", "taken in", "refused") == ["3", "3", "0"]
    assert case_of(aside, "desk:4")["answered_at"] == "2026-01-12T17:00:00Z"

    whole = import_(aside, file, mapping)
    assert (cell(whole.stdout, "there already"), cell(whole.stdout, "taken in")) == ("2", "0")
    assert case_of(aside, "desk:1")["version"] == answered["version"]


def test_a_reference_that_something_else_has_is_refused_and_nobody_gets_an_answer_that_was_anothers(
    aside: System, mapping: Path, tmp_path: Path
) -> None:
    """Two files whose references are the numbers of their rows, say."""
    first = ["r1", "2026-01-05", "Lettre", "Délai", "Mon passeport est perdu.", "", "", "", ""]
    other = ["r1", "2026-01-05", "Lettre", "Délai", "Le guichet était fermé.", "2026-01-06", TEAM, "2026-01-20", ""]
    written(tmp_path / "ici.csv", [first]), written(tmp_path / "ailleurs.csv", [other])
    assert import_(aside, tmp_path / "ici.csv", mapping).returncode == 0
    said = import_(aside, tmp_path / "ailleurs.csv", mapping)
    assert (*cells(said.stdout, "taken in", "there already", "refused"), said.returncode) == ("0", "0", "1", 1)
    assert "no (feedback.external_reference): something else" in (tmp_path / "ailleurs.refused.csv").read_text("utf-8")
    assert case_of(aside, "desk:r1")["final_replies"] == 0


def test_a_row_that_comes_twice_is_taken_in_once_and_answered_once(
    aside: System, mapping: Path, tmp_path: Path
) -> None:
    twice = ["d1", "2026-01-05", "Lettre", "Délai", "Deux fois.", "2026-01-06", TEAM, "2026-01-20", ""]
    file = written(tmp_path / "deux.csv", [twice, ["d2", *twice[1:]], twice, twice])
    said = import_(aside, file, mapping)
    assert said.returncode == 0, said.stdout + said.stderr
    assert cells(said.stdout, "rows", "taken in", "there already") == ["4", "2", "2"]
    assert [case_of(aside, f"desk:{one}")["final_replies"] for one in ("d1", "d2")] == [1, 1]


def test_long_answers_are_brought_in_by_as_many_requests_as_they_take(
    aside: System, mapping: Path, tmp_path: Path
) -> None:
    long = ["2026-01-05", "Lettre", "Délai", "é" * 18_000, "2026-01-06", TEAM, "2026-01-20", ""]
    file = written(tmp_path / "longues.csv", [[f"l{place}", *long] for place in range(60)])
    mapping.write_text(MAPPING.replace('{constant: "Réponse au dossier papier."}', "texte"), encoding="utf-8")
    said = import_(aside, file, mapping)
    assert said.returncode == 0, said.stdout + said.stderr
    assert cell(said.stdout, "taken in") == "60"
    assert case_of(aside, "desk:l59")["state"] == "answered"


def test_an_import_that_was_killed_goes_on_and_doubles_nothing(aside: System, mapping: Path, tmp_path: Path) -> None:
    """It is killed as soon as something is remembered."""
    count = 1_700
    rows = [[f"k{place}", "2026-02-02", "Lettre", "Délai", f"Ligne {place}", "", "", "", ""] for place in range(count)]
    file = written(tmp_path / "longue.csv", rows)
    words = ["import", str(file), "--mapping", str(mapping), "--folder", str(tmp_path)]
    command = [sys.executable, "-m", "deploy.cli", *words]
    before = _volume(aside)
    process = subprocess.Popen(command, cwd=ROOT, env=aside.environment, stdout=subprocess.DEVNULL)
    mark = tmp_path / "longue.progress.json"
    eventually(mark.exists, 120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    done = json.loads(mark.read_text(encoding="utf-8"))["rows"]
    assert 0 < done < count
    rest = import_(aside, file, mapping)
    assert rest.returncode == 0, rest.stdout + rest.stderr
    assert cell(rest.stdout, "rows") == f"{count}, {count - done} of them now"
    assert not mark.exists()
    eventually(lambda: _volume(aside) == before + count, 60)
    assert int(cell(rest.stdout, "taken in")) + int(cell(rest.stdout, "there already")) == count


def test_ndjson_is_brought_in_and_refused_lines_can_be_mended(aside: System, mapping: Path, tmp_path: Path) -> None:
    file = tmp_path / "lignes.ndjson"
    good = {"no": "n1", "reçu": "2026-03-02", "voie": "Lettre", "sujet": "Délai", "texte": "Ça va."}
    file.write_text("\n".join(map(json.dumps, (good, {**good, "no": "n2", "voie": "Fax"}))) + "\n{\n", encoding="utf-8")
    said = import_(aside, file, mapping)
    assert cells(said.stdout, "rows", "taken in", "refused") == ["3", "1", "2"]
    left = (tmp_path / "lignes.refused.ndjson").read_text(encoding="utf-8")
    refused = [json.loads(line) for line in left.splitlines()]
    assert refused[0]["no"] == "n2"
    assert refused[0]["ecoute_error"] == "voie (feedback.channel): 'Fax' is not in the table"
    assert (refused[1]["ecoute_row"], refused[1]["ecoute_line"]) == (3, "{")


def test_without_a_system_it_says_in_one_line_what_to_do(aside: System, mapping: Path, tmp_path: Path) -> None:
    file = written(tmp_path / "une.csv", ROWS[:1])
    said = import_(aside, file, mapping, "--at", "http://127.0.0.1:9")
    assert (said.returncode, said.stderr.strip().splitlines()) == (
        2,
        ["ecoute: nothing answers at http://127.0.0.1:9: start the system first, in another terminal, with make run"],
    )


def test_from_another_machine_it_shows_the_tokens_that_are_given(aside: System, mapping: Path, tmp_path: Path) -> None:
    here = {name: value for name, value in aside.environment.items() if name != "ECOUTE_VAR"}
    elsewhere = here | {"ECOUTE_VAR": str(tmp_path / "elsewhere")}
    file = written(tmp_path / "loin.csv", [["loin", *ROWS[4][1:3], "Jamais vu", *ROWS[4][4:]]])
    tokens = {}
    for role in ("importer", "admin"):
        tokens[role] = tmp_path / role
        tokens[role].write_text(aside.staff(role)["Authorization"].removeprefix("Bearer "), encoding="utf-8")
    words = ["import", str(file), "--mapping", str(mapping), "--folder", str(tmp_path), "--at", aside.gateway]

    def import_from_there(*more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words, *more],
            cwd=ROOT,
            env=elsewhere,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    alone = import_from_there("--token-file", str(tokens["importer"]))
    assert alone.returncode == 2
    assert "names of the file are unknown, and an admin must make them: --admin-token-file" in alone.stderr
    with_an_admin = ("--token-file", str(tokens["importer"]), "--admin-token-file", str(tokens["admin"]))
    assert cell(import_from_there(*with_an_admin).stdout, "taken in") == "1"
    assert cell(import_from_there("--token-file", str(tokens["importer"])).stdout, "there already") == "1"


def _volume(aside: System) -> int:
    asked = {"names": "volume", "from": "2026-02-01", "to": "2026-02-28"}
    answer = httpx.get(f"{aside.analytics}/v1/kpis", params=asked, headers=aside.staff("manager"), timeout=30)
    return int(json_of(answer)["figures"][0]["value"])
