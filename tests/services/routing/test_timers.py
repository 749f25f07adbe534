"""What happens by itself, once, at its moment, however long nobody looked."""

import asyncio
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from libs.contracts.cases import CaseClosed, CaseResumed, ClockApproaching, ClockBreached
from libs.contracts.feedback import FeedbackEvaluated, FeedbackWithdrawn, ReplyDelivered, ReplyUndeliverable
from services.routing.cases.terms import USUAL
from services.routing.cases.timers import ring
from tests.services.routing.office import ORGANISATION, Routing, clock, local, received
from tests.services.routing.test_waiting import EXTENSION
from tests.services.routing.test_working import FINAL, in_state, problem

SPOKE = local("2026-03-09 11:00")
NOW = local("2026-03-10 10:00")
RESOLVED = {
    "code": "resolved",
    "name": {"fr": "Réglé", "en": "Solved"},
    "when": {"kind": ["complaint"], "topic": ["resolve"]},
    "clocks": [
        {"clock": "reply", "within": {"business_days": 10}},
        {"clock": "resolve", "within": {"business_days": 12}},
        {"clock": "stage2_reply", "within": {"business_days": 10}, "starts": "reopening"},
    ],
}


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


@pytest.fixture
async def resolving(routing: Routing) -> None:
    """A standard that promises a solution, and a second stage."""
    standards = [*ORGANISATION["standards"], RESOLVED]
    await routing.publish({**ORGANISATION, "standards": standards}, NOW)


async def told(routing: Routing, case: dict[str, Any], *kinds: type[Any]) -> list[tuple[str, Any]]:
    return [
        (getattr(event, "clock", ""), at) for _, at, event in await routing.events(case) if isinstance(event, kinds)
    ]


async def settle(routing: Routing, moment: str) -> None:
    while await ring(routing.database, local(moment), USUAL):
        pass


async def test_a_promise_warns_after_three_quarters_of_its_time_and_is_breached_at_its_due_moment(
    routing: Routing,
) -> None:
    case = await in_state(routing, "assigned")
    # Two days from Monday 11:00 are 4.5 + 7 + 7 = 18.5 h; a quarter of them is left 4 h 37.5 min before Wed 16:30.
    await settle(routing, "2026-03-11 10:52")
    assert await told(routing, case, ClockApproaching, ClockBreached) == []
    await settle(routing, "2026-03-11 10:53")
    warned = [("acknowledge", local("2026-03-11 10:52:30"))]
    assert await told(routing, case, ClockApproaching, ClockBreached) == warned
    await settle(routing, "2026-03-11 16:30")
    assert await told(routing, case, ClockBreached) == []
    await settle(routing, "2026-03-11 16:31")
    await settle(routing, "2026-03-12 16:31")
    assert await told(routing, case, ClockBreached) == [("acknowledge", local("2026-03-11 16:30"))]
    lines = [(line["verb"], line["by"], line["details"]) for line in await routing.timeline(case)][-2:]
    assert lines == [("approaching", "timer", {"clock": "acknowledge"}), ("breach", "timer", {"clock": "acknowledge"})]


@pytest.mark.parametrize(("reply_by", "brought"), [("phone", ["bring_apology"]), ("email", []), (None, [])])
async def test_who_chose_telephone_or_letter_has_the_apology_for_a_late_answer_from_staff(
    routing: Routing, reply_by: str | None, brought: list[str]
) -> None:
    for verb, body in (("note", {"note": "Appelée."}), ("reply", FINAL)):
        routing.at(NOW)
        case = await in_state(routing, "acknowledged", reply_by=reply_by)
        await settle(routing, "2026-03-30 16:30")
        assert (await routing.see(case["id"]))["tasks"] == []
        await settle(routing, "2026-03-30 16:31")
        assert [one["task"] for one in (await routing.see(case["id"]))["tasks"]] == brought
        routing.at(local("2026-03-31 10:00"))
        after = await routing.done(case, verb, **body)
        assert "bring_apology" not in [one["task"] for one in after["tasks"]]


async def test_no_apology_is_brought_for_what_was_not_late_after_all(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged", reply_by="letter")
    await settle(routing, "2026-03-31 10:00")
    routing.at(local("2026-03-31 10:00"))
    late = {"effective_at": local("2026-03-27 10:00").isoformat(), "late_entry_reason": "Noté sur papier."}
    after = await routing.done(case, "extend", **EXTENSION, business_days=5, **late)
    assert [one["task"] for one in after["tasks"]] == ["bring_extension"]


async def test_after_downtime_each_is_told_once_with_the_moment_at_which_it_happened(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    for _ in range(2):
        await settle(routing, "2026-06-01 10:00")
    assert await told(routing, case, ClockBreached) == [
        ("acknowledge", local("2026-03-11 16:30")),
        ("reply", local("2026-03-30 16:30")),
    ]
    assert len(await told(routing, case, ClockApproaching)) == 2
    versions = [version for version, *_ in await routing.events(case)]
    assert versions == sorted(set(versions))


async def test_many_who_look_at_once_tell_it_once(routing: Routing) -> None:
    cases = [await routing.open(SPOKE, kind="complaint", topic=f"crowd-{n}") for n in range(12)]
    at = local("2026-03-12 10:00")
    await asyncio.gather(*(ring(routing.database, at, USUAL, limit=5) for _ in range(8)))
    await settle(routing, "2026-03-12 10:00")
    for case in cases:
        assert await told(routing, case, ClockBreached) == [("acknowledge", local("2026-03-11 16:30"))]


async def test_what_was_answered_in_time_is_never_breached(routing: Routing) -> None:
    case = await routing.done(await in_state(routing, "assigned"), "reply", **FINAL)
    await settle(routing, "2026-04-01 10:00")
    assert await told(routing, case, ClockApproaching, ClockBreached) == []


async def test_a_historical_case_tells_nothing_by_itself(routing: Routing) -> None:
    case = await routing.open(local("2019-03-06 11:00"), kind="complaint", historical=True, recorded_at=NOW)
    await settle(routing, "2026-06-01 10:00")
    assert await told(routing, case, ClockApproaching, ClockBreached, CaseClosed) == []


async def test_a_wait_ends_by_itself_and_the_team_is_reminded(routing: Routing) -> None:
    until = local("2026-03-12 10:00")
    case = await in_state(routing, "acknowledged")
    await routing.done(case, "suspend", **{"for": "person", "reason": "lab", "until": until.isoformat()})
    await settle(routing, "2026-03-13 10:00")
    after = await routing.see(case["id"])
    assert (after["state"], [one["task"] for one in after["tasks"]]) == ("acknowledged", ["wait_over"])
    assert await told(routing, case, CaseResumed) == [("", until)]
    routing.at(local("2026-03-13 10:00"))
    assert (await routing.done(case, "note", note="Vu."))["tasks"] == []


async def test_an_answered_case_closes_after_thirty_days_and_can_come_back_for_sixty(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    await settle(routing, "2026-04-09 09:59")
    assert (await routing.see(case["id"]))["state"] == "answered"
    await settle(routing, "2026-05-20 10:00")
    closed = [(at, event) for _, at, event in await routing.events(case) if isinstance(event, CaseClosed)]
    ((at, event),) = closed
    assert (at, event.because, event.outcome) == (NOW + timedelta(days=30), "time_passed", "upheld")
    assert event.reopen_until == local("2026-06-09 00:00")  # the end of the day that the person is told
    routing.at(local("2026-05-20 10:00"))
    assert (await routing.done(case, "reopen", reason="Elle a rappelé."))["state"] == "acknowledged"


async def test_who_is_told_the_answer_later_has_as_long_to_say_that_it_solved_nothing(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports", reply_by="phone")
    await routing.done(case, "reply", **FINAL)
    await settle(routing, "2026-05-20 10:00")
    assert (await routing.see(case["id"]))["state"] == "answered"  # nobody has called yet
    called_at = local("2026-05-20 11:00")
    routing.at(called_at + timedelta(hours=1))
    brought = ReplyDelivered(reply_id=uuid4(), answer=1, by="phone", delivered_at=called_at)
    await routing.hear(received(brought, case["feedback_id"]))
    await settle(routing, "2026-06-19 10:59")
    assert (await routing.see(case["id"]))["state"] == "answered"
    await settle(routing, "2026-06-19 11:00")
    ((at, event),) = [(at, event) for _, at, event in await routing.events(case) if isinstance(event, CaseClosed)]
    assert (at, event.reopen_until) == (called_at + timedelta(days=30), local("2026-08-19 00:00"))


async def test_resolve_ends_at_the_reply_that_stood_and_is_not_breached_while_nobody_contests_it(
    routing: Routing, resolving: None
) -> None:
    case = await routing.open(SPOKE, kind="complaint", topic="resolve", service="passports")
    await routing.done(case, "reply", **FINAL)
    await settle(routing, "2026-05-20 10:00")
    after = await routing.see(case["id"])
    assert (after["state"], clock(after, "resolve")["met"]) == ("closed", True)
    assert clock(after, "resolve")["ended_at"] == "2026-03-10T14:00:00Z"
    assert await told(routing, case, ClockBreached) == []
    (closed,) = [event for *_, event in await routing.events(case) if isinstance(event, CaseClosed)]
    assert [(one.clock, one.met) for one in closed.ended] == [("resolve", True)]


async def test_resolve_runs_on_where_the_person_says_that_it_is_not_solved(routing: Routing, resolving: None) -> None:
    case = await routing.open(SPOKE, kind="complaint", topic="resolve", service="passports")
    await routing.done(case, "reply", **FINAL)
    await routing.hear(received(FeedbackEvaluated(answer=1, solved="no"), case["feedback_id"]))
    seen = await routing.see(case["id"])
    assert [one["task"] for one in seen["tasks"]] == ["not_solved"]
    await settle(routing, "2026-05-20 10:00")
    seen = await routing.see(case["id"])
    assert (seen["state"], seen["clocks"][1]["clock"]) == ("answered", "resolve")  # a task keeps it from closing
    assert await told(routing, case, ClockBreached) == [("resolve", local("2026-03-25 16:30"))]
    routing.at(local("2026-05-20 10:00"))
    closed = await routing.done(case, "close")
    assert (closed["tasks"], clock(closed, "resolve")["ended_at"]) == ([], None)
    again = await routing.done(case, "reopen", reason="Elle a rappelé.")
    assert clock(again, "stage2_reply")["started_at"] == "2026-05-20T14:00:00Z"
    answered = await routing.done(case, "reply", **FINAL)
    assert clock(answered, "stage2_reply")["met"] is True
    assert clock(answered, "reply")["ended_at"] == "2026-03-10T14:00:00Z"


async def test_one_case_that_fails_does_not_hold_up_the_others(routing: Routing) -> None:
    bad = await in_state(routing, "assigned")
    good = await in_state(routing, "assigned")
    async with routing.database.connection() as connection:
        await connection.execute(text("UPDATE clock SET within = '[]' WHERE case_id = :id"), {"id": bad["id"]})
    await settle(routing, "2026-03-12 10:00")
    assert await told(routing, good, ClockBreached) == [("acknowledge", local("2026-03-11 16:30"))]
    assert await told(routing, bad, ClockBreached) == []
    (row,) = await routing.rows("SELECT rings_at FROM cases WHERE id = :id", id=bad["id"])
    assert row.rings_at == local("2026-03-12 11:00")


@pytest.mark.usefixtures("resolving")
async def test_a_solution_stands_with_the_reply_before_where_the_last_did_not_arrive(routing: Routing) -> None:
    case = await in_state(routing, "assigned", topic="resolve")
    for hour in (1, 2):
        routing.at(NOW + timedelta(hours=hour))
        case = await routing.done(case, "reply", **FINAL)
    case = await routing.done(case, "close")
    assert clock(case, "resolve")["ended_at"] == (NOW + timedelta(hours=2)).astimezone(UTC).isoformat()[:19] + "Z"
    missing = ReplyUndeliverable(reply_id=uuid4(), answer=2, by="email", because="bounced", found_at=NOW)
    await routing.hear(received(missing, UUID(case["feedback_id"])))
    after = await routing.see(case["id"])
    assert clock(after, "resolve")["ended_at"] == (NOW + timedelta(hours=1)).astimezone(UTC).isoformat()[:19] + "Z"
    assert clock(after, "resolve")["met"]


@pytest.mark.usefixtures("resolving")
async def test_a_no_to_the_first_answer_says_nothing_of_the_second(routing: Routing) -> None:
    case = await in_state(routing, "answered", topic="resolve")
    await routing.hear(received(FeedbackEvaluated(answer=1, solved="no"), UUID(case["feedback_id"])))
    await routing.done(case, "reply", **FINAL)
    await settle(routing, "2026-05-20 10:00")
    after = await routing.see(case["id"])
    assert (after["state"], clock(after, "resolve")["met"]) == ("closed", True)
    assert await told(routing, case, ClockBreached) == []


@pytest.mark.usefixtures("resolving")
async def test_a_reply_written_down_late_takes_back_that_a_solution_was_overdue(routing: Routing) -> None:
    case = await in_state(routing, "assigned", topic="resolve")
    now = local("2026-04-10 10:00")
    await settle(routing, "2026-04-10 10:00")
    assert {name for name, _ in await told(routing, case, ClockBreached)} == {"reply", "resolve"}
    routing.at(now)
    late = {"effective_at": local("2026-03-20 10:00").isoformat(), "late_entry_reason": "Écrit ce jour-là."}
    await routing.done(case, "reply", **FINAL, **late)
    closed = await routing.done(case, "close")
    assert clock(closed, "resolve")["met"]
    untrue = [event for *_, event in await routing.events(case) if getattr(event, "breach_untrue", False)]
    assert {one.clock for one in untrue} == {"reply", "resolve"}


async def test_what_closed_by_itself_is_not_opened_again_before_that(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    await settle(routing, "2026-05-20 10:00")
    routing.at(local("2026-05-20 10:00"))
    late = {"effective_at": (NOW + timedelta(days=29)).isoformat(), "late_entry_reason": "Elle avait rappelé."}
    answer = await routing.do(case, "reopen", reason="Elle a rappelé.", **late)
    assert problem(answer) == (422, "effective-before-previous")


@pytest.mark.usefixtures("resolving")
async def test_who_withdraws_after_an_answer_has_had_what_was_promised_unless_they_contested_it(
    routing: Routing,
) -> None:
    kept = await in_state(routing, "answered", topic="resolve")
    contested = await in_state(routing, "answered", topic="resolve")
    said = received(FeedbackEvaluated(answer=1, solved="no"), UUID(contested["feedback_id"]))
    withdrawn = [received(FeedbackWithdrawn(effective_at=NOW), UUID(one["feedback_id"])) for one in (kept, contested)]
    await routing.hear(said, *withdrawn)

    ended = clock(await routing.see(kept["id"]), "resolve")
    lapsed = clock(await routing.see(contested["id"]), "resolve")
    (closed,) = [event for *_, event in await routing.events(kept) if isinstance(event, CaseClosed)]

    assert (ended["ended_at"], ended["met"], ended["cancelled_at"]) == (kept["answered_at"], True, None)
    assert [(one.clock, one.met) for one in closed.ended] == [("resolve", True)]
    assert (lapsed["ended_at"], lapsed["cancelled_at"] is None) == (None, False)


@pytest.mark.usefixtures("resolving")
async def test_the_promise_of_the_second_stage_lapses_once_it_runs_and_can_begin_before(routing: Routing) -> None:
    case = await in_state(routing, "assigned", topic="resolve")
    withdrawn = FeedbackWithdrawn(effective_at=NOW)
    await routing.hear(received(withdrawn, UUID(case["feedback_id"])))
    again = await routing.done(await routing.see(case["id"]), "reopen", reason="Elle a rappelé.")
    assert clock(again, "stage2_reply")["started_at"]
    assert [one["cancelled_at"] for one in again["clocks"]] == [None] * 3
    await routing.hear(received(withdrawn, UUID(case["feedback_id"])))
    assert clock(await routing.see(case["id"]), "stage2_reply")["cancelled_at"]


@pytest.mark.usefixtures("resolving")
async def test_the_second_stage_is_promised_again_each_time_that_the_case_is_open_again(routing: Routing) -> None:
    case = await in_state(routing, "closed", topic="resolve")
    case = await routing.done(case, "reopen", reason="Elle a rappelé.")
    first = clock(case, "stage2_reply")
    case = await routing.done(case, "extend", **{**EXTENSION, "clock": "stage2_reply"}, business_days=2)
    await settle(routing, "2026-04-10 10:00")
    routing.at(local("2026-04-10 10:00"))
    case = await routing.done(case, "reply", **FINAL)
    assert clock(case, "stage2_reply")["met"] is False
    case = await routing.done(case, "reopen", reason="Encore.")
    again = clock(case, "stage2_reply")
    assert (again["started_at"], again["ended_at"], again["met"]) == ("2026-04-10T14:00:00Z", None, None)
    assert (again["extended"], again["suspended_seconds"]) == (False, 0)
    assert again["due_at"] > first["due_at"]
    assert clock(case, "reply")["ended_at"] == "2026-03-10T14:00:00Z"
    await settle(routing, "2026-05-20 10:00")
    assert [name for name, _ in await told(routing, case, ClockBreached)] == ["stage2_reply"] * 2
