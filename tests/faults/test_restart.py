"""Row 21: processes leave and others take their places under load, and no caller is cut off or refused."""

import signal
import time
from collections import Counter

import httpx

from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.load import Client, Load, submit_and_acknowledge
from tests.faults.processes import children, is_alive
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System

ROLLS = 9 if AT_FULL_COUNT else 1
"""Each renews the seven processes: 63 at the full count."""


async def work_and_look(client: Client) -> None:
    """A complaint, its case, and figures."""
    await submit_and_acknowledge(client)
    await client.ask("read cases", f"{client.system.routing}/v1/cases")
    await client.ask("read the catalogue", f"{client.system.gateway}/v1/services")
    await client.ask("read results", f"{client.system.analytics}/v1/service-standard-results")


def test_a_restart_renews_each_process_and_no_caller_is_cut_off_refused_or_put_off(
    house: System, record: Record, tell: Tell
) -> None:
    renewed, started = 0, time.monotonic()
    begin = len(record.attempts())
    with Load(house, record, work_and_look, pause=0.05):
        for _ in range(ROLLS):
            before = children(house)
            done = house.ecoute("restart", seconds=300)
            *each, last = done.stdout.splitlines()
            assert (done.returncode, len(each), last) == (0, len(before), "ecoute: every process was restarted"), done
            assert not any(map(is_alive, before))
            renewed += len(before)
    seconds = time.monotonic() - started
    attempts = record.attempts()[begin:]
    assert Counter((one.operation, one.status) for one in attempts if one.status not in (200, 201)) == {}
    assert len(attempts) > 100
    feedback = checks.nothing_is_lost_or_doubled(record, house)
    checks.every_complaint_got_its_case(house, feedback)
    checks.figures_are_right(house, feedback)
    checks.nothing_is_parked(house)
    slowest = max(one.seconds for one in attempts if one.operation != "wait for the case")
    tell(
        21,
        "ecoute restart under load",
        processes_renewed=renewed,
        requests=len(attempts),
        reset=0,
        refused=0,
        answered_503=0,
        lost=0,
        slowest=f"{slowest:.2f} s",
        seconds=round(seconds),
    )


def test_sigterm_to_all_under_load_loses_nothing_that_was_answered(house: System, record: Record, tell: Tell) -> None:
    before = len(record.attempts("submit"))
    with Load(house, record, submit_and_acknowledge):
        time.sleep(1.0)
        assert house.process is not None
        house.process.send_signal(signal.SIGTERM)
        said, _ = house.process.communicate(timeout=40)
        assert house.process.returncode == 0, said
        house.start()
        time.sleep(0.5)
    feedback = checks.nothing_is_lost_or_doubled(record, house)
    checks.every_complaint_got_its_case(house, feedback)
    sent = len(record.attempts("submit")) - before
    tell(21, "SIGTERM to the launcher under load, and a start", sent=sent, lost=0)


def test_a_restart_that_cannot_be_prepared_says_why_and_leaves_all_as_they_are(house: System) -> None:
    secrets = house.folder / "var" / "secrets.json"
    aside = secrets.rename(secrets.with_suffix(".aside"))
    before = children(house)
    try:
        done = house.ecoute("restart")
    finally:
        aside.rename(secrets)
    assert done.returncode == 1
    assert done.stdout.startswith("ecoute: nothing was restarted: the database holds words under keys that "), done
    assert children(house) == before
    assert httpx.get(f"{house.gateway}/v1/services", timeout=10).status_code == 200


def test_while_all_is_stopped_commands_find_the_databases_and_leave_no_server_behind(house: System) -> None:
    house.stop()
    count = house.ecoute("shell", "-c", "psql -Atc 'SELECT count(*) FROM feedback' ecoute_intake; exit 3")
    prepared = house.ecoute("prepare", "intake")
    folder = house.folder / "var" / "postgresql"
    left = list(folder.glob("postmaster.pid"))
    house.start()
    assert (count.returncode, int(count.stdout) > 0, count.stderr) == (3, True, "")
    assert (prepared.returncode, prepared.stderr, left) == (0, "", [])


def test_a_second_launcher_on_the_same_data_is_refused_and_a_restart_of_none_says_so(house: System) -> None:
    second = house.ecoute("run")
    assert second.returncode == 2
    assert second.stderr.startswith("ecoute: the system runs already on the data in ")
    house.environment["ECOUTE_VAR"], var = str(house.folder / "elsewhere"), house.environment["ECOUTE_VAR"]
    try:
        nobody = house.ecoute("restart")
    finally:
        house.environment["ECOUTE_VAR"] = var
    assert (nobody.returncode, nobody.stderr.startswith("ecoute: nothing runs on the data in ")) == (2, True)
