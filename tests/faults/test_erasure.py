"""Row 22: persons are erased while their words are on the way through the house."""

import random
from collections.abc import Callable

from tests.e2e.log import FEEDBACK, events_of
from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.load import Client, Load
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System, eventually

PERSONS = 100 if AT_FULL_COUNT else 15
ERASED = "ca.ecoute.person.erased.v1"


def test_who_is_erased_in_mid_stream_is_nowhere_and_still_counted(
    apart: System, record_apart: Record, tell: Tell, new_words: Callable[[], str]
) -> None:
    words, chance = [new_words() for _ in range(PERSONS)], random.Random(22)  # noqa: S311
    left = list(words)

    async def come_and_go(client: Client) -> None:
        """Says something, writes again, and has all of it erased, after no time or some."""
        said = left.pop()
        contact = {"email": f"{said}@perdu.example"}
        receipt = await client.submit(text=f"Le guichet {said} est fermé.", person=contact)
        code = {"Tracking-Code": receipt["tracking_code"]}
        url = client.system.intake
        if chance.random() < 0.5:
            await client.insist("write", f"{url}/v1/tracking/messages", {"text": f"Encore {said}."}, code)
        if chance.random() < 0.5:
            await client.case_of(receipt["id"])
        await client.insist("erase", f"{url}/v1/privacy/erasure", {"confirm": True}, code, expected=200)

    with Load(apart, record_apart, come_and_go, clients=5, most_rounds=PERSONS, patience=240) as load:
        load.wait()
    feedback = checks.nothing_is_lost_or_doubled(record_apart, apart)
    ids = set(checks.submitted(feedback))
    assert {one["subject"] for one in feedback if one["type"] == ERASED} == ids
    assert len(ids) == PERSONS
    checks.figures_are_right(apart, feedback)
    eventually(lambda: not checks.Sweep(apart, {}).tables(words), 60)
    checks.nobody_can_read(apart, words)
    checks.nothing_is_parked(apart)
    ledger = (apart.folder / "var" / "erasures").read_text()
    assert all(one in ledger for one in ids)
    assert not any(one in ledger for one in words)
    tell(22, "persons erased in mid-stream", persons=PERSONS, events=len(events_of(apart, FEEDBACK)), pieces_found=0)
