"""Row 26: a database is put back from a backup that is older than what its readers have read."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.e2e.log import FEEDBACK, events_of
from tests.faults import checks
from tests.faults.backup import back_up, put_back
from tests.faults.conftest import Tell
from tests.faults.database import ask
from tests.faults.load import COMPLAINT
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually, json_of

EACH = 50 if AT_FULL_COUNT else 8
SUBMITTED = "ca.ecoute.feedback.submitted.v1"


def submit(system: System, count: int, text: str = "Toujours rien.") -> dict[str, str]:
    """That many complaints: by id, the code that opens each."""
    made = {}
    with httpx.Client(base_url=system.intake, timeout=30) as person:
        for _ in range(count):
            receipt = json_of(person.post("/v1/feedback", json={**COMPLAINT, "text": text}), 201)
            made[receipt["id"]] = receipt["tracking_code"]
    return made


def case_of(system: System, feedback_id: str) -> str:
    """The id of the case, once there is one that is assigned and has its words."""
    agent = system.staff("agent", "passports")

    def look() -> str | None:
        asked = {"feedback_id": feedback_id}
        found = json_of(httpx.get(f"{system.routing}/v1/cases", params=asked, headers=agent, timeout=30))
        return found["items"][0]["id"] if found["items"] else None

    return eventually(look, 30)


def answer(system: System, feedback_id: str, words: str) -> None:
    agent = system.staff("agent", "passports")
    case = case_of(system, feedback_id)
    for verb, body in (("acknowledge", {}), ("reply", {"text": words, "outcome": "upheld"})):
        json_of(httpx.post(f"{system.routing}/v1/cases/{case}/{verb}", json=body, headers=agent, timeout=30))


def erase(system: System, feedback_id: str) -> None:
    body = {"feedback_ids": [feedback_id], "reason": "person_asked"}
    reviewer = system.staff("reviewer")
    json_of(httpx.post(f"{system.intake}/v1/privacy/erasures", json=body, headers=reviewer, timeout=30), 201)


def status(system: System) -> dict[tuple[str, str], dict[str, Any]]:
    """By service and source, how each reader stands."""
    told = system.ecoute("stream", "status", "--json")
    assert told.returncode == 0, told.stderr
    return {(one["service"], one["reads"]): one for one in orjson.loads(told.stdout)["readers"]}


def until_all_is_read(system: System, *readers: tuple[str, str]) -> None:
    eventually(lambda: all(_has_read_all(system, *one) for one in readers), 60)


def _has_read_all(system: System, service: str, source: str) -> bool:
    query = "SELECT min(pos) AS pos FROM event_position WHERE source = $1"
    [read] = ask(system.database_of(service), query, source)
    [head] = ask(system.database_of(source), "SELECT pos FROM event_head")
    return bool(read["pos"] == head["pos"])


def readyz(system: System, service: str) -> list[str]:
    address = system.environment[f"ECOUTE_{service.upper()}_WORKER_LISTEN"]
    return list(httpx.get(f"http://{address}/readyz", timeout=5).json()["reasons"])


def restored(system: System, service: str) -> dict[str, Any]:
    done = system.ecoute("stream", "restored", service, "--json")
    assert done.returncode == 0, done.stderr
    return dict(orjson.loads(done.stdout))


def cases_by_feedback(system: System, ids: dict[str, str]) -> Counter[str]:
    """How many cases each feedback has, once all have one."""
    return Counter(one for one in ids if case_of(system, one))


READERS = (("routing", "intake"), ("analytics", "intake"))


@pytest.mark.parametrize("noticed", ["at once", "after new feedback"])
def test_readers_are_refused_until_somebody_says_that_intake_was_restored_and_then_go_on(
    apart: System, record_apart: Record, tell: Tell, tmp_path: Path, noticed: str
) -> None:
    counted_before = int(volume(apart))
    first = submit(apart, EACH)
    eventually(lambda: first.keys() <= checks.submitted(events_of(apart, FEEDBACK)).keys(), 30)
    before = set(checks.submitted(events_of(apart, FEEDBACK)))
    dump = back_up(apart, "intake", tmp_path / "intake.dump")
    lost = submit(apart, EACH)
    eventually(lambda: lost.keys() <= checks.submitted(events_of(apart, FEEDBACK)).keys(), 30)
    until_all_is_read(apart, *READERS)
    apart.stop()
    put_back(apart, dump)
    record_apart.fault(f"intake restored, noticed {noticed}")
    apart.start()
    new = submit(apart, 3 * EACH) if noticed == "after new feedback" else {}
    for service in ("routing", "analytics"):
        eventually(
            lambda service=service: any("is not the one that was read" in one for one in readyz(apart, service)), 30
        )
    assert {status(apart)[one]["stands"] for one in READERS} == {"diverged"}

    done = restored(apart, "intake")
    told_lost = Counter(one["subject"] for one, _ in done["opened"]["lost"] if one["type"] == SUBMITTED)
    assert told_lost == dict.fromkeys(lost, 1)
    eventually(lambda: not readyz(apart, "routing") and not readyz(apart, "analytics"), 30)
    new |= submit(apart, EACH)
    until_all_is_read(apart, *READERS)

    log = {one["id"]: one for one in events_of(apart, FEEDBACK)}.values()  # what is told again has the same id
    assert checks.submitted(log) == dict.fromkeys(before | set(new), 1)
    everything = lost | new
    assert cases_by_feedback(apart, everything) == dict.fromkeys(everything, 1)
    eventually(lambda: int(volume(apart)) == counted_before + EACH + len(everything), 30)
    with httpx.Client(base_url=apart.analytics, headers=apart.staff("manager"), timeout=60) as manager:
        assert json_of(manager.get("/v1/reconciliation"))["difference"] == 0
    checks.nothing_is_parked(apart)
    tell(26, f"intake restored, noticed {noticed}", lost_and_listed=len(lost), new=len(new), doubled=0, missed=0)


def volume(system: System) -> int:
    with httpx.Client(base_url=system.analytics, headers=system.staff("manager"), timeout=60) as manager:
        return int(json_of(manager.get("/v1/kpis", params={"names": "volume"}))["figures"][0]["n"] or 0)


@pytest.mark.parametrize("service", ["intake", "routing"])
def test_who_was_erased_after_the_backup_stays_erased_and_the_work_goes_on(
    apart: System, record_apart: Record, tell: Tell, tmp_path: Path, service: str, new_words: Callable[[], str]
) -> None:
    said, replied = new_words(), new_words()
    [(gone, code)] = submit(apart, 1, f"Le guichet {said} est fermé.").items()
    [(open_, open_code)] = submit(apart, 1).items()
    answer(apart, gone, f"Le guichet {replied} ouvre demain.")
    case_of(apart, open_)
    until_all_is_read(apart, *READERS, ("intake", "routing"), ("analytics", "routing"))
    dump = back_up(apart, service, tmp_path / "backup.dump")
    erase(apart, gone)
    if service == "routing":
        answer(apart, open_, "C'est fait.")
    until_all_is_read(apart, *READERS, ("intake", "routing"), ("analytics", "routing"))
    checks.nobody_can_read(apart, [said, replied])
    apart.stop()
    put_back(apart, dump)
    record_apart.fault(f"{service} restored with an erased person in the backup")
    assert restored(apart, service)["erased_again"] == 1
    apart.start()

    checks.nobody_can_read(apart, [said, replied])
    with httpx.Client(base_url=apart.intake, timeout=30) as person:
        assert person.get("/v1/tracking", headers={"Tracking-Code": code}).status_code in (404, 410)
        answer(apart, open_, "C'est fait, cette fois pour de bon.")

        def read() -> bool:
            told = json_of(person.get("/v1/tracking", headers={"Tracking-Code": open_code}))
            return "pour de bon" in str(told)

        eventually(read, 60)
    until_all_is_read(apart, *READERS, ("intake", "routing"), ("analytics", "routing"))
    checks.nothing_is_parked(apart)
    tell(26, f"{service} restored with an erased person in the backup", erased_again=1, readable_pieces=0)
