"""What must hold, checked at the end: from the record of a test, and from what the services tell whoever asks.

L nothing that was answered 2xx is lost · D once · O in order · K figures equal a recount · P no personal data where it
must not be · R recovery in seconds.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from deploy.services import SERVICES
from tests.e2e.log import CASES, FEEDBACK, assert_is_whole, events_of
from tests.e2e.sweep import Sweep
from tests.faults.record import Attempt, Record
from tests.system import System, eventually, json_of


def acknowledged(attempts: Iterable[Attempt]) -> dict[str, str | None]:
    """By key, what each acknowledged operation made. D: every answer to the same key named the same."""
    made: dict[str, str | None] = {}
    for one in attempts:
        if one.is_acknowledged:
            assert made.setdefault(one.key, one.id) == one.id, f"key {one.key} was answered with two ids"
    return made


def submitted(events: Iterable[dict[str, Any]]) -> Counter[str]:
    """How often each feedback was told to have been submitted."""
    return Counter(one["subject"] for one in events if one["type"] == "ca.ecoute.feedback.submitted.v1")


def nothing_is_lost_or_doubled(record: Record, system: System) -> list[dict[str, Any]]:
    """L, D, O of feedback: all that was acknowledged is in the log, once, and nothing else is there."""
    events = events_of(system, FEEDBACK)
    assert_is_whole(events)
    there = submitted(events)
    answered = acknowledged(record.attempts("submit"))
    assert len(set(answered.values())) == len(answered), "two keys were answered with one id"
    assert [one for one in answered.values() if one not in there] == [], "lost"
    assert [one for one, times in there.items() if times > 1] == [], "doubled"
    assert len(there) == len(answered), "there is feedback that nobody was told of"
    return events


def every_complaint_got_its_case(system: System, feedback: Sequence[dict[str, Any]], seconds: float = 30) -> None:
    """L, D, O between intake and routing: each complaint has opened one case, in a log that is whole."""
    complaints = {
        one["subject"]
        for one in feedback
        if one["type"] == "ca.ecoute.feedback.submitted.v1" and one["data"].get("kind") == "complaint"
    }

    def opened() -> Counter[str] | None:
        cases = events_of(system, CASES)
        assert_is_whole(cases)
        found = Counter(one["data"]["feedback_id"] for one in cases if one["type"] == "ca.ecoute.case.opened.v1")
        return found if len(found) >= len(complaints) else None

    assert eventually(opened, seconds) == dict.fromkeys(complaints, 1)


def figures_are_right(system: System, feedback: Sequence[dict[str, Any]], seconds: float = 30) -> None:
    """K: as many were counted as were submitted, and all rollups are what facts add up to."""
    expected = submitted(feedback).total()
    with httpx.Client(base_url=system.analytics, headers=system.staff("manager"), timeout=max(60, seconds)) as manager:

        def counted() -> bool:
            answer = manager.get("/v1/kpis", params={"names": "volume"})
            return answer.status_code == 200 and answer.json()["figures"][0]["n"] == expected

        eventually(counted, seconds)
        assert json_of(manager.get("/v1/reconciliation"))["difference"] == 0


def nothing_is_parked(system: System) -> None:
    """No event was taken for a poisonous one because of what broke around it."""
    for service in SERVICES:
        url = f"{getattr(system, service)}/v1/{service}/dead-letters"
        assert json_of(httpx.get(url, headers=system.staff("admin"), timeout=30))["items"] == []


def nobody_can_read(system: System, pieces: Sequence[str]) -> None:
    """P: the pieces, in lower case, stand in no table, log, event or metric of the system."""
    sweep = Sweep(system, {})
    assert sweep.tables(pieces) == {}
    assert sweep.elsewhere(pieces) == {}
    assert sweep.words_of_events(pieces) == {}


def recovery_seconds(record: Record, operation: str = "submit", since: float = 0.0) -> list[float]:
    """R: after each fault, how long it took until something that was sent after it was acknowledged."""
    answers = sorted((one.at, one.at + one.seconds) for one in record.attempts(operation) if one.is_acknowledged)
    found = []
    for fault in [one for one in record.faults() if one.at >= since]:
        after = [answered for sent, answered in answers if sent >= fault.at]
        assert after, f"nothing was acknowledged after: {fault.fault}"
        found.append(min(after) - fault.at)
    return found
