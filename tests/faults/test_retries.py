"""Rows 2, 3: who asks again, whatever came of the first time, is answered once; nobody spoils what others sent."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.faults import checks
from tests.faults.conftest import Tell
from tests.faults.database import ask, deadlocks
from tests.faults.load import COMPLAINT, TRY_AGAIN, Client, Load
from tests.faults.processes import another
from tests.faults.record import Record
from tests.system import AT_FULL_COUNT, System

IMPATIENT = 1_000 if AT_FULL_COUNT else 100
ROUNDS = 100 if AT_FULL_COUNT else 4
PATIENCE_SECONDS = 1_800.0 if AT_FULL_COUNT else 120.0


def test_a_client_that_gives_up_and_asks_again_with_the_same_key_is_taken_in_once(
    house: System, record: Record, tell: Tell
) -> None:
    async def impatient(client: Client) -> None:
        await client.submit(patience=lambda attempt: random.uniform(0.0005, 0.002) * 2**attempt)  # noqa: S311

    before = len(record.attempts("submit"))
    with Load(house, record, impatient, clients=16, most_rounds=IMPATIENT, patience=PATIENCE_SECONDS) as load:
        load.wait()
    attempts = record.attempts("submit")[before:]
    given_up = sum(one.status is None for one in attempts)
    assert len(checks.acknowledged(attempts)) == IMPATIENT
    assert given_up > IMPATIENT / 2
    checks.nothing_is_lost_or_doubled(record, house)
    tell(
        2,
        "clients that give up and ask again",
        feedback=IMPATIENT,
        requests=len(attempts),
        given_up=given_up,
        doubled=0,
    )


@pytest.fixture
def other_intake(house: System) -> Iterator[str]:
    """Another process of intake's API, on the same database."""
    with another(house, "serve", "intake") as (_, address):
        yield f"http://{address}"


def test_what_many_send_at_once_under_the_same_keys_to_two_processes_is_taken_in_once_and_harms_nobody(
    house: System, record: Record, tell: Tell, other_intake: str
) -> None:
    places = (house.intake, other_intake)

    async def one_round(client: Client) -> None:
        await the_same_fifty_times_at_once(client, places)
        await another_body(client)
        await the_same_keys_in_another_order(client, places)
        await one_bad_row_among_64(client)

    before = len(record.attempts())
    with (
        a_row_that_the_database_refuses(house),
        Load(house, record, one_round, clients=1, most_rounds=ROUNDS, patience=PATIENCE_SECONDS) as load,
    ):
        load.wait()
    assert deadlocks(house) == 0
    feedback = checks.nothing_is_lost_or_doubled(record, house)
    checks.figures_are_right(house, feedback, 60)
    tell(
        3,
        "same key other body; 50 at once; keys in another order; one bad row of 64",
        rounds=ROUNDS,
        requests=len(record.attempts()) - before,
        doubled=0,
        deadlocks=0,
        neighbours_harmed=0,
    )


async def the_same_fifty_times_at_once(client: Client, places: tuple[str, ...]) -> None:
    key, urls = str(uuid4()), [f"{places[n % 2]}/v1/feedback" for n in range(50)]
    answers = await asyncio.gather(*(client.send("submit", url, COMPLAINT, {}, key) for url in urls))
    told = [one.json()["id"] for one in answers if one is not None and one.status_code == 201]
    assert len(set(told)) == 1
    assert {None if one is None else one.status_code for one in answers} <= {201, *TRY_AGAIN}


async def another_body(client: Client) -> None:
    key, url = str(uuid4()), f"{client.system.intake}/v1/feedback"
    assert _status(await client.send("submit", url, COMPLAINT, {}, key)) == 201
    other = await client.send("another body", url, {**COMPLAINT, "text": "Autre chose."}, {}, key)
    assert other is not None
    assert (other.status_code, other.json()["type"]) == (422, "urn:ecoute:problem:idempotency-key-reused")


async def the_same_keys_in_another_order(client: Client, places: tuple[str, ...]) -> None:
    """Two batches of 40 keys, one the other way round, to two processes at once; each until all is taken in."""
    items = [{**COMPLAINT, "idempotency_key": str(uuid4())} for _ in range(40)]
    one, other = await asyncio.gather(
        _insist_on_all(client, places[0], items), _insist_on_all(client, places[1], items[::-1])
    )
    assert one == other


async def _insist_on_all(client: Client, place: str, items: list[dict[str, Any]]) -> dict[str, str]:
    """By key, the feedback that was made."""
    importer = client.system.staff("importer")
    while True:
        answer = await client.send("batch", f"{place}/v1/feedback/batch", {"items": items}, importer, str(uuid4()))
        if _status(answer) == 200:
            outcomes = answer.json()["outcomes"]  # type: ignore[union-attr] # it is there, by its status
            assert {one["status"] for one in outcomes} <= {201, *TRY_AGAIN}
            if all(one["status"] == 201 for one in outcomes):
                break
        await asyncio.sleep(0.1)
    made = {item["idempotency_key"]: one["receipt"]["id"] for item, one in zip(items, outcomes, strict=True)}
    for key, feedback_id in made.items():
        client.record.note("submit", key, 201, feedback_id)
    return made


async def one_bad_row_among_64(client: Client) -> None:
    url, bad = f"{client.system.intake}/v1/feedback", random.randrange(64)  # noqa: S311
    said = [{**COMPLAINT, "channel": "letter"} if n == bad else COMPLAINT for n in range(64)]
    answers = await asyncio.gather(*(client.send("submit", url, one, {}, str(uuid4())) for one in said))
    assert [_status(one) for one in answers] == [500 if n == bad else 201 for n in range(64)]


@contextmanager
def a_row_that_the_database_refuses(house: System) -> Iterator[None]:
    """Intake's database takes in no letters, for a while."""
    url = house.database_of("intake")
    ask(
        url,
        """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE check_violation; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON feedback FOR EACH ROW
            WHEN (NEW.channel = 'letter') EXECUTE FUNCTION refuse()
        """,
    )
    try:
        yield
    finally:
        ask(url, "DROP FUNCTION refuse CASCADE")


def _status(answer: httpx.Response | None) -> int | None:
    return None if answer is None else answer.status_code
