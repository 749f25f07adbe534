"""Takes in feedback and all that became of it, over the public API: safe to send again, however often."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from deploy.importing.doors import PATIENCE_SECONDS, Answer, Door, is_for_now
from deploy.importing.rows import Evaluation, Item, Step, Wrong
from libs.contracts.cases import case_id_of

MOST_FEEDBACK = 1_000
MOST_ACTIONS = 500
MOST_BYTES = 900_000
"""Of the actions of one request: a service takes a million."""
_BESIDE_A_BODY = 150
"""Bytes, at most: the case, the verb, and their names."""
AT_ONCE = 8
OPENS_WITHIN_SECONDS = 60.0
"""So long is waited for a case to open, and for an answer to be there to evaluate: each comes by an event."""

_KNOWN_OTHERWISE = (
    "something else was taken in under this reference, and stands: "
    "give this row one of its own, such as by another prefix"
)


@dataclass
class Doors:
    """Who takes part: who sends feedback, who does the teams' work, how persons come with their codes."""

    senders: Mapping[str, Door]
    """At intake, by the name of whoever sends."""
    hands: Mapping[str, Door]
    """At routing, by the name of whoever carries out the steps."""
    person: Callable[[Item], tuple[Door, dict[str, str]]]
    """By which door a person comes, with which headers besides the code."""


async def take_in(doors: Doors, items: Sequence[Item]) -> None:
    """Feedback, then the steps of its cases, then what persons say of the answers; each notes what was refused."""
    await asyncio.gather(*(_of_one_sender(doors, name, items) for name in {item.sender for item in items}))
    taken = [item for item in items if item.receipt]
    hands = {item.hand for item in taken if item.steps}
    await asyncio.gather(*(_of_one_hand(doors, name, taken) for name in hands))
    evaluated = [item for item in taken if item.evaluations and not item.refused]
    await _each(evaluated, lambda item: evaluate(doors, item))


async def _of_one_sender(doors: Doors, name: str, items: Sequence[Item]) -> None:
    for some in slices([item for item in items if item.sender == name], MOST_FEEDBACK):
        await submit(doors.senders[name], some)


async def submit(door: Door, items: Sequence[Item]) -> None:
    """Send feedback; each has its receipt, of now or of the first time, or why there is none.

    Those for which there is no time just now are sent again.
    """
    until = monotonic() + PATIENCE_SECONDS
    while items:
        body = {"items": [item.feedback for item in items]}
        answer = await door.ask("POST", "/v1/feedback/batch", body)
        if answer.status != 200:
            for item in items:
                item.refused += wrongs_of(answer.problem(), "feedback")
            return
        again = []
        for item, outcome in zip(items, answer.json()["outcomes"], strict=True):
            if is_for_now(outcome["status"], outcome["problem"]) and monotonic() < until:
                again.append(item)
            else:
                _note(item, outcome, answer)
        items = again
        if items:
            await asyncio.sleep(0.5)


def _note(item: Item, outcome: Mapping[str, Any], answer: Answer) -> None:
    receipt = outcome["receipt"]
    if receipt is None:
        item.refused += wrongs_of(outcome["problem"], "feedback")
    elif receipt["status"] == "erased":  # whoever asked for that is left alone
        item.was_there = True
    elif not receipt["kept"]:
        item.refused.append(Wrong("feedback.external_reference", "known-otherwise", _KNOWN_OTHERWISE))
    else:
        item.receipt, item.was_there = receipt, answer.made_before(receipt["id"])


async def _of_one_hand(doors: Doors, name: str, items: Sequence[Item]) -> None:
    """The steps that one carries out: all of a case in one request, in their order."""
    door = doors.hands[name]
    mine = [item for item in items if item.hand == name and item.steps]
    left: dict[int, list[Step]] = {}

    async def see(item: Item) -> None:
        left[item.number] = await steps_left(door, item)

    await _each([item for item in mine if item.was_there or item.repeats], see)
    owed = [(item, steps) for item in mine if (steps := left.get(item.number, item.steps))]
    for some in _packed(owed):
        await _act(door, some)


async def steps_left(door: Door, item: Item) -> list[Step]:
    """The steps of a case that are not on its timeline."""
    answer = await door.ask("GET", f"/v1/cases/{case_id_of(UUID(item.receipt['id']))}/timeline")
    lines = answer.json()["items"] if answer.status == 200 else []
    done = [(line["verb"], datetime.fromisoformat(line["effective_at"])) for line in lines]
    verbs = [verb for verb, _ in done]
    left = []
    for step in item.steps:
        known = (step.verb, step.at) if step.at else None
        if known in done:
            done.remove(known)
            verbs.remove(step.verb)
        elif step.at is None and step.verb in verbs:
            verbs.remove(step.verb)
        else:
            left.append(step)
    return left


async def _act(door: Door, owed: Sequence[tuple[Item, list[Step]]]) -> None:
    """Carry out steps; those whose case is not there yet are sent again."""
    until = monotonic() + OPENS_WITHIN_SECONDS
    while owed:
        actions = [
            {"case_id": str(case_id_of(UUID(item.receipt["id"]))), "verb": step.verb, "body": step.body}
            for item, steps in owed
            for step in steps
        ]
        answer = await door.ask("POST", "/v1/cases/actions", {"actions": actions}, key=_key_of(actions, monotonic()))
        if answer.status != 200:
            for item, _ in owed:
                item.refused += wrongs_of(answer.problem(), "case")
            return
        outcomes = iter(answer.json()["outcomes"])
        missing: list[tuple[Item, list[Step]]] = []
        for item, steps in owed:
            of_item = [next(outcomes) for _ in steps]
            if all(outcome["status"] == 404 for outcome in of_item) and monotonic() < until:
                missing.append((item, steps))
                continue
            for step, outcome in zip(steps, of_item, strict=True):
                if outcome["status"] != 200:
                    item.refused += wrongs_of(outcome["problem"], step.field or step.verb)
        owed = missing
        if owed:
            await asyncio.sleep(0.1)


async def evaluate(doors: Doors, item: Item) -> None:
    """What the person says of each answer, with their code; once, however often it is sent."""
    door, headers = doors.person(item)
    shown = {**headers, "Tracking-Code": item.receipt["tracking_code"]}
    for one in item.evaluations:
        until = monotonic() + OPENS_WITHIN_SECONDS
        while True:
            answer = await door.ask("POST", "/v1/tracking/evaluation", _said(one), headers=shown)
            waits = answer.status == 409 and "not-answered-yet" in answer.json()["type"]
            if not waits or monotonic() > until:
                break
            await asyncio.sleep(0.1)
        if answer.status != 201:
            item.refused += wrongs_of(answer.problem(), "case.evaluation")


def _said(one: Evaluation) -> dict[str, Any]:
    ratings = [] if one.csat is None else [{"measure": "csat", "value": one.csat}]
    return {"solved": one.solved, "answer": one.answer, "ratings": ratings}


def _packed(owed: Iterable[tuple[Item, list[Step]]]) -> Iterable[list[tuple[Item, list[Step]]]]:
    """As many cases as one request takes, and none of them torn apart."""
    some: list[tuple[Item, list[Step]]] = []
    actions = size = 0
    for item, steps in owed:
        more = len(orjson.dumps([step.body for step in steps])) + len(steps) * _BESIDE_A_BODY
        if some and (actions + len(steps) > MOST_ACTIONS or size + more > MOST_BYTES):
            yield some
            some, actions, size = [], 0, 0
        some.append((item, steps))
        actions, size = actions + len(steps), size + more
    if some:
        yield some


async def _each(items: Sequence[Item], do: Callable[[Item], Any]) -> None:
    """For all, so many at once."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await do(item)

    await asyncio.gather(*(work() for _ in range(min(AT_ONCE, len(items)))))


def slices(items: Sequence[Item], most: int) -> Iterable[Sequence[Item]]:
    """So many at a time."""
    return (items[first : first + most] for first in range(0, len(items), most))


def _key_of(actions: Sequence[Mapping[str, Any]], attempt: float) -> str:
    """For a retry of this very request: one that found cases missing is another."""
    return str(uuid5(NAMESPACE_URL, f"{attempt} {len(actions)} {actions[0]['case_id']}"))


def wrongs_of(problem: Mapping[str, Any], place: str) -> list[Wrong]:
    """A problem as what is wrong with fields of the mapping."""
    kind = str(problem.get("type", "")).rpartition(":")[2]
    said = str(problem.get("detail") or problem.get("title") or "refused")
    errors = problem.get("errors") or []
    if errors:
        return [Wrong(_field(place, one.get("pointer") or ""), kind, one["detail"]) for one in errors]
    return [Wrong(f"{place}.at" if kind.startswith(("effective", "late")) else place, kind, said)]


def _field(place: str, pointer: str) -> str:
    parts = [{"effective_at": "at", "body": ""}.get(part, part) for part in pointer.split("/")]
    return ".".join([place, *(part for part in parts if part)])
