"""Real complaints (CFPB) through the public API, and every figure against a recount of the file by other means.

All 3,186 with `make faults`; every sixth, and the six whose dates contradict each other, with `make test`.

The file has no date of answer: the moments of reply are made up from its mark "Timely response?", and are synthetic.
"""

import asyncio
import csv
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
import yaml

from tests.system import AT_FULL_COUNT, System, eventually, in_a_thread, json_of

ZONE = ZoneInfo("America/Toronto")
CHANNELS = {"Web": "web", "Referral": "other", "Phone": "phone", "Postal mail": "letter", "Fax": "fax"}
OUTCOMES = {
    "Closed with monetary relief": "upheld",
    "Closed with non-monetary relief": "partly_upheld",
    "Closed with explanation": "not_upheld",
    "Closed": "not_upheld",
}
SOLVED = {"Yes": "no", "No": "yes"}
SENT_BEFORE_RECEIVED = [125, 214, 224, 276, 277, 321]
SPAN = {"from": "2013-01-01", "to": "2017-12-31"}


@dataclass
class Complaint:
    """One row of the file, and what the API said of it."""

    row: int
    columns: dict[str, str]
    receipt: dict[str, str] = field(default_factory=dict)
    case: str = ""

    def noon_of(self, column: str) -> datetime:
        day = datetime.strptime(self.columns[column], "%m/%d/%Y")  # noqa: DTZ007 - the zone follows
        return day.replace(hour=12, tzinfo=ZONE)

    @property
    def assigned_at(self) -> datetime:
        return max(self.noon_of("Date sent to company"), self.noon_of("Date received"))

    @property
    def is_answered(self) -> bool:
        return self.columns["Company response to consumer"] in OUTCOMES

    @property
    def is_timely(self) -> bool:
        return self.columns["Timely response?"] == "Yes"

    @property
    def synthetic_reply_at(self) -> datetime:
        return self.assigned_at + timedelta(days=10 if self.is_timely else 20)


class Codes:
    """A code for each distinct value of a column: two that differ only in spaces stay two."""

    def __init__(self, prefix: str, values: Sequence[str]) -> None:
        self.of = {value: f"{prefix}-{place}" for place, value in enumerate(sorted(set(values)), start=1)}

    def entries(self) -> list[dict[str, object]]:
        return [{"code": code, "name": {"fr": value, "en": value}} for value, code in self.of.items()]


@dataclass
class Played:
    """The system after the whole file was played, and how it went."""

    system: System
    complaints: list[Complaint]
    services: Codes
    topics: Codes
    refused: list[tuple[int, str]]
    seconds: dict[str, float]

    def figures(self, name: str, **more: str) -> list[dict]:
        with httpx.Client(headers=self.system.staff("manager"), timeout=30) as manager:
            parameters = {"names": name, **SPAN, **more}
            return json_of(manager.get(f"{self.system.analytics}/v1/kpis", params=parameters))["figures"]


@pytest.fixture(scope="module")
def played(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Intake, teams and persons, each through the public API; figures read once everything has arrived."""
    with (data / "cfpb_complaints_sample.csv").open(encoding="latin-1", newline="") as file:
        complaints = [
            Complaint(row, columns)
            for row, columns in enumerate(csv.DictReader(file), start=1)
            if AT_FULL_COUNT or row % 6 == 1 or row in SENT_BEFORE_RECEIVED
        ]
    services = Codes("service", [one.columns["Product"] for one in complaints])
    topics = Codes("topic", [one.columns["Issue"] for one in complaints])
    teams = Codes("company", [one.columns["Company"] for one in complaints])
    folder = tmp_path_factory.mktemp("cfpb")
    with System(folder, _reference_data(folder, services, topics, teams)) as system:
        played = Played(system, complaints, services, topics, [], {})
        in_a_thread(lambda: asyncio.run(_play(played, teams)))
        answered = sum(one.is_answered for one in complaints)
        evaluated = sum(one.columns["Consumer disputed?"] in SOLVED for one in complaints)
        eventually(lambda: played.figures("standard_met", clock="reply")[0]["n"] == answered, 30)
        eventually(lambda: played.figures("resolution_confirmed_rate")[0]["n"] == evaluated, 30)
        yield played


def _reference_data(folder: Path, services: Codes, topics: Codes, teams: Codes) -> dict[str, str]:
    catalogue = {"services": services.entries(), "topics": topics.entries()}
    organisation = {
        "teams": [
            {"code": "catch-all", "name": {"fr": "Accueil", "en": "Desk"}, "restricted": True},
            *teams.entries(),
        ],
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
    for name, document in (("catalogue", catalogue), ("organisation", organisation)):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return {
        "ECOUTE_TIME_ZONE": str(ZONE),
        "ECOUTE_INTAKE_CATALOGUE": str(folder / "catalogue.yaml"),
        "ECOUTE_ROUTING_ORGANISATION": str(folder / "organisation.yaml"),
    }


async def _play(played: Played, teams: Codes) -> None:
    system, complaints = played.system, played.complaints
    answered = [one for one in complaints if one.is_answered]
    async with httpx.AsyncClient(headers=system.staff("importer"), timeout=60) as importer:
        intake, actions = system.intake, f"{system.routing}/v1/cases/actions"

        async def submit(some: Sequence[Complaint]) -> None:
            items = [_submission(one, played) for one in some]
            outcomes = json_of(await _insist(importer, f"{intake}/v1/feedback/batch", {"items": items}))["outcomes"]
            for one, outcome in zip(some, outcomes, strict=True):
                assert outcome["status"] == 201, outcome
                one.receipt = outcome["receipt"]

        async def act(some: Sequence[Complaint], verb: str, body: Callable[[Complaint], dict[str, str]]) -> list[dict]:
            sent = [{"case_id": one.case, "verb": verb, "body": body(one)} for one in some]
            outcomes: list[dict] = json_of(await _insist(importer, actions, {"actions": sent}))["outcomes"]
            return outcomes

        async def assign(some: Sequence[Complaint]) -> None:
            def sent(one: Complaint) -> dict[str, str]:
                moment = one.noon_of("Date sent to company").isoformat()
                return {"team": teams.of[one.columns["Company"]], "effective_at": moment}

            def received(one: Complaint) -> dict[str, str]:
                note = "The file says that it was sent before it was received: entered at the moment of submission."
                return {**sent(one), "effective_at": one.noon_of("Date received").isoformat(), "note": note}

            outcomes = await act(some, "assign", sent)
            refused = [(one, it) for one, it in zip(some, outcomes, strict=True) if it["status"] == 422]
            played.refused += [(one.row, it["problem"]["type"]) for one, it in refused]
            if refused:
                outcomes += await act([one for one, _ in refused], "assign", received)
            assert {it["status"] for it in outcomes} <= {200, 422}

        async def reply(some: Sequence[Complaint]) -> None:
            def answer(one: Complaint) -> dict[str, str]:
                said = one.columns["Company response to consumer"]
                return {
                    "outcome": OUTCOMES[said],
                    "text": f"{said}. (Synthetic: the file has no reply.)",
                    "effective_at": one.synthetic_reply_at.isoformat(),
                    "note": "The moment of this reply is synthetic, made up from the mark 'Timely response?'.",
                }

            assert {it["status"] for it in await act(some, "reply", answer)} == {200}

        async def evaluate(some: Sequence[Complaint]) -> None:
            [one] = some
            body = {"solved": SOLVED[one.columns["Consumer disputed?"]]}
            code = {"Tracking-Code": one.receipt["tracking_code"]}
            for _ in range(100):
                answer = await importer.post(f"{intake}/v1/tracking/evaluation", json=body, headers=code)
                if answer.status_code not in (409, 503):
                    break
                await asyncio.sleep(0.1)
            json_of(answer, 201)

        played.seconds["submit"] = await _each(complaints, submit, at_once=2, in_one=500)
        await _find_cases(importer, f"{system.routing}/v1/cases", complaints)
        played.seconds["assign"] = await _each(complaints, assign, at_once=2, in_one=500)
        played.seconds["reply"] = await _each(answered, reply, at_once=2, in_one=500)
        evaluated = [one for one in answered if one.columns["Consumer disputed?"] in SOLVED]
        played.seconds["evaluate"] = await _each(evaluated, evaluate, at_once=16, in_one=1)


def _submission(one: Complaint, played: Played) -> dict[str, object]:
    return {
        "historical": True,
        "external_reference": f"cfpb:{one.row}",
        "submitted_at": one.noon_of("Date received").isoformat(),
        "channel": CHANNELS[one.columns["Submitted via"]],
        "kind": "complaint",
        "service": played.services.of[one.columns["Product"]],
        "topic": played.topics.of[one.columns["Issue"]],
    }


async def _insist(importer: httpx.AsyncClient, url: str, body: dict[str, object]) -> httpx.Response:
    """Send with a key, again and again while the service says that it cannot answer just now."""
    key = {"Idempotency-Key": str(uuid4())}
    while (answer := await importer.post(url, json=body, headers=key)).status_code == 503:  # noqa: ASYNC110
        await asyncio.sleep(float(answer.headers["Retry-After"]))
    return answer


async def _each(
    complaints: Sequence[Complaint], do: Callable[[Sequence[Complaint]], Awaitable[None]], *, at_once: int, in_one: int
) -> float:
    """Do it for all, so many in one request, so many requests at once; how long it took, in seconds."""
    started = time.monotonic()
    waiting = iter([complaints[place : place + in_one] for place in range(0, len(complaints), in_one)])

    async def work() -> None:
        for some in waiting:
            await do(some)

    await asyncio.gather(*(work() for _ in range(at_once)))
    return time.monotonic() - started


async def _find_cases(importer: httpx.AsyncClient, url: str, complaints: Sequence[Complaint]) -> None:
    """Page through the queue until every complaint has its case."""
    by_reference = {one.receipt["reference"]: one for one in complaints}
    deadline = time.monotonic() + 60
    while any(not one.case for one in complaints):
        assert time.monotonic() < deadline, "not every complaint got a case"
        page: str | None = f"{url}?limit=200"
        while page:
            answer = await importer.get(page)
            for case in json_of(answer)["items"]:
                by_reference[case["reference"]].case = case["id"]
            following = answer.links.get("next")
            page = str(httpx.URL(url).join(following["url"])) if following else None


def test_every_complaint_is_counted_by_channel_service_and_topic(played: Played) -> None:
    rows = [one.columns for one in played.complaints]
    assert played.figures("volume")[0]["value"] == len(rows)
    recounts = {
        "channel": Counter(CHANNELS[row["Submitted via"]] for row in rows),
        "service": Counter(played.services.of[row["Product"]] for row in rows),
        "topic": Counter(played.topics.of[row["Issue"]] for row in rows),
    }
    assert not AT_FULL_COUNT or (len(rows), len(recounts["service"]), len(recounts["topic"])) == (3_186, 11, 80)
    for dimension, recount in recounts.items():
        figures = played.figures("volume", by=dimension)
        assert {one["filters"][dimension]: one["value"] for one in figures} == dict(recount)


def test_the_six_rows_that_were_sent_before_they_were_received_are_refused_at_first(played: Played) -> None:
    assert sorted(played.refused) == [
        (row, "urn:ecoute:problem:effective-before-previous") for row in SENT_BEFORE_RECEIVED
    ]


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


def test_the_same_file_again_changes_nothing(played: Played) -> None:
    one = played.complaints[0]
    body = {"historical": True, "external_reference": "cfpb:1", "channel": "web", "kind": "complaint"}
    body |= {"service": played.services.of[one.columns["Product"]], "topic": played.topics.of[one.columns["Issue"]]}
    again = httpx.post(f"{played.system.intake}/v1/feedback", json=body, headers=played.system.staff("importer"))
    assert json_of(again, 201) == one.receipt
    assert played.figures("volume")[0]["value"] == len(played.complaints)


def test_how_fast_it_went(played: Played, record_property: Callable[[str, object], None]) -> None:
    rates = {name: len(played.complaints) / seconds for name, seconds in played.seconds.items()}
    for name, rate in rates.items():
        record_property(f"{name}_per_second", round(rate))
    print("CFPB run, complaints a second:", {name: round(rate) for name, rate in rates.items()})
    assert sum(played.seconds.values()) < 180
