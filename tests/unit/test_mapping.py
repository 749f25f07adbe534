"""What is what in somebody's file: mappings, and how rows are read by them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.importing.directory import Directory, free_code
from deploy.importing.doors import Addresses
from deploy.importing.importing import _papers
from deploy.importing.mapping import Mapping, _Loader, load_mapping
from deploy.importing.reading import LARGEST_CELL, Row, open_source
from deploy.importing.remembering import Progress, RefusedRows, fingerprint_of, recall, remember
from deploy.importing.rows import Item, Refused, Wrong, item_of, names_in

EXAMPLES = Path(__file__).parents[2] / "examples"
LEAST = """
time_zone: Europe/Paris
feedback:
  external_reference: id
  submitted_at: {column: when, date: "%d/%m/%Y"}
"""


def mapping_of(text: str) -> Mapping:
    return Mapping.model_validate(yaml.load(text, _Loader))  # noqa: S506 - our own loader


def item(cells: dict[str, Any], more: str = "") -> Item:
    """A row with an id, a date and these cells, by a mapping with more lines."""
    row = Row(7, {"id": "a1", "when": "03/02/2026", **cells}, None)
    return item_of(row, mapping_of(LEAST + more), lambda _, name: f"code-of-{name}")


def stopped(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line with which a mapping is refused."""
    path = folder / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        load_mapping(path)
    assert end.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    return line.replace(str(folder), "")


def test_a_date_is_of_the_mappings_time_zone_and_has_the_time_it_is_given() -> None:
    assert item({}).feedback["submitted_at"] == "2026-02-03T12:00:00+01:00"
    more = '\n  experienced_on: {column: day, date: "%Y-%m-%d", at: "23:30", time_zone: America/Toronto}'
    assert item({"day": "2026-01-31"}, more).feedback["experienced_on"] == "2026-01-31"


def test_a_word_is_a_column_and_an_empty_cell_leaves_the_field_out() -> None:
    assert item({"words": "  Trop long.  "}, "\n  text: words").feedback["text"] == "Trop long."
    assert "text" not in item({"words": "  "}, "\n  text: words").feedback


def test_yes_and_no_and_dates_are_the_words_that_they_are_in_the_file() -> None:
    more = "\n  kind: {column: k, table: {Yes: complaint, No: compliment, 2026-01-01: enquiry}}"
    assert [item({"k": cell}, more).feedback["kind"] for cell in ("Yes", "No", "2026-01-01")] == [
        "complaint",
        "compliment",
        "enquiry",
    ]


def test_what_a_table_does_not_know_is_refused_left_out_or_kept_as_the_mapping_says() -> None:
    table = "\n  channel: {column: c, table: {Web: web, Rien: null}"
    with pytest.raises(Refused, match="'Minitel' is not in the table"):
        item({"c": "Minitel"}, table + "}")
    assert item({"c": "Minitel"}, table + ", otherwise: other}").feedback["channel"] == "other"
    assert item({"c": "chat"}, table + ", keeps_others: true}").feedback["channel"] == "chat"
    assert "channel" not in item({"c": "Rien"}, table + "}").feedback


def test_columns_are_joined_and_cells_are_split() -> None:
    more = """
  text: {columns: [title, body], joined_by: " — "}
  about_channels: {column: via, split: ";", table: {Tél.: phone, Guichet: counter}, otherwise: other}"""
    feedback = item({"title": "Titre", "body": "Texte", "via": "Guichet; Tél.;Guichet;Pigeon"}, more).feedback
    assert feedback["text"] == "Titre — Texte"
    assert feedback["about_channels"] == ["counter", "phone", "other"]
    assert item({"title": "", "body": "Texte"}, more).feedback["text"] == "Texte"


def test_constants_prefixes_the_rows_number_and_marks() -> None:
    text = """
time_zone: Europe/Paris
feedback:
  external_reference: {row: true, prefix: "file:"}
  submitted_at: {column: when, date: "%d/%m/%Y"}
  kind: {constant: complaint}
  ratings:
    - {measure: csat, value: {column: mark, table: {Content: 5, Fâché: 1, "": null}}}
    - {measure: ease, value: {column: other, table: {Content: 5}, otherwise: null}}
"""
    row = Row(41, {"when": "03/02/2026", "mark": "Fâché", "other": "?"}, None)
    feedback = item_of(row, mapping_of(text), lambda _, name: name).feedback
    assert feedback["external_reference"] == "file:41"
    assert feedback["kind"] == "complaint"
    assert feedback["ratings"] == [{"measure": "csat", "value": 1}]


def test_names_become_codes_and_what_is_no_name_is_refused_with_its_column() -> None:
    assert item({"s": "Rentes"}, "\n  service: s").feedback["service"] == "code-of-Rentes"
    row, mapping = Row(1, {"id": "a", "when": "03/02/2026", "s": "Rentes"}, None), mapping_of(LEAST + "\n  service: s")
    with pytest.raises(Refused) as refused:
        item_of(row, mapping, Directory().code_of)
    [wrong] = refused.value.wrong
    assert wrong.line(mapping) == "s (feedback.service): 'Rentes' is not among the services"


CASE = """
case:
  assigned: {at: {column: sent, date: "%d/%m/%Y"}, team: team}
  replied:
    at: {column: sent, date: "%d/%m/%Y", plus_days: {column: late, table: {Oui: 20, Non: 10}}}
    outcome: {column: end, table: {Fondée: upheld}, otherwise: null}
    text: {constant: "Réponse."}
  evaluation: {solved: {column: happy, table: {Oui: "yes", Non: "no"}, otherwise: null}, csat: mark}
"""


def test_what_became_of_a_case_is_read_step_by_step() -> None:
    cells = {"sent": "04/02/2026", "team": "Bureau", "late": "Non", "end": "Fondée", "happy": "Non", "mark": "2"}
    read = item(cells, CASE)
    assert [(step.verb, step.body["effective_at"][:10]) for step in read.steps] == [
        ("assign", "2026-02-04"),
        ("reply", "2026-02-14"),
    ]
    assert read.steps[0].body["team"] == "code-of-Bureau"
    [said] = read.evaluations
    assert (said.answer, said.solved, said.csat) == (1, "no", 2)
    unanswered = item({**cells, "end": "En cours"}, CASE)
    assert [step.verb for step in unanswered.steps] == ["assign"]
    assert unanswered.evaluations == []


def test_steps_that_contradict_each_other_are_refused_before_anything_is_sent() -> None:
    cells = {"sent": "02/02/2026", "team": "Bureau", "late": "Non", "end": "Fondée", "happy": "", "mark": ""}
    with pytest.raises(Refused) as refused:
        item(cells, CASE)
    assert refused.value.wrong == [
        Wrong("case.assigned.at", "effective-before-previous", "it is before what it follows")
    ]


def test_all_that_is_wrong_with_a_row_is_said_at_once() -> None:
    with pytest.raises(Refused) as refused:
        item({"when": "2026-02-03", "c": "?"}, "\n  channel: {column: c, table: {Web: web}}")
    assert [wrong.place for wrong in refused.value.wrong] == ["feedback.submitted_at", "feedback.channel"]


CLOSED_AT_NOON = """
case:
  closed: {at: {column: closed}}
"""
EVALUATED = """
case:
  replied: {at: {column: when, date: "%d/%m/%Y"}, outcome: {constant: upheld}, text: {constant: Voilà.}}
  evaluation: {solved: {constant: "yes"}, csat: {column: mark}}
"""
LATER = """
  experienced_on: {column: when, date: "%d/%m/%Y", plus_days: more}
"""


@pytest.mark.parametrize(
    ("cells", "more", "place", "says"),
    [
        ({"when": " "}, "", "feedback.submitted_at", "it is empty"),
        ({"closed": "yesterday"}, CLOSED_AT_NOON, "case.closed.at", "'yesterday' is no moment with a time zone"),
        ({"closed": "2026-02-04T10:00:00"}, CLOSED_AT_NOON, "case.closed.at", "is no moment with a time zone"),
        ({"mark": "4.5"}, EVALUATED, "case.evaluation.csat", "'4.5' is no whole number"),
        ({"more": "99999999999"}, LATER, "feedback.experienced_on", "'99999999999' days after '03/02/2026' is no date"),
    ],
)
def test_one_cell_that_cannot_be_read_refuses_its_row_alone(
    cells: dict[str, Any], more: str, place: str, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        item(cells, more)
    [wrong] = refused.value.wrong
    assert wrong.place == place
    assert says in wrong.text


def test_after_a_row_that_is_no_csv_the_next_ones_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"id,words\n1,a\n2,{'x' * (LARGEST_CELL + 1)}\n3,b\n", encoding="utf-8")
    rows = list(open_source(path).rows())
    assert [(row.number, row.cells.get("words"), row.wrong is None) for row in rows] == [
        (1, "a", True),
        (2, None, False),
        (3, "b", True),
    ]


def test_a_quote_that_is_not_closed_swallows_no_rows_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.csv"
    path.write_text('id,words,more\n1,a,x\n2,"b,y\n3,c,z\n', encoding="utf-8")
    *_, last = open_source(path).rows()
    assert last.wrong == "2 cells where the heading has 3, in lines 3 to 4: a quote may not be closed"
    path.write_text('id,words\n1,a\n2,"b\n' + "3,c\n" * LARGEST_CELL, encoding="utf-8")
    with pytest.raises(SystemExit):
        list(open_source(path).rows())
    assert "line 3 of the file opens a quote that is not closed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            LEAST + "  kind: {column: a\n",
            "ecoute: /mapping.yaml, line 7: this is no YAML: expected ',' or '}', but got '<stream end>'",
        ),
        (LEAST + "  subject: a", "ecoute: /mapping.yaml, line 6: feedback.subject: Extra inputs are not permitted"),
        (
            LEAST + "  kind: {column: a, constant: b}",
            "ecoute: /mapping.yaml, line 6: feedback.kind: one of column, columns, constant and row is needed",
        ),
        (
            LEAST.replace("Europe/Paris", "Paris"),
            "ecoute: /mapping.yaml, line 2: time_zone: a time zone is a name such as America/Toronto or Europe/Paris",
        ),
        ("", "ecoute: /mapping.yaml, line 1: the document: Input should be a valid dictionary or instance of Mapping"),
    ],
)
def test_a_mapping_that_cannot_be_used_stops_with_one_line_and_the_place(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stopped(text, tmp_path, capsys) == said


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("id;texte\n1;L’été à l’œil\n".encode(), "utf-8"),
        ("id;texte\n1;L’été à l’œil\n".encode("utf-8-sig"), "utf-8-sig"),
        ("id;texte\n1;L’été à l’œil\n".encode("cp1252"), "cp1252"),
        ("id;texte\n1;L\x92été à l\x92\x9cil\n".encode(), "utf-8"),
        ("id;texte\n1;L’été à l’œil\n".encode("utf-16"), "utf-16"),
    ],
)
def test_the_encoding_and_the_delimiter_are_found(written: bytes, encoding: str, tmp_path: Path) -> None:
    """The fourth was Windows-1252 read as Latin-1 by somebody: its characters are restored."""
    path = tmp_path / "file.csv"
    path.write_bytes(written)
    source = open_source(path)
    assert (source.encoding, source.delimiter, source.columns) == (encoding, ";", ["id", "texte"])
    [row] = source.rows()
    assert row.cells == {"id": "1", "texte": "L’été à l’œil"}


def test_ndjson_is_read_line_by_line_with_what_is_inside_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "file.ndjson"
    path.write_text('{"id": 1, "who": {"role": "self"}, "via": ["web", "app"]}\n\nno json\n', encoding="utf-8")
    first, second = open_source(path).rows()
    assert first.cells == {"id": "1", "who.role": "self", "via": ["web", "app"]}
    assert (second.number, second.raw) == (2, "no json")
    assert (second.wrong or "").startswith("this line is no JSON")


def test_refused_rows_are_written_in_the_form_of_the_file_and_keep_their_number(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes('id;texte\n1;un\n2;deux;et plus\n3;"trois\nlignes"\n'.encode("cp1252"))
    source = open_source(path)
    rows = list(source.rows())
    refused = RefusedRows(tmp_path / "refused.csv", source, 0)
    refused.add(rows[2], ["texte (feedback.text): too long", "more"])
    again = open_source(tmp_path / "refused.csv")
    [row] = again.rows()
    assert again.columns == ["id", "texte", "ecoute_row", "ecoute_error"]
    assert (row.number, row.cells["texte"]) == (3, "trois\nlignes")
    assert row.cells["ecoute_error"] == "texte (feedback.text): too long | more"
    assert rows[1].wrong == "3 cells where the heading has 2"


@pytest.mark.parametrize("line", ["1;Bonjour; et tout le reste;2026", "1"])
def test_a_row_that_does_not_fit_the_heading_is_kept_whole_and_refused_until_it_is_mended(
    line: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"id;texte\n0;ok\n{line}\n", encoding="utf-8")
    for _ in range(2):
        source = open_source(path)
        row = list(source.rows())[-1]
        assert (row.number, row.raw) == (2, line.split(";"))
        assert row.wrong is not None
        path = tmp_path / f"{path.stem}.refused.csv"
        RefusedRows(path, source, 0).add(row, [row.wrong])


def test_a_row_that_does_not_fit_names_nothing_that_is_made() -> None:
    mapping = mapping_of(LEAST.replace("feedback:", "make: [topics]\nfeedback:") + "  topic: subject")
    cells: dict[str, Any] = {"subject": "et tout le reste"}
    assert list(names_in(Row(1, cells, []), mapping)) == [("topics", "et tout le reste")]
    assert not list(names_in(Row(1, cells, [], "3 cells where the heading has 2"), mapping))


def test_half_a_character_in_json_refuses_its_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.ndjson"
    path.write_text(
        '{"id": 1, "mot": "\\ud83d"}\n{"id": 2, "mot": "\\u00e9t\\u00e9 \\ud83d\\ude00"}\n', encoding="utf-8"
    )
    source = open_source(path)
    half, whole = source.rows()
    assert half.wrong == "\\ud83d is half a character"
    assert (whole.wrong, whole.cells["mot"]) == (None, "été 😀")
    refused = RefusedRows(tmp_path / "refused.ndjson", source, 0)
    refused.add(half, [half.wrong])
    assert json.loads(refused.path.read_text(encoding="utf-8"))["mot"] == "\ud83d"


def test_a_row_without_a_reference_is_refused() -> None:
    """It would be taken in again whenever it is sent again."""
    with pytest.raises(Refused) as refused:
        item({"id": "  "})
    assert [(one.place, one.kind) for one in refused.value.wrong] == [("feedback.external_reference", "missing")]


def test_what_was_written_after_the_last_mark_is_written_again_and_not_twice(tmp_path: Path) -> None:
    path = tmp_path / "file.ndjson"
    path.write_text('{"id": 1}\n{"id": 2}\n', encoding="utf-8")
    source = open_source(path)
    one, two = source.rows()
    refused = RefusedRows(tmp_path / "refused.ndjson", source, 0)
    refused.add(one, ["a"])
    size = refused.size
    refused.add(two, ["b"])
    RefusedRows(refused.path, source, size).add(two, ["b"])
    written = [json.loads(line) for line in refused.path.read_text(encoding="utf-8").splitlines()]
    assert written == [
        {"id": 1, "ecoute_row": 1, "ecoute_error": "a"},
        {"id": 2, "ecoute_row": 2, "ecoute_error": "b"},
    ]


def test_refused_rows_can_be_read_by_nobody_else(tmp_path: Path) -> None:
    file, folder = tmp_path / "file.csv", tmp_path / "import"
    file.write_text("id\n1\n", encoding="utf-8")
    source = open_source(file)
    papers = _papers(file, file, source, folder, Addresses.at("http://here"), dry_run=False)
    RefusedRows(papers.refused, source, 0)
    before = tmp_path / "before.csv"
    before.touch(mode=0o644)
    RefusedRows(before, source, 0)
    assert [path.stat().st_mode & 0o777 for path in (folder, papers.refused, before)] == [0o700, 0o600, 0o600]


def test_progress_belongs_to_a_file_a_mapping_and_a_place_as_they_are(tmp_path: Path) -> None:
    def now(sent_to: str = "here") -> str:
        return fingerprint_of(file, mapping, sent_to=sent_to)

    file, mapping, mark = tmp_path / "file.csv", tmp_path / "mapping.yaml", tmp_path / "mark.json"
    file.write_text("a", encoding="utf-8")
    mapping.write_text("b", encoding="utf-8")
    remember(mark, Progress(now(), rows=500, taken_in=499, refused=1))
    assert recall(mark, now()).rows == 500
    assert recall(mark, now("elsewhere")).rows == 0
    file.write_text("aa", encoding="utf-8")
    assert recall(mark, now()).rows == 0
    mark.write_text("{", encoding="utf-8")
    assert recall(mark, "any").rows == 0


def test_names_that_differ_in_spaces_alone_get_codes_apart_and_keep_them() -> None:
    directory = Directory()
    directory.learn("topics", {"code": "fees", "name": {"fr": "Frais", "en": "Fees"}, "retired": True})
    made = directory.missing([("topics", "Billing / fees"), ("topics", "Billing/fees"), ("topics", "Fees")])
    assert [(name, code) for _, name, code in made] == [
        ("Billing / fees", "billing-fees"),
        ("Billing/fees", "billing-fees-2"),
        ("Fees", "fees-2"),
    ]
    assert directory.missing([("topics", "Billing/fees")]) == []
    assert free_code("Réponse à l’usager", set()) == "reponse-a-lusager"
    assert free_code("年金", set()) == "x"


@pytest.mark.parametrize(
    ("name", "file", "rows", "refused"),
    [
        ("cfpb", "cfpb_complaints_sample.csv", 3_186, [125, 214, 224, 276, 277, 321]),
        ("services-publics-plus", "services_publics_plus_sample.csv", 601, []),
    ],
)
def test_the_mappings_of_public_files_read_them_whole(
    name: str, file: str, rows: int, refused: list[int], data: Path
) -> None:
    """But for the six complaints that were sent to the company before they were received."""
    mapping, source = load_mapping(EXAMPLES / name / "mapping.yaml"), open_source(data / file)
    assert mapping.columns <= set(source.columns)
    found, read = [], list(source.rows())
    for row in read:
        try:
            item_of(row, mapping, lambda _, name: name)
        except Refused:
            found.append(row.number)
    assert (len(read), found) == (rows, refused)
    with (data / file).open(encoding=source.encoding, newline="") as text:
        assert len(list(csv.reader(text))) == rows + 1
    assert {kind for row in read for kind, _ in names_in(row, mapping)} == set(mapping.make)
