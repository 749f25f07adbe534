"""Rollups on a real PostgreSQL, through the readers as they run: no order of arrival changes them."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from libs.common.stream import reader
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope
from tests.services.analytics.logs import Source, Story, chance_of, cut, interleave, log_of, random_stories
from tests.services.analytics.reading import TORONTO, Readers, counted

SINCE = datetime(2026, 3, 2, 17, tzinfo=UTC)


def logs_of(chance: random.Random, stories: list[Story]) -> dict[Source, list[Envelope]]:
    return {
        "intake": log_of(interleave(chance, [story.feedback_events for story in stories])),
        "routing": log_of(interleave(chance, [story.case_events for story in stories])),
    }


@pytest.mark.parametrize("seed", range(5))
async def test_any_interleaving_of_the_two_logs_any_slices_and_a_second_delivery_give_the_same_rollups(
    readers: Readers, http: httpx.AsyncClient, seed: int
) -> None:
    chance = chance_of(seed)
    stories = random_stories(chance, 40, SINCE, 20)
    slices = {source: cut(chance, log, 25) for source, log in logs_of(chance, stories).items()}
    while any(slices.values()):
        source = chance.choice([source for source, left in slices.items() if left])
        events = slices[source].pop(0)
        positions = await readers.positions(source)
        await readers.apply(source, positions, events)
        if chance.random() < 0.3:
            await readers.apply(source, positions, events)  # a second reader, that read the positions before
        if chance.random() < 0.3:
            async with readers.database.transaction() as session:  # and one that gets past the positions
                await reader.handle(session, readers.handlers[source], events)

    assert await readers.rollups() == counted(stories, TORONTO)
    assert await readers.dead_letters() == 0
    recount = (await http.get("/v1/reconciliation")).json()
    assert (recount["facts"], recount["difference"], recount["differing"]) == (40, 0, [])


async def test_the_two_readers_may_run_at_once(readers: Readers) -> None:
    chance = chance_of(7)
    stories = random_stories(chance, 300, SINCE, 3)
    logs = logs_of(chance, stories)

    async def read(source: Source) -> None:
        for events in cut(chance, logs[source], 60):
            await readers.apply(source, await readers.positions(source), events)

    await asyncio.gather(read("intake"), read("routing"))

    assert await readers.rollups() == counted(stories, TORONTO)


async def test_reconciliation_names_the_counters_that_do_not_add_up(readers: Readers, http: httpx.AsyncClient) -> None:
    story = random_stories(chance_of(1), 1, SINCE, 1)[0]
    await readers.read([story])
    async with readers.database.transaction() as session:
        await session.execute(
            text("UPDATE rollup_day SET counters = counters || '{\"volume\": 3}' WHERE dimension = 'total'")
        )

    recount = (await http.get("/v1/reconciliation")).json()

    days = {day for day, dimension, _ in counted([story], TORONTO) if dimension == "total"}
    assert recount["difference"] == len(days)
    first = recount["differing"][0]
    assert (first["dimension"], first["counter"], first["kept"]) == ("total", "volume", 3)


async def test_counters_that_come_down_to_nothing_leave_no_value_behind(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    feedback = random_stories(chance_of(1), 1, SINCE, 1)[0].feedback_id
    await readers.read([Story(feedback, SINCE).submitted().redacted("fr")])

    answer = await http.get("/v1/kpis", params={"names": "volume", "by": "language", "from": "2026-03-01"})
    read = {figure["filters"]["language"]: figure["value"] for figure in answer.json()["figures"]}

    assert read == {"fr": 1}


async def test_what_no_formula_needs_yet_is_kept_too(readers: Readers) -> None:
    feedback = random_stories(chance_of(1), 1, SINCE, 1)[0].feedback_id
    later = SINCE + timedelta(hours=1)
    await readers.read(
        [Story(feedback, SINCE).submitted().redacted("fr").opened().assigned("north", later).replied(later, None)]
    )

    async with readers.database.connection() as connection:
        row = (await connection.execute(text("SELECT feedback_details, case_details, case_events FROM fact"))).one()

    assert row.feedback_details["reference"] == "EC-0000-0000"
    assert row.feedback_details["verbatim"] == {"language": "fr", "language_confidence": 0.9, "removed": []}
    assert row.case_details["team_name"] == {"fr": "Équipe", "en": "Team"}
    assert [row.case_events[version]["type"].split(".")[-2] for version in "123"] == ["opened", "assigned", "replied"]
    assert row.case_events["3"]["interim"] is True
    assert not {"text", "clocks", "ended"} & row.case_events["3"].keys()


async def test_another_time_zone_stops_the_readers_and_spoils_nothing(readers: Readers) -> None:
    stories = random_stories(chance_of(1), 5, SINCE, 5)
    first, second = cut(chance_of(2), log_of(one for story in stories for one in story.feedback_events), 5)[:2]
    await readers.apply("intake", await readers.positions("intake"), first)
    before, elsewhere = await readers.rollups(), Readers(readers.database, ZoneInfo("Europe/Paris"))

    with pytest.raises(StreamStopped, match="America/Toronto"):
        await elsewhere.apply("intake", await readers.positions("intake"), second)

    assert await readers.rollups() == before
    assert await readers.dead_letters() == 0
