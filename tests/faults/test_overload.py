"""Row 20: five times as many send as can be taken in; who is refused is told so, and nobody else waits for it."""

import time

import pytest

from bench.processes import memory_mb
from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.flood import Flood
from tests.faults.record import Attempt, Record
from tests.system import AT_FULL_COUNT, System

MEASURES, MEASURED_SECONDS = (3, 10) if AT_FULL_COUNT else (4, 1)
OVERLOAD_SECONDS = 600 if AT_FULL_COUNT else 5
FASTER_THAN_ANY = 5_000.0
UNREFUSED_CONNECTIONS = 32
CONNECTIONS = 4_000
WORKED_OFF_SECONDS = 900
LONGEST_P99_SECONDS = 4.0 if AT_FULL_COUNT else 6.0
"""Three in the row (decision 0023); at the small count, which CI runs on slow machines too, as long again before it."""


@pytest.mark.alone
def test_five_times_too_many_are_refused_at_once_and_what_is_accepted_stays_quick(
    house: System, record: Record, tell: Tell
) -> None:
    capacity = _capacity(house, record)
    memory: list[int] = []
    begin, pid = time.time(), house.child("serve", "intake")
    flood = Flood(house.addresses["INTAKE"], record, 5 * capacity, OVERLOAD_SECONDS, CONNECTIONS)
    flood.seen = lambda: memory.append(int(memory_mb(pid)))
    flood.run()
    attempts = [one for one in record.attempts("submit") if one.at >= begin]
    accepted = [one for one in attempts if one.status == 201]
    refused = [one for one in attempts if one.status == 503]
    assert len(accepted) + len(refused) == len(attempts), {one.status for one in attempts}
    assert refused
    assert flood.without_retry_after == 0
    assert house.child("serve", "intake") == pid
    third = len(accepted) // 3
    first, last = _p99(accepted[:third]), _p99(accepted[-third:])
    assert last < LONGEST_P99_SECONDS
    if AT_FULL_COUNT:
        assert last < 2 * first + 0.5
        assert max(memory[len(memory) // 2 :]) < 1.2 * max(memory[: len(memory) // 2])
    feedback = checks.nothing_is_lost_or_doubled(record, house)
    checks.every_complaint_got_its_case(house, feedback, WORKED_OFF_SECONDS)
    checks.figures_are_right(house, feedback, WORKED_OFF_SECONDS)
    tell(
        20,
        "five times as many as can be taken in",
        seconds=OVERLOAD_SECONDS,
        capacity=f"{capacity:.0f}/s",
        sent=f"{flood.sent / OVERLOAD_SECONDS:.0f}/s",
        accepted=len(accepted),
        refused_with_503=len(refused),
        p99_accepted=f"{first:.2f} s at first, {last:.2f} s at last",
        p99_refused=f"{_p99(refused):.2f} s",
        memory=f"{memory[0]} to {max(memory)} MB",
        lost=0,
    )


def _capacity(house: System, record: Record) -> float:
    """Feedback a second, the most of several measures: the first is that of a house that has only just started."""
    return max(_taken_in(house, record) for _ in range(MEASURES))


def _taken_in(house: System, record: Record) -> float:
    """Feedback a second, over as many connections as wait for each answer without any being refused."""
    begin = time.time()
    Flood(house.addresses["INTAKE"], record, FASTER_THAN_ANY, MEASURED_SECONDS, UNREFUSED_CONNECTIONS).run()
    attempts = [one for one in record.attempts("submit") if one.at >= begin]
    assert {one.status for one in attempts} == {201}
    return len(attempts) / MEASURED_SECONDS


def _p99(attempts: list[Attempt]) -> float:
    return sorted(one.seconds for one in attempts)[int(len(attempts) * 0.99)]
