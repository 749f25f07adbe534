"""Rows 4, 16: many write to the same cases, sequencers compete and are killed; the log is whole and in order."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from uuid import uuid4

from tests.e2e.log import CASES, assert_is_whole, events_of
from tests.faults import checks
from tests.faults.beside import Beside
from tests.faults.conftest import Tell
from tests.faults.database import slow_commits
from tests.faults.load import Client, Load
from tests.faults.processes import another, kill, wait_for_successor
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually

WRITERS, HOT_CASES, IN_A_REQUEST = 16, 8, 10
EVENTS = 50_000 if AT_FULL_COUNT else 600
SLOWEST_COMMIT_SECONDS = 0.002
"""For each event of a transaction."""


def test_16_writers_on_8_cases_with_slow_commits_and_three_sequencers_one_killed_again_and_again_leave_a_whole_log(
    house: System, record: Record, tell: Tell
) -> None:
    hot: list[str] = []
    taken: Counter[str] = Counter()

    async def open_a_case(client: Client) -> None:
        receipt = await client.submit()
        hot.append(await client.case_of(receipt["id"]))

    async def assign_often(client: Client) -> None:
        """Ten steps on cases that others work on, too; each is a new version of its case."""
        cases = random.sample(hot, 3)
        steps = [(cases[n % 3], {"team": "passports", "member": f"agent-{uuid4()}"}) for n in range(IN_A_REQUEST)]
        actions = [{"case_id": case, "verb": "assign", "body": body} for case, body in steps]
        url, who = f"{client.system.routing}/v1/cases/actions", client.system.staff("supervisor", "passports")
        answer = await client.insist("assign", url, {"actions": actions}, who, expected=200)
        assert [one["status"] for one in answer["outcomes"]] == [200] * IN_A_REQUEST
        taken.update(one["case_id"] for one in answer["outcomes"])

    with Load(house, record, open_a_case, clients=1, most_rounds=HOT_CASES) as load:
        load.wait()
    before = _versions(house, hot)
    started = time.monotonic()
    with (
        another(house, "work", "routing"),
        another(house, "work", "routing"),
        slow_commits(house, "routing", "event_pending", SLOWEST_COMMIT_SECONDS),
        _killing(house, record) as kills,
        Load(house, record, assign_often, clients=WRITERS, most_rounds=EVENTS // IN_A_REQUEST, patience=1800) as load,
    ):
        load.wait()
    seconds = time.monotonic() - started
    assert kills
    assert taken.total() == EVENTS
    eventually(lambda: _versions(house, hot) - before == taken, 30)
    assert_is_whole(events_of(house, CASES))
    checks.nothing_is_parked(house)
    tell(
        16,
        f"{WRITERS} writers, {HOT_CASES} hot cases, slow commits, three sequencers",
        events=taken.total(),
        kills_of_a_sequencer=len(kills),
        lost=0,
        out_of_order=0,
        seconds=round(seconds),
    )


def _versions(house: System, cases: list[str]) -> Counter[str]:
    """How often each case was told to have been assigned."""
    assigned = [one["subject"] for one in events_of(house, CASES) if one["type"] == "ca.ecoute.case.assigned.v1"]
    return Counter(one for one in assigned if one in cases)


@contextmanager
def _killing(house: System, record: Record) -> Iterator[list[float]]:
    """Kills the launcher's worker of routing again and again; how many seconds each successor took."""
    kills: list[float] = []

    def go_on(over: Event) -> None:
        while not over.wait(0.5):
            pid = kill(house, record, "work", "routing")
            kills.append(wait_for_successor(house, "work", "routing", pid, 120))

    with Beside(go_on, patience=150):
        yield kills
