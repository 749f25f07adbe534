"""Row 13: PostgreSQL is killed under load, and comes back by itself."""

import random
import time

from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.database import kill_backend, kill_server, kill_server_but_one
from tests.faults.load import Load, submit_and_acknowledge
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually

KILLS = 50 if AT_FULL_COUNT else 3
RECOVERED_SECONDS = 30


def test_postgresql_that_is_killed_comes_back_by_itself_and_nothing_is_lost_or_doubled(
    house: System, record: Record, tell: Tell
) -> None:
    begin = time.time()
    with Load(house, record, submit_and_acknowledge, pause=0.02):
        for number in range(KILLS):
            time.sleep(random.uniform(0.5, 1.5))  # noqa: S311
            at = (kill_server, kill_backend, kill_server_but_one)[number % 3](house, record)
            eventually(lambda at=at: record.acknowledged_since(at), 2 * RECOVERED_SECONDS)
        time.sleep(1.0)
    feedback = checks.nothing_is_lost_or_doubled(record, house)
    checks.every_complaint_got_its_case(house, feedback)
    checks.figures_are_right(house, feedback, 60)
    checks.nothing_is_parked(house)
    recovered = checks.recovery_seconds(record, since=begin)
    assert max(recovered) < RECOVERED_SECONDS
    attempts = [one for one in record.attempts("submit") if one.at >= begin]
    tell(
        13,
        "kill -9 PostgreSQL, whole, one of its processes, all but one, in turn",
        kills=KILLS,
        acknowledged=len(checks.acknowledged(attempts)),
        answered_503=sum(one.status == 503 for one in attempts),
        cut=sum(one.status is None for one in attempts),
        lost=0,
        doubled=0,
        slowest_recovery=f"{max(recovered):.1f} s",
        mean_recovery=f"{sum(recovered) / len(recovered):.1f} s",
    )
