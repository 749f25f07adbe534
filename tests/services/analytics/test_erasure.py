"""A person erased in mid-stream: nothing leads to them any more, and every figure is what it was."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from libs.contracts.cases import subjects_of
from libs.contracts.feedback import PersonErased
from services.analytics.facts.fact import Fact
from tests.services.analytics.logs import Source, Story, Told, chance_of, cut, interleave, log_of, random_stories
from tests.services.analytics.reading import TORONTO, Readers, counted, fold

SINCE = datetime(2026, 3, 2, 17, tzinfo=UTC)


def identified(story: Story, person_ref: UUID | None = None) -> Story:
    """The same, by somebody who lets their feedback be linked, told by a partner who knows them."""
    first = story.feedback_events[0]
    who = {"person_ref": person_ref or uuid4(), "external_reference": "CRM-1"}
    story.feedback_events[0] = replace(first, event=first.event.model_copy(update=who))
    return story


def erased(story: Story) -> Story:
    at = story.submitted_at + timedelta(days=1)
    version = len(story.feedback_events) + 1
    story.feedback_events.append(Told("intake", story.feedback_id, version, at, PersonErased(erased_at=at)))
    return story


async def test_persons_erased_in_mid_stream_leave_figures_that_equal_a_recount_and_nothing_else(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    chance = chance_of(22)
    stories = [identified(story) for story in random_stories(chance, 100, SINCE, 3)]
    gone = [erased(story) for story in stories[::2]]
    logs: dict[Source, list[Story]] = {
        "intake": log_of(interleave(chance, [story.feedback_events for story in stories])),
        "routing": log_of(interleave(chance, [story.case_events for story in stories])),
    }  # type: ignore[dict-item]

    async def read(source: Source) -> None:
        for events in cut(chance, logs[source], 30):
            await readers.apply(source, await readers.positions(source), events)  # type: ignore[arg-type]

    await asyncio.gather(read("intake"), read("routing"))

    assert await readers.rollups() == counted(stories, TORONTO)
    recount = (await http.get("/v1/reconciliation")).json()
    assert (recount["facts"], recount["difference"]) == (100, 0)
    async with readers.database.connection() as connection:
        led = await connection.scalars(text("SELECT feedback_id FROM fact WHERE person_ref IS NOT NULL"))
        assert set(led) == {story.feedback_id for story in stories[1::2]}
        by_partner = text("SELECT count(*) FROM fact WHERE feedback_details ? 'external_reference'")
        assert await connection.scalar(by_partner) == 50
        tombstones = set(await connection.scalars(text("SELECT subject FROM tombstone")))
    assert tombstones == {str(subject) for story in gone for subject in subjects_of(story.feedback_id)}


@pytest.mark.parametrize("gone", [(1,), (2,), (1, 2), (2, 1)])
async def test_who_came_back_has_come_back_also_when_either_is_erased(
    readers: Readers, http: httpx.AsyncClient, at: Callable[[datetime], None], gone: tuple[int, ...]
) -> None:
    first, second = [
        identified(Story(UUID(int=number), SINCE + timedelta(days=4 * number)).submitted(), UUID(int=90))
        for number in (1, 2)
    ]
    for story in (first, second):
        story.opened().replied(story.submitted_at + timedelta(days=1))
    said = [*first.feedback_events, *second.feedback_events]
    log = log_of([*said, *(erased((first, second)[number - 1]).feedback_events[-1] for number in gone)])
    cases = log_of([*first.case_events, *second.case_events])
    at(SINCE + timedelta(days=90))

    async def contacts() -> tuple[int, int]:
        span = {"from": "2026-03-01", "to": "2026-05-01"}
        answer = await http.get("/v1/kpis", params={"names": "first_contact_resolution", **span})
        (figure,) = answer.json()["figures"]
        return figure["numerator"], figure["denominator"]

    await readers.apply("intake", await readers.positions("intake"), log[: len(said)])
    await readers.apply("routing", await readers.positions("routing"), cases)
    assert await contacts() == (1, 2)
    for place in range(len(said), len(log)):
        await readers.apply("intake", await readers.positions("intake"), log[place : place + 1])
        assert await contacts() == (1, 2)


def test_who_was_erased_before_their_turn_is_counted_in_their_turn() -> None:
    """Of a parked subject the erasure is let in at once, and all that is parked again when it is replayed."""
    story = erased(identified(random_stories(chance_of(7), 1, SINCE, 3)[0]))
    in_turn, beforehand = Fact(story.feedback_id), fold(Fact(story.feedback_id), story.feedback_events[-1])
    for told in story.events:
        in_turn, beforehand = fold(in_turn, told), fold(beforehand, told)
    assert beforehand == in_turn
    assert (in_turn.submitted_at, in_turn.person_ref) == (story.submitted_at, None)
