"""The thread, end to end, over HTTP, with the real processes."""

import time
from uuid import uuid4

import asyncpg
import httpx
import pytest

from libs.common.clock import utc_now
from tests.e2e.log import CASES, FEEDBACK, events_of
from tests.services.stream.log import eventually as comes
from tests.system import System, client, eventually, json_of

TOMORROW_AND_BACK = {"from": "2020-01-01", "to": "2035-01-01"}


def kpi(system: System, name: str, clock: str | None = None) -> dict:
    with client(system.analytics, system.staff("manager")) as analytics:
        figures = json_of(analytics.get("/v1/kpis", params={"names": name, **TOMORROW_AND_BACK}))["figures"]
    return next(figure for figure in figures if figure.get("clock") == clock)


@pytest.mark.parametrize(
    ("channel", "staff"),
    [("web", None), ("phone", ("agent", "passports")), ("counter", ("agent", "passports"))],
)
def test_a_complaint_is_taken_in_answered_evaluated_and_counted_within_a_second(
    system: System, channel: str, staff: tuple[str, str] | None
) -> None:
    said = {
        "channel": channel,
        "kind": "complaint",
        "service": "passports",
        "text": "Bonjour, j'attends mon passeport depuis trois semaines. Appelez-moi au 06 12 34 56 78.",
        "person": {"name": "Jeanne Tremblay", "email": "jeanne@example.org"},
        "ratings": [{"measure": "csat", "value": 2}],
    }
    key = {"Idempotency-Key": str(uuid4())}
    before = {name: kpi(system, name)["n"] for name in ("volume", "csat", "resolution_confirmed_rate")}
    replied_before = kpi(system, "standard_met", "reply")["n"]
    with client(system.intake, system.staff(*staff) if staff else None) as intake:
        receipt = json_of(intake.post("/v1/feedback", json=said, headers=key), 201)
        assert json_of(intake.post("/v1/feedback", json=said, headers=key), 201) == receipt
        other = intake.post("/v1/feedback", json={**said, "text": "Autre chose"}, headers=key)
        assert other.status_code == 422
        assert other.json()["type"] == "urn:ecoute:problem:idempotency-key-reused"
    eventually(lambda: kpi(system, "volume")["n"] == before["volume"] + 1, 1)
    eventually(lambda: kpi(system, "csat")["n"] == before["csat"] + 1, 1)

    with client(system.routing, system.staff("agent", "passports")) as team:
        found = json_of(team.get("/v1/cases", params={"feedback_id": receipt["id"], "wait": 10}))["items"]
        assert [case["state"] for case in found] == ["assigned"]
        case = f"/v1/cases/{found[0]['id']}"
        eventually(lambda: "[telephone]" in (json_of(team.get(case))["verbatim"] or ""))
        json_of(team.post(f"{case}/acknowledge", json={}))
        answer = {"text": "Votre passeport part demain.", "outcome": "upheld", "recourse": "Le protecteur du citoyen."}
        retry = {"Idempotency-Key": str(uuid4())}
        first = json_of(team.post(f"{case}/reply", json=answer, headers=retry))
        assert json_of(team.post(f"{case}/reply", json=answer, headers=retry)) == first
        verbs = [line["verb"] for line in json_of(team.get(f"{case}/timeline"))["items"]]
        assert verbs[:4] == ["open", "assign", "acknowledge", "reply"]
        assert verbs[4:] in ([], ["delivered"]), "the mail may have gone already"
    eventually(lambda: kpi(system, "standard_met", "reply")["n"] == replied_before + 1, 1)

    with client(system.intake, {"Tracking-Code": receipt["tracking_code"].lower()}) as person:
        seen = eventually(lambda: _answered(person), 1)
        assert seen["team"]["name"]["fr"] == "Équipe des passeports"
        [reply] = [entry for entry in seen["conversation"] if entry["kind"] == "reply"]
        assert reply["text"] == "Votre passeport part demain.\n\nLe protecteur du citoyen."
        json_of(person.post("/v1/tracking/evaluation", json={"solved": "yes"}), 201)
        again = person.post("/v1/tracking/evaluation", json={"solved": "no"})
        assert again.status_code == 409
    eventually(lambda: kpi(system, "resolution_confirmed_rate")["n"] == before["resolution_confirmed_rate"] + 1, 1)
    with client(system.analytics, system.staff("manager")) as analytics:
        assert json_of(analytics.get("/v1/reconciliation"))["difference"] == 0


def _answered(person: httpx.Client) -> dict | None:
    seen = json_of(person.get("/v1/tracking"))
    return seen if seen["status"] == "answered" else None


def test_the_words_are_read_by_the_team_that_has_the_case_and_by_nobody_else(system: System) -> None:
    text = "Le guichet était fermé sans prévenir."
    said = {"channel": "web", "kind": "complaint", "service": "passports", "text": text}
    receipt = json_of(httpx.post(f"{system.intake}/v1/feedback", json=said), 201)
    path = f"{system.intake}/v1/feedback/{receipt['id']}"
    mine = eventually(lambda: _ok(httpx.get(path, headers=system.staff("agent", "passports"))))
    assert mine["text"] == text
    assert httpx.get(path, headers=system.staff("agent", "pensions")).status_code == 404
    assert httpx.get(path, headers=system.staff("manager")).status_code == 403
    assert httpx.get(path).status_code == 401
    case = {"feedback_id": receipt["id"]}
    others = httpx.get(f"{system.routing}/v1/cases", params=case, headers=system.staff("agent", "pensions"))
    assert json_of(others)["items"] == []


def _ok(response: httpx.Response) -> dict | None:
    return response.json() if response.status_code == 200 else None


def test_a_figure_is_for_managers_analysts_and_supervisors_alone(system: System) -> None:
    answers = {
        role: httpx.get(f"{system.analytics}/v1/kpis", headers=system.staff(role)).status_code
        for role in ("manager", "analyst", "supervisor", "agent", "importer", "service")
    }
    assert answers == {
        "manager": 200,
        "analyst": 200,
        "supervisor": 200,
        "agent": 403,
        "importer": 403,
        "service": 403,
    }
    assert httpx.get(f"{system.analytics}/v1/kpis").status_code == 401


def test_a_waiting_request_is_answered_as_soon_as_the_case_opens(system: System) -> None:
    said = {"channel": "web", "kind": "enquiry", "text": "Quels sont vos horaires ?"}
    receipt = json_of(httpx.post(f"{system.intake}/v1/feedback", json=said), 201)
    started = time.monotonic()
    with client(system.routing, system.staff("agent", "first-line")) as team:
        found = json_of(team.get("/v1/cases", params={"feedback_id": receipt["id"], "wait": 20}))["items"]
    assert len(found) == 1
    assert found[0]["state"] == "new"
    assert time.monotonic() - started < 10


def test_the_trace_of_a_request_goes_on_in_the_events_that_come_of_it(system: System) -> None:
    trace = uuid4().hex
    said = {"channel": "web", "kind": "complaint", "service": "passports", "text": "Où en est-on ?"}
    header = {"traceparent": f"00-{trace}-{trace[:16]}-01"}
    receipt = json_of(httpx.post(f"{system.intake}/v1/feedback", json=said, headers=header), 201)
    with client(system.routing, system.staff("agent", "passports")) as team:
        [case] = json_of(team.get("/v1/cases", params={"feedback_id": receipt["id"], "wait": 10}))["items"]
    subjects = {receipt["id"]: "feedback.submitted", case["id"]: "case.opened"}
    first = {one["subject"]: one for one in reversed([*events_of(system, FEEDBACK), *events_of(system, CASES)])}
    for subject, kind in subjects.items():
        assert kind in first[subject]["type"]
        assert first[subject]["traceparent"].split("-")[1] == trace


async def test_figures_are_known_to_be_current_while_both_logs_are_read(system: System) -> None:
    connection = await asyncpg.connect(system.database_of("analytics"))
    began = utc_now()

    async def all_read() -> bool:
        rows = await connection.fetch("SELECT source FROM log_read WHERE complete_to >= $1 AND pos > 0", began)
        return {row["source"] for row in rows} == {"intake", "routing"}

    try:
        await comes(all_read, 60)
    finally:
        await connection.close()
