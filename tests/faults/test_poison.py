"""Row 17: an event that cannot be applied parks its subject alone, and is applied once its cause is mended."""

from collections import Counter
from collections.abc import Collection
from typing import Any

import httpx

from tests.e2e.log import CASES, FEEDBACK, assert_is_whole, events_of
from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.database import ask
from tests.faults.load import COMPLAINT, Load
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually, json_of

POISON = 10 if AT_FULL_COUNT else 3
BREAK = """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'a bug of routing' USING ERRCODE = '22000'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON cases FOR EACH ROW WHEN (NEW.channel = 'chat') EXECUTE FUNCTION refuse()
"""
MEND = "DROP FUNCTION refuse CASCADE"


def dead_letters(system: System) -> list[dict[str, Any]]:
    answer = httpx.get(
        f"{system.routing}/v1/routing/dead-letters", params={"limit": 200}, headers=system.staff("admin"), timeout=30
    )
    return list(json_of(answer)["items"])


def test_poison_parks_its_subjects_others_flow_and_replay_applies_all_of_them_in_order(
    apart: System, record_apart: Record, tell: Tell
) -> None:
    before = set(checks.submitted(events_of(apart, FEEDBACK)))
    ask(apart.database_of("routing"), BREAK)
    poisoned: list[str] = []
    with (
        Load(apart, record_apart, clients=3, pause=0.05),
        httpx.Client(base_url=apart.intake, timeout=30) as person,
    ):
        for _ in range(POISON + 1):
            receipt = json_of(person.post("/v1/feedback", json={**COMPLAINT, "channel": "chat"}), 201)
            poisoned.append(receipt["id"])
            message = {"text": "Je suis toujours là."}
            sent = person.post(
                "/v1/tracking/messages", json=message, headers={"Tracking-Code": receipt["tracking_code"]}
            )
            assert sent.is_success, sent.text
        eventually(lambda: {one["subject"] for one in dead_letters(apart)} == set(poisoned), 60)
    record_apart.fault(f"{len(poisoned)} poison events")
    flowed = [one for one in checks.submitted(events_of(apart, FEEDBACK)) if one not in before.union(poisoned)]
    eventually(lambda: opened(apart, before) == dict.fromkeys(flowed, 1), 60)
    waiting = eventually(lambda: by_subject(apart) if min(by_subject(apart).values()) >= 3 else None, 60)

    still = apart.ecoute("stream", "replay", "routing", "intake", poisoned[0])
    assert still.returncode != 0, "the cause is not mended"
    assert by_subject(apart) == waiting
    ask(apart.database_of("routing"), MEND)
    *mended, given_up = poisoned
    for subject in mended:
        done = apart.ecoute("stream", "replay", "routing", "intake", subject)
        assert f"{waiting[subject]} events applied" in done.stdout, done.stderr
    done = apart.ecoute("stream", "discard", "routing", "intake", given_up, "--reason", "sent twice")
    assert f"{waiting[given_up]} events given up" in done.stdout, done.stderr

    eventually(lambda: opened(apart, before) == dict.fromkeys([*flowed, *mended], 1), 60)
    assert_is_whole(events_of(apart, CASES))
    checks.nothing_is_parked(apart)
    checks.figures_are_right(apart, events_of(apart, FEEDBACK))
    tell(17, "poison", subjects=len(poisoned), parked=waiting.total(), replayed=len(mended), others=len(flowed), lost=0)


def by_subject(system: System) -> Counter[str]:
    return Counter(one["subject"] for one in dead_letters(system))


def opened(system: System, before: Collection[str]) -> Counter[str]:
    """How many cases each complaint has that was not there before."""
    events = [one["data"] for one in events_of(system, CASES) if one["type"] == "ca.ecoute.case.opened.v1"]
    return Counter(one["feedback_id"] for one in events if one["feedback_id"] not in before)
