"""Real complaints (CFPB) brought in by `ecoute import`, and every figure against a recount of the file by other means.

All 3,186 with `make faults`; every twenty-fourth, and the six whose dates contradict each other, with
`make faults-small`. What is what is in `examples/cfpb/mapping.yaml`, as for anybody who brings in such a file.

The file has no date of answer: the moments of reply are made up from its mark "Timely response?", and are synthetic.
"""

import csv
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml

from deploy.importing.mapping import Mapping, load_mapping
from tests.system import AT_FULL_COUNT, ROOT, System, eventually, json_of

pytestmark = pytest.mark.slow

MAPPING = ROOT / "examples" / "cfpb" / "mapping.yaml"
ZONE = ZoneInfo("America/Toronto")
SENT_BEFORE_RECEIVED = [125, 214, 224, 276, 277, 321]
SPAN = {"from": "2013-01-01", "to": "2017-12-31"}


@dataclass
class Complaint:
    """One row of the file."""

    row: int
    columns: dict[str, str]
    mapping: Mapping

    def noon_of(self, column: str) -> datetime:
        day = datetime.strptime(self.columns[column], "%m/%d/%Y")  # noqa: DTZ007 - the zone follows
        return day.replace(hour=12, tzinfo=ZONE)

    def means(self, field: str) -> object:
        """What the mapping's table makes of a cell: of `feedback.channel`, say."""
        part: object = self.mapping
        for name in field.split("."):
            part = getattr(part, name)
        [column] = self.mapping.columns_of(field)
        return part.table.get(self.columns[column])  # type: ignore[attr-defined]

    @property
    def is_answered(self) -> bool:
        return self.means("case.replied.outcome") is not None

    @property
    def is_timely(self) -> bool:
        return self.columns["Timely response?"] == "Yes"

    @property
    def synthetic_reply_at(self) -> datetime:
        assigned_at = max(self.noon_of("Date sent to company"), self.noon_of("Date received"))
        return assigned_at + timedelta(days=10 if self.is_timely else 20)


@dataclass
class Played:
    """The system after the whole file was brought in, and what the imports said."""

    system: System
    complaints: list[Complaint]
    first: subprocess.CompletedProcess[str]
    mended: subprocess.CompletedProcess[str]
    refused: list[dict[str, str]]

    def figures(self, name: str, **more: str) -> list[dict]:
        return self.answer(name, **more)["figures"]

    def answer(self, name: str, **more: str) -> dict:
        with httpx.Client(headers=self.system.staff("manager"), timeout=30) as manager:
            parameters = {"names": name, **SPAN, **more}
            return json_of(manager.get(f"{self.system.analytics}/v1/kpis", params=parameters))

    def by_name(self, dimension: str) -> dict[str, float]:
        """Volume by what the values of a dimension are called."""
        answer = self.answer("volume", by=dimension)
        called = {code: name["en"] for code, name in answer["labels"].get(dimension, {}).items()}
        of = {one["filters"][dimension]: one["value"] for one in answer["figures"]}
        return {called.get(code, code): value for code, value in of.items()}

    def import_(self, file: Path) -> subprocess.CompletedProcess[str]:
        return import_(self.system, file)


def import_(system: System, file: Path) -> subprocess.CompletedProcess[str]:
    words = ("import", str(file), "--mapping", str(MAPPING), "--folder", str(system.folder))
    return system.ecoute(*words, seconds=900)


@pytest.fixture(scope="module")
def played(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Brought in, the refused rows mended and brought in; figures read once everything has arrived.

    Rows keep the number that they have in the whole file: there is no other id.
    """
    mapping, folder = load_mapping(MAPPING), tmp_path_factory.mktemp("cfpb")
    with (data / "cfpb_complaints_sample.csv").open(encoding="latin-1", newline="") as file:
        complaints = [
            Complaint(row, columns, mapping)
            for row, columns in enumerate(csv.DictReader(file), start=1)
            if AT_FULL_COUNT or row % 24 == 1 or row in SENT_BEFORE_RECEIVED
        ]
    some = write(folder / "complaints.csv", [{**one.columns, "ecoute_row": str(one.row)} for one in complaints])
    with System(folder, _organisation(folder)) as system:
        first = import_(system, some)
        with (folder / "complaints.refused.csv").open(encoding="utf-8-sig", newline="") as file:
            refused = list(csv.DictReader(file))
        better = [{**row, "Date sent to company": row["Date received"]} for row in refused]
        mended = import_(system, write(folder / "mended.csv", better))
        played = Played(system, complaints, first, mended, refused)
        answered = sum(one.is_answered for one in complaints)
        evaluated = sum(one.means("case.evaluation.solved") is not None for one in complaints if one.is_answered)
        eventually(lambda: played.figures("standard_met", clock="reply")[0]["denominator"] == answered, 60)
        eventually(lambda: played.figures("resolution_confirmed_rate")[0]["denominator"] == evaluated, 60)
        yield played


def write(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.DictWriter(file, list(rows[0]))
        written.writeheader()
        written.writerows(rows)
    return path


def _organisation(folder: Path) -> dict[str, str]:
    """A desk that gets everything until it is assigned to a company, and what companies promise."""
    organisation = {
        "teams": [{"code": "catch-all", "name": {"fr": "Accueil", "en": "Desk"}, "restricted": True}],
        "calendar": {"time_zone": str(ZONE), "weekly_hours": {"monday": ["09:00-17:00"]}},
        "standards": [
            {
                "code": "company-response",
                "name": {"fr": "Réponse de l'entreprise", "en": "Company response"},
                "clocks": [{"clock": "reply", "within": {"calendar_days": 15}, "starts": "assignment"}],
            }
        ],
        "rules": [{"team": "catch-all"}],
    }
    path = folder / "organisation.yaml"
    path.write_text(yaml.safe_dump(organisation, allow_unicode=True), encoding="utf-8")
    return {"ECOUTE_TIME_ZONE": str(ZONE), "ECOUTE_ROUTING_ORGANISATION": str(path)}


def test_every_complaint_is_counted_by_channel_service_and_topic(played: Played) -> None:
    rows = played.complaints
    assert played.figures("volume")[0]["value"] == len(rows)
    recounts = {
        "channel": Counter(one.means("feedback.channel") for one in rows),
        "service": Counter(one.columns["Product"] for one in rows),
        "topic": Counter(one.columns["Issue"].strip() for one in rows),
    }
    assert not AT_FULL_COUNT or (len(rows), len(recounts["service"]), len(recounts["topic"])) == (3_186, 11, 80)
    for dimension, recount in recounts.items():
        assert played.by_name(dimension) == dict(recount)


def test_the_six_rows_that_were_sent_before_they_were_received_are_refused_until_they_are_mended(
    played: Played,
) -> None:
    assert [int(row["ecoute_row"]) for row in played.refused] == SENT_BEFORE_RECEIVED
    assert {row["ecoute_error"] for row in played.refused} == {
        "Date sent to company (case.assigned.at): it is before what it follows"
    }
    assert (played.first.returncode, played.mended.returncode) == (1, 0)


def test_met_of_due_counts_the_open_ones_too(played: Played) -> None:
    met, due = sum(one.is_answered and one.is_timely for one in played.complaints), len(played.complaints)
    assert not AT_FULL_COUNT or (met, due) == (3_090, 3_186)
    [figure] = played.figures("met_of_due", clock="reply")
    assert (figure["clock"], figure["numerator"], figure["denominator"]) == ("reply", met, due)
    assert figure["value"] == pytest.approx(100 * met / due)


def test_standard_met_counts_those_that_ended_and_says_how_many_are_open(played: Played) -> None:
    rows = [one for one in played.complaints if one.is_answered]
    met, still_open = sum(one.is_timely for one in rows), len(played.complaints) - len(rows)
    assert not AT_FULL_COUNT or (met, len(rows), still_open) == (3_090, 3_157, 29)
    [figure] = played.figures("standard_met", clock="reply")
    assert (figure["clock"], figure["numerator"], figure["denominator"]) == ("reply", met, len(rows))
    assert figure["companions"]["open_breached"]["value"] == still_open


def test_a_problem_is_solved_when_the_person_says_so(played: Played) -> None:
    answered = [one for one in played.complaints if one.is_answered]
    said = Counter(one.columns["Consumer disputed?"] for one in answered)
    solved, told = said["No"], said["No"] + said["Yes"]
    assert not AT_FULL_COUNT or (solved, told) == (2_534, 3_129)
    [figure] = played.figures("resolution_confirmed_rate")
    assert (figure["numerator"], figure["denominator"]) == (solved, told)
    asked = figure["companions"]["answered_of_asked"]
    assert (asked["numerator"], asked["denominator"]) == (told, len(answered))


def test_the_time_to_a_reply_is_that_of_the_file(played: Played) -> None:
    hours = sorted(
        (one.synthetic_reply_at - one.noon_of("Date received")).total_seconds() / 3600
        for one in played.complaints
        if one.is_answered
    )
    elapsed = {one["quantile"]: one for one in played.figures("reply_time") if one["unit"] == "elapsed_hours"}
    assert {one["n"] for one in elapsed.values()} == {len(hours)}
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95)):
        place = share * (len(hours) - 1)
        low, high = hours[int(place)], hours[min(int(place) + 1, len(hours) - 1)]
        assert elapsed[name]["value"] == pytest.approx(low + (high - low) * (place % 1), rel=0.01)


def test_the_recount_from_facts_finds_no_difference(played: Played) -> None:
    answer = httpx.get(
        f"{played.system.analytics}/v1/reconciliation", headers=played.system.staff("manager"), timeout=60
    )
    found = json_of(answer)
    assert (found["difference"], found["facts"]) == (0, len(played.complaints))


def test_the_same_rows_again_change_nothing(played: Played) -> None:
    taken = [one for one in played.complaints if one.row not in SENT_BEFORE_RECEIVED][:20]
    some = [{**one.columns, "ecoute_row": str(one.row)} for one in taken]
    again = played.import_(write(played.system.folder / "again.csv", some))
    assert re.search(r"there already +│ 20 ", again.stdout), again.stdout
    assert played.figures("volume")[0]["value"] == len(played.complaints)


def test_how_fast_it_went(played: Played, record_property: Callable[[str, object], None]) -> None:
    speed = re.search(r"rows a second +│ (\d+)", played.first.stdout)
    assert speed, played.first.stdout
    record_property("rows_per_second", int(speed[1]))
    print("CFPB import, rows a second:", speed[1])
