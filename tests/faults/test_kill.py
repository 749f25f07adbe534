"""Rows 1, 4, 6: our processes are killed in mid-load; nothing that was answered is lost, nothing happens twice."""

import time
from collections import Counter

import httpx
import pytest

from tests.e2e.log import CASES, FEEDBACK, assert_is_whole, events_of
from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.load import COMPLAINT, Load, submit_and_acknowledge
from tests.faults.processes import PROCESSES, is_alive, kill, wait_for_successor
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually, json_of

KILLS = {
    ("serve", "intake"): 200,
    ("work", "intake"): 200,
    ("work", "routing"): 100,
    ("work", "analytics"): 100,
    ("serve", "routing"): 20,
    ("serve", "analytics"): 20,
}
"""How often each is killed at the full count; at the small one, once."""


@pytest.fixture(scope="module")
def began() -> float:
    """When it was that the first was killed: others may have worked on the same system before."""
    return time.time()


@pytest.fixture(scope="module")
def killed(house: System, record: Record, began: float) -> System:
    """The system, after its processes were killed in turn, under a load that was answered in the end."""
    left = Counter(KILLS if AT_FULL_COUNT else dict.fromkeys(PROCESSES, 1))
    with Load(house, record, submit_and_acknowledge, pause=0.02):
        while left:
            for command, service in PROCESSES:
                if (command, service) in left:
                    time.sleep(0.5)
                    pid = kill(house, record, command, service)
                    wait_for_successor(house, command, service, pid)
            left -= Counter(dict.fromkeys(left, 1))
        time.sleep(1.0)
    return house


def test_what_was_answered_before_or_after_a_kill_is_there_once(killed: System, record: Record, tell: Tell) -> None:
    attempts = record.attempts("submit")
    assert len(checks.acknowledged(attempts)) > 50
    assert any(one.status is None for one in attempts) or not AT_FULL_COUNT
    feedback = checks.nothing_is_lost_or_doubled(record, killed)
    checks.every_complaint_got_its_case(killed, feedback)
    recovered = checks.recovery_seconds(record)
    for row, which in ((1, "serve intake"), (4, "work intake"), (6, "work routing"), (6, "work analytics")):
        tell(
            row,
            f"kill -9 {which}",
            kills=sum(one.fault == f"kill -9 {which}" for one in record.faults()),
            acknowledged=len(checks.acknowledged(attempts)),
            attempts=len(attempts),
            cut=sum(one.status is None for one in attempts),
            lost=0,
            doubled=0,
            slowest_recovery=f"{max(recovered):.1f} s",
        )


def test_each_step_of_each_case_was_taken_once(killed: System, record: Record, began: float) -> None:
    since = [one for one in record.attempts("submit") if one.at >= began]
    submitted = set(checks.acknowledged(since).values())
    cases = eventually(lambda: _events_when_acknowledged(killed, submitted), 20)
    assert_is_whole(cases)
    by_type = Counter(one["type"].split(".")[3] for one in cases if one["data"].get("feedback_id") in submitted)
    assert by_type == dict.fromkeys(("opened", "decided", "assigned", "acknowledged"), len(submitted))


def _events_when_acknowledged(system: System, feedback: set[str | None]) -> list[dict] | None:
    events = events_of(system, CASES)
    done = {one["data"]["feedback_id"] for one in events if one["type"].endswith("acknowledged.v1")}
    return events if done >= feedback else None


def test_every_figure_is_that_of_the_requests(killed: System, record: Record) -> None:
    checks.figures_are_right(killed, events_of(killed, FEEDBACK))
    acknowledged = len(checks.acknowledged(record.attempts("acknowledge")))
    with httpx.Client(base_url=killed.analytics, headers=killed.staff("manager"), timeout=30) as manager:

        def met() -> int:
            parameters = {"names": "standard_met", "clock": "acknowledge"}
            return int(json_of(manager.get("/v1/kpis", params=parameters))["figures"][0]["n"])

        eventually(lambda: met() == acknowledged, 20)


def test_nothing_is_parked(killed: System) -> None:
    checks.nothing_is_parked(killed)


def test_a_launcher_that_is_killed_takes_its_processes_with_it_and_the_next_goes_on(
    killed: System, record: Record
) -> None:
    receipt = json_of(httpx.post(f"{killed.intake}/v1/feedback", json=COMPLAINT, timeout=30), 201)
    record.note("submit", "without a key", 201, receipt["id"])
    pids = [killed.child(command, service) for command, service in PROCESSES]
    assert killed.process is not None
    killed.process.kill()
    killed.process.wait()
    eventually(lambda: not any(is_alive(pid) for pid in pids), 20)
    killed.start()
    with httpx.Client(base_url=killed.intake, timeout=30) as person:
        followed = json_of(person.get("/v1/tracking", headers={"Tracking-Code": receipt["tracking_code"]}))
    assert followed["reference"] == receipt["reference"]
    checks.nothing_is_lost_or_doubled(record, killed)
