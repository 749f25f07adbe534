"""Row 19: all figures are counted anew under load; who asks meanwhile is answered, and what comes out is right."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import httpx

from tests.e2e.log import FEEDBACK, events_of
from tests.faults import checks
from tests.faults.beside import Beside
from tests.faults.conftest import Tell
from tests.faults.load import Load, submit_and_acknowledge
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System

REBUILDS = 3 if AT_FULL_COUNT else 1
SECONDS_BEFORE = 20.0 if AT_FULL_COUNT else 1.0
"""Of load, before each: there is something to count."""


def test_figures_are_rebuilt_under_load_and_nobody_who_asks_meanwhile_notices(
    house: System, record: Record, tell: Tell
) -> None:
    with _asking(house) as answers, Load(house, record, submit_and_acknowledge, clients=3, pause=0.05):
        for _ in range(REBUILDS):
            time.sleep(SECONDS_BEFORE)
            before = len(answers)
            record.fault("figures rebuild")
            rebuilt = house.ecoute("figures", "rebuild", seconds=300)
            assert rebuilt.returncode == 0, rebuilt.stderr
            assert len(answers) > before

    values = [value for _, value in answers if value is not None]
    assert [status for status, _ in answers if status != 200] == []
    assert values == sorted(values)
    feedback = checks.nothing_is_lost_or_doubled(record, house)
    checks.figures_are_right(house, events_of(house, FEEDBACK))
    checks.nothing_is_parked(house)
    tell(
        19,
        "figures rebuilt under load",
        rebuilds=REBUILDS,
        feedback=checks.submitted(feedback).total(),
        answers=len(answers),
        refused=0,
        difference=0,
    )


@contextmanager
def _asking(house: System) -> Iterator[list[tuple[int, int | None]]]:
    """A manager asks how many feedbacks there were, over and over; status and value of each answer."""
    answers: list[tuple[int, int | None]] = []

    def ask(over: Event) -> None:
        with httpx.Client(base_url=house.analytics, headers=house.staff("manager"), timeout=10) as manager:
            while not over.is_set():
                answer = manager.get("/v1/kpis", params={"names": "volume"})
                told = answer.json()["figures"][0]["value"] if answer.is_success else None
                answers.append((answer.status_code, told))
                time.sleep(0.01)

    with Beside(ask):
        yield answers
