"""Plays the pension agency: partners and devices send, agents work, persons say what they think of the answers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from deploy.demo.publishing import keys, publish, revoke, senders
from deploy.importing.doors import Addresses, Door, door
from deploy.importing.rows import Evaluation, Item, Step
from deploy.importing.taking_in import MOST_FEEDBACK, OPENS_WITHIN_SECONDS, Doors, slices, submit, take_in
from examples.pension_agency.generator import World, beginning, generate
from examples.pension_agency.hours import DAY, ZONE
from examples.pension_agency.speaking import DAYS
from examples.pension_agency.stories import Story
from examples.pension_agency.working import AGENTS
from libs.common.settings import stop

SignToken = Callable[[str, Sequence[str], Sequence[str]], str]
Told = Callable[[int, int], None]
STORIES_AT_ONCE = 300
AT_ONCE = 3
COUNTS_AT_ONCE = 1_000


@dataclass
class Played:
    """What was sent, and how much of it was there already."""

    world: World
    items: list[Item]
    there_already: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass
class _Cast:
    """Who takes part, with the door that each comes by."""

    senders: Mapping[str, Door]
    agents: Mapping[str, Door]
    person: Door
    manager: Door


async def play(addresses: Addresses, sign: SignToken, now: datetime, *, size: float, told: Told) -> Played:
    """Play thirteen weeks up to today; up to the day of the first time, where they were played before."""
    async with (
        door(addresses.intake, sign("admin", ["admin"], [])) as admin_intake,
        door(addresses.routing, sign("admin", ["admin"], [])) as admin_routing,
    ):
        await publish(admin_intake, admin_routing)
        async with _cast(addresses, sign, await keys(admin_intake)) as cast:
            world = await _as_it_began(cast, now, size)
            played = Played(world, [_item(place, one) for place, one in enumerate([*world.stories, *world.today])])
            await _report_counts(cast, world)
            await _send_marks(cast, played)
            await _play_stories(cast, played, told)
            await _see_that_cases_are_open(cast, played)
            await _add_messages(cast, played)
        for path, code in senders():
            await revoke(admin_intake, path, code)
    played.there_already = sum(item.was_there for item in played.items)
    played.refused += [f"{item.number}: {one.kind} {one.text}" for item in played.items for one in item.refused]
    return played


@asynccontextmanager
async def _cast(addresses: Addresses, sign: SignToken, given: Mapping[str, str]) -> AsyncIterator[_Cast]:
    async with AsyncExitStack() as stack:

        async def enter(base: str, token: str | None) -> Door:
            return await stack.enter_async_context(door(base, token))

        teams = list(AGENTS)
        yield _Cast(
            {code: await enter(addresses.intake, key) for code, key in given.items()},
            {
                name: await enter(addresses.routing, sign(name, ["agent"], teams))
                for names in AGENTS.values()
                for name in names
            },
            await enter(addresses.intake, None),
            await enter(addresses.intake, sign("manager", ["manager"], [])),
        )


async def _as_it_began(cast: _Cast, now: datetime, size: float) -> World:
    """The agency as of today, or of the day on which it was first played: its first feedback says when that was."""
    world = generate(now.astimezone(ZONE).date(), size=size)
    first = beginning(world)
    item = _item(0, first)
    await submit(cast.senders[first.sender], [item])
    if not item.receipt:
        stop(f"the first feedback was refused: {item.refused[0].text}")
    began_on = datetime.fromisoformat(item.receipt["submitted_at"]).astimezone(ZONE).date()
    return world if began_on == world.first else generate(began_on + DAYS * DAY, size=size)


def _item(number: int, story: Story) -> Item:
    return Item(
        number,
        story.feedback,
        [Step(deed.verb, deed.as_sent()) for deed in story.deeds],
        [Evaluation(one.answer, one.solved, one.csat) for one in story.verdicts],
        sender=story.sender,
        hand=story.agent,
    )


async def _report_counts(cast: _Cast, world: World) -> None:
    """Calls, visits and page views: the same again takes the place of what was reported."""
    for sender in sorted({one.sender for one in world.counts}):
        bodies = [one.body for one in world.counts if one.sender == sender]
        for place in range(0, len(bodies), COUNTS_AT_ONCE):
            some = {"items": bodies[place : place + COUNTS_AT_ONCE]}
            await cast.senders[sender].send("POST", "/v1/interactions/batch", some)


async def _send_marks(cast: _Cast, played: Played) -> None:
    """Each kiosk its own, in order: from the last one on that is there. Keys of retries are not kept for ever."""
    for code, kiosk in cast.senders.items():
        mine = [item for item in played.items if item.sender == code and "idempotency_key" in item.feedback]
        if not mine:
            continue
        newest = (await cast.manager.get("/v1/feedback", source_code=code, order="newest", limit=1))["items"]
        last = datetime.fromisoformat(newest[0]["submitted_at"]) if newest else None
        for item in mine:
            item.was_there = last is not None and datetime.fromisoformat(item.feedback["submitted_at"]) <= last
        for some in slices([item for item in mine if not item.was_there], MOST_FEEDBACK):
            await submit(kiosk, some)


async def _play_stories(cast: _Cast, played: Played, told: Told) -> None:
    """Some stories at a time: while cases open for some, the next are sent."""
    stories = [item for item in played.items if "idempotency_key" not in item.feedback]
    doors = Doors(cast.senders, cast.agents, lambda item: (cast.person, _address_of(item.number)))
    done = len(played.items) - len(stories)
    told(done, len(played.items))
    waiting = iter(list(slices(stories, STORIES_AT_ONCE)))

    async def work() -> None:
        nonlocal done
        for some in waiting:
            await take_in(doors, some)
            done += len(some)
            told(done, len(played.items))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def _see_that_cases_are_open(cast: _Cast, played: Played) -> None:
    """Also of those that nobody has touched."""
    for item, story in zip(played.items, [*played.world.stories, *played.world.today], strict=True):
        if not story.has_case or item.steps or not item.receipt:
            continue
        agent = cast.agents[story.agent]
        waited = {"feedback_id": item.receipt["id"], "wait": OPENS_WITHIN_SECONDS / 2}
        if not (await agent.get("/v1/cases", **waited))["items"]:
            played.refused.append(f"{story.reference}: no case has opened")


async def _add_messages(cast: _Cast, played: Played) -> None:
    """Some persons write again today; whoever has written already does not."""
    for item, story in zip(played.items[-len(played.world.today) :], played.world.today, strict=True):
        if story.message is None or not item.receipt:
            continue
        shown = {**_address_of(item.number), "Tracking-Code": item.receipt["tracking_code"]}
        seen = await cast.person.ask("GET", "/v1/tracking", headers=shown)
        if all(line["kind"] != "message" for line in seen.json()["conversation"]):
            await cast.person.ask("POST", "/v1/tracking/messages", {"text": story.message}, headers=shown)


def _address_of(number: int) -> dict[str, str]:
    """Persons come from addresses of their own (RFC 5737), as a gateway on this machine would say."""
    return {"X-Forwarded-For": f"198.51.100.{number % 250 + 1}"}
