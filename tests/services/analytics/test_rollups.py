"""Rollups on a real PostgreSQL, through the readers as they run: no order of arrival changes them."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from libs.common.db import Database
from libs.common.stream import applying
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope
from libs.contracts.feedback import FeedbackEvaluated, FeedbackMessageAdded, NoticeUndeliverable, Removal
from services.analytics.reconciliation.queries import take_time
from services.analytics.rollups.counters import Cell
from services.analytics.rollups.folding import fold
from services.analytics.rollups.rebuild import rebuild, rebuild_if_needed
from tests.services.analytics.logs import Source, Story, chance_of, cut, interleave, log_of, random_stories
from tests.services.analytics.reading import TORONTO, Readers, counted

SINCE = datetime(2026, 3, 2, 17, tzinfo=UTC)


def logs_of(chance: random.Random, stories: list[Story]) -> dict[Source, list[Envelope]]:
    return {
        "intake": log_of(interleave(chance, [story.feedback_events for story in stories])),
        "routing": log_of(interleave(chance, [story.case_events for story in stories])),
    }


@pytest.mark.parametrize("seed", range(5))
async def test_any_interleaving_of_logs_any_slices_folds_and_a_second_delivery_give_the_same_rollups(
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
                await applying.handle(session, readers.handlers[source], events)
        if chance.random() < 0.3:
            await fold(readers.database, most=chance.randrange(1, 4))

    assert await readers.rollups() == counted(stories, TORONTO)
    assert await readers.dead_letters() == 0
    recount = (await http.get("/v1/reconciliation")).json()
    assert (recount["facts"], recount["difference"], recount["differing"]) == (40, 0, [])


async def test_a_recount_has_more_time_than_the_transaction_had_when_it_began(readers: Readers) -> None:
    async with readers.database.transaction() as session:
        for limit in ("0", "100ms"):
            await session.execute(text(f"SET LOCAL transaction_timeout = '{limit}'"))
        await take_time(session)
        await session.execute(text("SELECT pg_sleep(0.4)"))


async def test_the_two_readers_may_run_at_once(readers: Readers) -> None:
    chance = chance_of(7)
    stories = random_stories(chance, 100, SINCE, 3)
    logs = logs_of(chance, stories)

    async def read(source: Source) -> None:
        for events in cut(chance, logs[source], 20):
            await readers.apply(source, await readers.positions(source), events)

    async def fold_twice_at_once() -> None:
        for _ in range(5):
            await asyncio.gather(fold(readers.database), fold(readers.database))

    await asyncio.gather(read("intake"), read("routing"), fold_twice_at_once())

    assert await readers.rollups() == counted(stories, TORONTO)
    while await fold(readers.database):
        pass
    assert await readers.rollups() == counted(stories, TORONTO)


async def test_figures_are_the_same_before_and_after_what_slices_noted_is_folded(
    readers: Readers, http: httpx.AsyncClient, at: Callable[[datetime], None]
) -> None:
    at(datetime(2026, 5, 20, 12, tzinfo=UTC))
    chance = chance_of(11)
    logs = logs_of(chance, random_stories(chance, 120, SINCE, 40))
    for source, log in logs.items():
        middle = len(log) // 2
        await readers.apply(source, await readers.positions(source), log[:middle])
        await fold(readers.database)
        await readers.apply(source, await readers.positions(source), log[middle:])
    questions: list[dict[str, str]] = [
        {},
        {"by": "service"},
        {"where": "channel:phone"},
        {"by": "channel", "where": "kind:complaint"},
        {"names": "volume,backlog,reply_time", "by": "language,kind"},
    ]

    async def answers() -> list[Any]:
        spans = [{"from": "2026-03-01", "to": "2026-05-01"}, {"from": "2026-03-10", "to": "2026-04-07"}]
        found = [await http.get("/v1/kpis", params=one | span) for one in questions for span in spans]
        found.append(await http.get("/v1/kpis/backlog/series", params={"from": "2026-03-01", "to": "2026-04-01"}))
        found.append(await http.get("/v1/reconciliation"))
        assert {one.status_code for one in found} == {200}
        return [one.json() for one in found]

    noted = await answers()
    assert await fold(readers.database) > 0
    assert await fold(readers.database) == 0
    assert await answers() == noted


async def test_reconciliation_names_the_counters_that_do_not_add_up(readers: Readers, http: httpx.AsyncClient) -> None:
    story = random_stories(chance_of(1), 1, SINCE, 1)[0]
    await readers.read([story])
    await fold(readers.database)
    async with readers.database.transaction() as session:
        await session.execute(
            text("UPDATE rollup SET counters = counters || '{\"volume\": 3}' WHERE dimension = 'total'")
        )

    recount = (await http.get("/v1/reconciliation")).json()

    days = {cell.day for cell in counted([story], TORONTO) if isinstance(cell, Cell) and cell.dimension == "total"}
    assert recount["difference"] == len(days)
    first = recount["differing"][0]
    assert (first["dimension"], first["counter"], first["kept"]) == ("total", "volume", 3)


async def test_figures_say_of_how_many_what_was_read_could_not_be_applied(
    readers: Readers, http: httpx.AsyncClient, token: Callable[..., dict[str, str]]
) -> None:
    log = log_of(Story(uuid4(), SINCE).submitted().feedback_events[0] for _ in range(3))
    log[1] = replace(log[1], data={"nonsense": True})
    await readers.apply("intake", await readers.positions("intake"), log)

    answer = (await http.get("/v1/kpis", params={"names": "volume", "from": "2026-03-01"})).json()
    recount = (await http.get("/v1/reconciliation")).json()
    results = await http.get("/v1/service-standard-results", headers=token("analyst"))

    assert (answer["figures"][0]["value"], answer["as_of"]["positions"]["intake"]["pos"]) == (2, 3)
    assert [one["as_of"]["parked"] for one in (answer, answer["figures"][0], recount, results.json())] == [1, 1, 1, 1]


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


async def test_what_came_after_the_submission_is_kept_event_by_event(readers: Readers) -> None:
    feedback, later = UUID(int=1), SINCE + timedelta(hours=1)
    written = FeedbackMessageAdded(
        message_id=feedback,
        author="submitter",
        sent_at=later,
        text="…",
        language="en",
        removed=(Removal(kind="phone", count=1),),
    )
    lost = NoticeUndeliverable(notice="asked", about=feedback, by="email", because="bounced", found_at=later)
    said = FeedbackEvaluated(answer=1, solved="yes", has_comment=True)
    story = Story(feedback, SINCE).submitted().reclassified(later, kind="enquiry")
    for one in (written, written, lost, said):
        story._feedback(later, one)
    log = log_of(story.feedback_events)
    for events in (log[:3], log[3:]):
        await readers.apply("intake", await readers.positions("intake"), events)

    async with readers.database.connection() as connection:
        row = (await connection.execute(text("SELECT feedback_details, evaluations, messages FROM fact"))).one()

    details = row.feedback_details
    assert {name for name in details if "/" in name} == {"reclassified/2", "message/3", "message/4", "notice/5"}
    assert (details["reclassified/2"]["changed"], details["reclassified/2"]["kind"]) == (["kind"], "enquiry")
    message = details["message/3"]
    assert (message["author"], message["language"], message["removed"]) == (
        "submitter",
        "en",
        [{"kind": "phone", "count": 1}],
    )
    assert "text" not in message
    assert (details["notice/5"]["notice"], details["notice/5"]["because"]) == ("asked", "bounced")
    assert [one["has_comment"] for one in row.evaluations] == [True]
    assert len(row.messages) == 2


async def test_another_time_zone_counts_from_a_rebuild_on_and_until_then_the_days_are_as_before(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    stories = random_stories(chance_of(1), 30, SINCE, 5)
    log = log_of(one for story in stories for one in story.events if one.source == "intake")
    paris = ZoneInfo("Europe/Paris")
    elsewhere = Readers(readers.database, paris)
    await readers.apply("intake", await readers.positions("intake"), log[:20])
    await elsewhere.apply("intake", await readers.positions("intake"), log[20:])
    told = [replace(story, case_events=[]) for story in stories]
    assert await readers.rollups() == counted(told, TORONTO)

    assert await rebuild_if_needed(readers.database, TORONTO) == 0
    assert await rebuild_if_needed(readers.database, paris) == len(stories)

    assert await readers.rollups() == counted(told, paris)
    assert (await http.get("/v1/reconciliation")).json()["difference"] == 0
    assert (await http.get("/v1/kpis", params={"names": "volume"})).json()["span"]["time_zone"] == "Europe/Paris"


async def test_figures_are_rebuilt_while_slices_are_applied_and_answers_are_given(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    chance = chance_of(19)
    stories = random_stories(chance, 60, SINCE, 5)
    logs = logs_of(chance, stories)
    halves = {source: (log[: len(log) // 2], log[len(log) // 2 :]) for source, log in logs.items()}
    for source, (first, _) in halves.items():
        await readers.apply(source, await readers.positions(source), first)
    parameters = {"names": "volume", "from": "2026-03-01", "to": "2026-04-01"}
    answers: list[tuple[int, int]] = []
    done = asyncio.Event()

    async def read(source: Source) -> None:
        for events in cut(chance, halves[source][1], 8):
            await readers.apply(source, await readers.positions(source), events)

    async def ask() -> None:
        while not done.is_set():
            answer = await http.get("/v1/kpis", params=parameters)
            assert answer.status_code == 200
            (volume,) = answer.json()["figures"]
            async with readers.database.snapshot() as session:
                submitted = await session.scalar(text("SELECT count(*) FROM fact WHERE submitted_at IS NOT NULL"))
            answers.append((volume["value"], submitted))

    async def build() -> None:
        for _ in range(2):
            await rebuild(readers.database, TORONTO, at_a_time=10)
        done.set()

    async def fold_again_and_again() -> None:
        while not done.is_set():
            await fold(readers.database)
            await asyncio.sleep(0.01)

    await asyncio.gather(read("intake"), read("routing"), build(), ask(), fold_again_and_again())

    assert await readers.rollups() == counted(stories, TORONTO)
    assert (await http.get("/v1/reconciliation")).json()["difference"] == 0
    assert [value for value, _ in answers] == sorted(value for value, _ in answers)
    assert all(0 < value <= submitted for value, submitted in answers)
    async with readers.database.connection() as connection:
        of_projections = text("SELECT projection FROM rollup UNION SELECT projection FROM rollup_difference")
        assert len((await connection.scalars(of_projections)).all()) == 1


@pytest.mark.parametrize("formula", [99, 1])
async def test_a_slice_is_not_counted_here_alone_while_newer_or_older_code_builds_what_will_be_read(
    readers: Readers, formula: int
) -> None:
    log = log_of(random_stories(chance_of(1), 1, SINCE, 5)[0].feedback_events)
    await readers.apply("intake", await readers.positions("intake"), log[:1])
    built = (
        "INSERT INTO projection (version, formula, time_zone, state, counted_to) VALUES (9, :formula, 'UTC', :s, :c)"
    )
    async with readers.database.transaction() as session:
        await session.execute(text(built), {"formula": formula, "s": "building", "c": UUID(int=0)})

    before = await readers.positions("intake")
    with pytest.raises(StreamStopped, match=f"counted by formula {formula}, .*: ecoute figures rebuild"):
        await readers.apply("intake", before, log)
    assert await readers.positions("intake") == before

    await rebuild(readers.database, TORONTO)
    await readers.apply("intake", before, log)


async def test_a_person_who_came_back_is_counted_whichever_of_the_two_cases_is_read_first(readers: Readers) -> None:
    """Shards are not read at one pace: what the other's opening says may come after the link."""
    day = timedelta(days=1)
    answered = Story(uuid4(), SINCE).submitted().opened().replied(SINCE + 10 * day)
    came_back = Story(uuid4(), SINCE + 12 * day).submitted().opened()
    answered.linked(came_back, SINCE + 60 * day)
    for source, stories in (("intake", [answered, came_back]), ("routing", [answered, came_back])):
        log = log_of([one for story in stories for one in story.events if one.source == source])
        await readers.apply(source, await readers.positions(source), log)  # type: ignore[arg-type]
    counters = [counters for counters in (await readers.rollups()).values() if counters.get("replied")]
    assert counters
    assert all(one.get("came_back") == 1 for one in counters)


async def test_a_rebuild_waits_for_another_for_longer_than_a_statement_may_take(readers: Readers) -> None:
    impatient = Database(readers.database.url, pool_size=2, application="test", command_seconds=1)
    async with readers.database.connection() as other:
        await other.execute(text("SELECT pg_advisory_xact_lock(hashtext('ecoute figures rebuild'))"))
        second = asyncio.create_task(rebuild(impatient, TORONTO))
        done, _ = await asyncio.wait([second], timeout=1.5)
        assert not done
    assert await second == 0
    await impatient.close()
