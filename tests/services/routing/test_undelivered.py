"""What becomes of a case where a reply, a question or another notice did not arrive, or arrives after all."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.common.auth.identity import Principal
from libs.common.versions import Expected
from libs.contracts.cases import CaseResumed, CaseUnasked, ClockBreached, ClockCorrected, case_id_of
from libs.contracts.feedback import (
    FeedbackEvaluated,
    FeedbackWithdrawn,
    NoticeUndeliverable,
    ReplyDelivered,
    ReplyUndeliverable,
)
from services.routing.cases.terms import USUAL
from services.routing.cases.timers import ring
from services.routing.cases.verbs.schemas import Reply
from services.routing.cases.verbs.service import Hand, do
from tests.services.routing.office import Routing, clock, due, local, received, submitted
from tests.services.routing.test_following import LATER, NOW, SPOKE, hear, message, tasks, told
from tests.services.routing.test_working import FINAL, in_state


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


async def test_a_reply_that_did_not_arrive_is_as_if_it_had_not_been_given(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    missing = ReplyUndeliverable(reply_id=uuid4(), answer=1, by="email", because="bounced", found_at=LATER)
    after = await hear(routing, case, missing)
    assert (after["state"], after["outcome"], tasks(after)) == ("assigned", None, ["reply_undelivered"])
    assert {one["clock"]: one["ended_at"] for one in after["clocks"]} == {"acknowledge": None, "reply": None}
    corrected = await told(routing, case, ClockCorrected)
    assert [(one.clock, one.because, one.ended_at, one.state) for one in corrected] == [
        ("acknowledge", "undeliverable", None, "assigned"),
        ("reply", "undeliverable", None, "assigned"),
    ]
    routing.at(LATER)
    again = await routing.done(case, "reply", **FINAL)
    assert (again["state"], clock(again, "reply")["met"], again["final_replies"]) == ("answered", True, 2)


@pytest.mark.parametrize(
    ("by", "because", "next_one"),
    [
        ("email", "rejected", ["deliver_reply"]),
        ("email", "bounced", ["deliver_reply"]),
        ("email", "unreachable", []),
        ("letter", "returned", []),
    ],
)
async def test_where_no_mail_arrives_a_human_brings_the_next_reply(
    routing: Routing, by: Any, because: Any, next_one: list[str]
) -> None:
    case = await in_state(routing, "answered")
    missing = ReplyUndeliverable(reply_id=uuid4(), answer=1, by=by, because=because, found_at=LATER)
    await hear(routing, case, missing)
    routing.at(LATER)
    assert tasks(await routing.done(case, "reply", **FINAL)) == next_one
    brought = ReplyDelivered(reply_id=uuid4(), answer=2, by="phone", delivered_at=LATER)
    after = await hear(routing, case, brought)
    assert (after["state"], tasks(after)) == ("answered", [])


def bounced(answer: int) -> ReplyUndeliverable:
    return ReplyUndeliverable(reply_id=uuid4(), answer=answer, by="email", because="bounced", found_at=LATER)


async def replied(routing: Routing, case: dict[str, Any], *outcomes: str) -> dict[str, Any]:
    """One final reply after the other, an hour between two."""
    for hours, outcome in enumerate(outcomes, 1):
        routing.at(NOW + timedelta(hours=hours))
        case = await routing.done(case, "reply", **{**FINAL, "outcome": outcome})
    return case


async def test_what_staff_reply_while_it_is_told_that_another_reply_did_not_arrive_stands(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    by = Principal("zoe", frozenset({"supervisor"}), frozenset({"letters"}))
    async with routing.database.transaction() as session:
        await do(session, UUID(case["id"]), "reply", Reply(**FINAL), Hand(by, LATER, USUAL, Expected(None)))
        meanwhile = asyncio.create_task(hear(routing, case, bounced(1)))
        await asyncio.sleep(0.3)
        assert not meanwhile.done()
    after = await meanwhile
    assert (after["state"], after["final_replies"], clock(after, "reply")["met"]) == ("answered", 2, True)


async def test_of_several_replies_the_one_before_stands_with_its_decision_where_the_last_did_not_arrive(
    routing: Routing,
) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "not_upheld", "partly_upheld", "upheld")
    after = await hear(routing, case, bounced(3))
    assert (after["state"], after["outcome"], tasks(after)) == ("answered", "partly_upheld", ["reply_undelivered"])
    assert clock(after, "reply")["ended_at"] == clock(case, "reply")["ended_at"]
    assert await told(routing, case, CaseResumed) == await told(routing, case, ClockCorrected) == []
    [row] = await routing.rows("SELECT answered_at FROM cases WHERE id = :id", id=case["id"])
    assert row.answered_at == NOW + timedelta(hours=2)


async def test_where_the_first_of_several_did_not_arrive_clocks_end_with_the_next(routing: Routing) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "upheld", "upheld", "upheld")
    after = await hear(routing, case, bounced(1))
    assert datetime.fromisoformat(clock(after, "reply")["ended_at"]) == NOW + timedelta(hours=2)


def arrived(answer: int, by: Any = "phone") -> ReplyDelivered:
    return ReplyDelivered(reply_id=uuid4(), answer=answer, by=by, delivered_at=local("2026-03-13 10:00"))


async def test_a_reply_that_arrives_after_all_counts_from_when_it_was_given(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    lost = await hear(routing, case, bounced(1))
    await ring(routing.database, local("2026-03-12 10:00"), USUAL)
    routing.at(local("2026-03-12 10:00"))
    assert (await routing.done(lost, "ask", **QUESTION))["state"] == "waiting"
    after = await hear(routing, case, arrived(1))
    assert (after["state"], after["outcome"], after["answered_at"]) == ("answered", "upheld", case["answered_at"])
    assert (after["waiting"], tasks(after)) == (None, [])
    assert [{name: one[name] for name in ("ended_at", "met")} for one in after["clocks"]] == [
        {"ended_at": "2026-03-10T14:00:00Z", "met": True}
    ] * 2
    *_, acknowledge, reply = await told(routing, case, ClockCorrected)
    assert [(one.clock, one.met, one.breach_untrue, one.state) for one in (acknowledge, reply)] == [
        ("acknowledge", True, True, "answered"),
        ("reply", True, False, "answered"),
    ]
    versions = len(await routing.told(case["id"]))
    assert (await hear(routing, case, arrived(1, "letter")))["state"] == "answered"
    assert len(await routing.told(case["id"])) == versions


async def test_who_was_not_content_while_the_reply_counted_as_lost_is_not_forgotten_once_it_is_found(
    routing: Routing,
) -> None:
    case = await in_state(routing, "answered", reply_by="letter")
    returned = ReplyUndeliverable(reply_id=uuid4(), answer=1, by="letter", because="returned", found_at=LATER)
    await hear(routing, case, returned)
    assert tasks(await hear(routing, case, FeedbackEvaluated(answer=1, solved="no"))) == ["reply_undelivered"]
    found = await hear(routing, case, arrived(1, "letter"))
    assert (found["state"], tasks(found)) == ("answered", ["not_solved"])
    await ring(routing.database, local("2026-05-20 10:00"), USUAL)
    assert (await routing.see(case["id"]))["state"] == "answered"


@pytest.mark.parametrize(("found", "left"), [(1, ["not_solved", "reply_undelivered"]), (2, [])])
async def test_what_they_said_of_one_of_two_lost_replies_holds_where_that_one_is_found(
    routing: Routing, found: int, left: list[str]
) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "not_upheld")
    await hear(routing, case, FeedbackEvaluated(answer=1, solved="no"))
    case = await replied(routing, case, "upheld")
    await hear(routing, case, bounced(2), bounced(1))
    after = await hear(routing, case, arrived(found))
    assert (after["state"], sorted(tasks(after))) == ("answered", left)


async def test_of_two_lost_replies_the_later_is_still_to_be_brought_once_the_earlier_is_found(routing: Routing) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "not_upheld", "upheld")
    await hear(routing, case, bounced(1), bounced(2))
    assert tasks(await hear(routing, case, arrived(1))) == ["reply_undelivered"]
    assert tasks(await hear(routing, case, arrived(2))) == []


async def test_a_reply_is_lost_and_found_as_often_as_it_is_told(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    for _ in range(2):
        assert (await hear(routing, case, bounced(1)))["state"] == "assigned"
        assert (await hear(routing, case, arrived(1)))["state"] == "answered"
    assert (await hear(routing, case, bounced(1), arrived(1)))["state"] == "answered"
    assert (await hear(routing, case, bounced(1)))["state"] == "assigned"


async def test_of_several_replies_the_last_that_arrived_decides_and_the_first_ends_the_clocks(routing: Routing) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "not_upheld", "upheld")
    both = await hear(routing, case, bounced(1), bounced(2))
    assert (both["state"], clock(both, "reply")["ended_at"]) == ("assigned", None)
    last = await hear(routing, case, arrived(2))
    assert (last["state"], last["outcome"]) == ("answered", "upheld")
    assert datetime.fromisoformat(clock(last, "reply")["ended_at"]) == NOW + timedelta(hours=2)
    first = await hear(routing, case, arrived(1))
    assert (first["outcome"], first["answered_at"]) == ("upheld", last["answered_at"])
    assert datetime.fromisoformat(clock(first, "reply")["ended_at"]) == NOW + timedelta(hours=1)


async def test_what_arrives_once_the_case_is_open_again_ends_its_clocks_and_answers_nothing_that_came_after(
    routing: Routing,
) -> None:
    case = await in_state(routing, "closed")
    assert tasks(await hear(routing, case, bounced(1))) == ["reply_undelivered"]
    await routing.done(await routing.see(case["id"]), "reopen", reason="Rien n'est arrivé.")
    await ring(routing.database, local("2026-03-31 10:00"), USUAL)
    breached = await told(routing, case, ClockBreached)
    after = await hear(routing, case, arrived(1))
    assert (after["state"], after["outcome"], tasks(after)) == ("acknowledged", None, [])
    assert after["clocks"] == case["clocks"]
    corrected = await told(routing, case, ClockCorrected)
    assert [(one.clock, one.met, one.breach_untrue, one.state) for one in corrected[-2:]] == [
        (one.clock, True, True, "assigned") for one in breached
    ]
    (resumed,) = await told(routing, case, CaseResumed)
    assert (resumed.state, [one.running for one in resumed.clocks]) == ("acknowledged", [False, False])
    lost = await hear(routing, case, bounced(1))  # and nobody has acknowledged it
    assert (lost["state"], clock(lost, "reply")["ended_at"]) == ("assigned", None)


async def test_what_arrives_once_another_reply_was_given_ends_the_clock_when_it_was_given(routing: Routing) -> None:
    case = await in_state(routing, "closed")
    await hear(routing, case, bounced(1))
    again = await routing.done(await routing.see(case["id"]), "reopen", reason="Rien n'est arrivé.")
    answered = await replied(routing, again, "not_upheld")
    after = await hear(routing, case, arrived(1))
    assert after["clocks"] == case["clocks"]
    stands = ("state", "outcome", "answered_at")
    assert {name: after[name] for name in stands} == {name: answered[name] for name in stands}


async def test_what_arrives_while_the_case_is_closed_ends_its_promises_and_leaves_it_closed(routing: Routing) -> None:
    case = await in_state(routing, "closed")
    await hear(routing, case, bounced(1))
    after = await hear(routing, case, arrived(1))
    assert (after["state"], after["outcome"], tasks(after)) == ("closed", "upheld", [])
    assert after["clocks"] == case["clocks"]


async def test_what_stood_before_it_was_open_again_answers_nothing_that_came_after(routing: Routing) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "upheld")
    case = await replied(routing, await routing.done(case, "reopen", reason="Elle a rappelé."), "upheld")
    after = await hear(routing, case, bounced(2))
    assert (after["state"], after["outcome"]) == ("acknowledged", None)
    assert len(await told(routing, case, CaseResumed)) == 1  # no clock says so
    assert (await hear(routing, case, arrived(2)))["state"] == "answered"
    assert [one.state for one in await told(routing, case, CaseResumed)] == ["acknowledged", "answered"]


async def test_an_answer_that_was_contested_and_stands_again_is_contested_again(routing: Routing) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "not_upheld")
    contested = await hear(routing, case, FeedbackEvaluated(answer=1, solved="no"))
    again = await replied(routing, contested, "upheld")
    assert tasks(again) == []
    after = await hear(routing, again, bounced(2))
    assert (after["state"], tasks(after)) == ("answered", ["not_solved", "reply_undelivered"])
    assert tasks(await hear(routing, after, arrived(2))) == []
    assert tasks(await hear(routing, after, bounced(2))) == ["not_solved", "reply_undelivered"]
    anew = await replied(routing, after, "upheld")
    [row] = await routing.rows("SELECT solved_answer, answers FROM cases WHERE id = :id", id=case["id"])
    assert (tasks(anew), row.solved_answer < row.answers) == (["deliver_reply"], True)


UNTIL = local("2026-03-20 10:00")
QUESTION = {"text": "Quel numéro ?", "until": UNTIL.isoformat(), "otherwise": "Nous fermerons."}


def untold(notice: str, because: Any = "bounced") -> NoticeUndeliverable:
    """Mail of what was done on Tuesday morning."""
    return NoticeUndeliverable(
        notice=notice, about=uuid4(), said_at=NOW, by="email", because=because, found_at=local("2026-03-12 10:00")
    )


async def test_a_question_that_did_not_arrive_holds_nothing_up_and_is_brought_by_staff(routing: Routing) -> None:
    for because, brought in (("bounced", ["bring_question"]), ("unreachable", [])):
        routing.at(NOW)
        case = await in_state(routing, "acknowledged", reply_by="email")
        asked = await routing.done(case, "ask", **QUESTION)
        assert (asked["state"], tasks(asked)) == ("waiting", [])
        routing.at(local("2026-03-12 10:00"))
        after = await hear(routing, case, untold("asked", because))
        assert (after["state"], tasks(after), after["clocks"]) == ("acknowledged", ["bring_question"], case["clocks"])
        assert [(one["from"], one["ended_at"]) for one in after["suspensions"]] == [("2026-03-10T14:00:00Z",) * 2]
        (resumed,) = await told(routing, case, CaseResumed)
        assert {one.clock: one.due_at for one in resumed.clocks} == {name: due(case, name) for name in CLOCKS}
        assert [one.asked_at for one in await told(routing, case, CaseUnasked)] == [NOW]
        phoned = await routing.done(case, "ask", **QUESTION)
        assert (phoned["state"], tasks(phoned)) == ("waiting", brought)
        assert tasks(await routing.done(case, "note", note="Appelée : elle cherche.")) == []


CLOCKS = ("acknowledge", "reply")


@pytest.mark.parametrize(
    ("verb", "body"), [("note", {"note": "Appelée."}), ("reply", FINAL), ("suspend", {"for": "third_party"})]
)
async def test_a_question_that_did_not_arrive_is_to_be_brought_until_it_is_or_there_is_an_answer(
    routing: Routing, verb: str, body: dict[str, Any]
) -> None:
    case = await in_state(routing, "acknowledged", reply_by="email")
    await routing.done(case, "ask", **QUESTION)
    await hear(routing, case, untold("asked"))
    waits = {"reason": "lab", "until": UNTIL.isoformat()} if verb == "suspend" else {}
    after = await routing.done(case, verb, **body, **waits)
    if verb == "suspend":
        after = await routing.done(after, "resume")
    assert ("bring_question" in tasks(after)) == (verb == "suspend")


async def test_a_question_that_did_not_arrive_moves_no_promise_also_where_that_is_known_once_the_wait_is_over(
    routing: Routing,
) -> None:
    by_itself, by_staff, read = [await in_state(routing, "acknowledged", reply_by="email") for _ in range(3)]
    for case in (by_itself, by_staff, read):
        await routing.done(case, "ask", **QUESTION)
    assert tasks(await hear(routing, read, message("Le 12."))) == ["answer_asked"]
    routing.at(LATER)
    answered = await routing.done(by_staff, "reply", **FINAL)
    assert due(answered, "reply") == local("2026-03-31 16:30")
    await ring(routing.database, local("2026-03-20 10:01"), USUAL)
    assert due(await routing.see(by_itself["id"]), "reply") == local(
        "2026-04-13 16:30"
    )  # the 3rd and the 6th are holidays

    for case, state, left in (
        (by_itself, "acknowledged", ["bring_question", "wait_over"]),
        (by_staff, "answered", []),
        (read, "acknowledged", ["answer_asked"]),
    ):
        after = await hear(routing, case, untold("asked"))
        assert (after["state"], tasks(after)) == (state, left)
        kept = local("2026-03-31 16:30") if case is read else due(case, "reply")
        assert due(after, "reply") == kept
        assert [one.asked_at for one in await told(routing, case, CaseUnasked)] == ([] if case is read else [NOW])
    (corrected,) = await told(routing, by_itself, ClockCorrected)
    assert (corrected.clock, corrected.because, corrected.due_at) == ("reply", "undeliverable", due(case, "reply"))
    assert (corrected.suspended_seconds, corrected.late_entry) == (0, False)


async def test_of_two_questions_of_one_moment_the_later_holds_nothing_up_where_its_mail_comes_back(
    routing: Routing,
) -> None:
    case = await in_state(routing, "acknowledged", reply_by="email")
    for verb, body in (("ask", QUESTION), ("resume", {}), ("ask", QUESTION)):
        await routing.done(case, verb, **body)
    after = await hear(routing, case, untold("asked"))
    assert (after["state"], tasks(after), after["clocks"]) == ("acknowledged", ["bring_question"], case["clocks"])
    await hear(routing, case, untold("asked"))
    assert len(await told(routing, case, CaseUnasked)) == 1


async def test_a_reply_that_was_in_time_by_a_question_that_did_not_arrive_was_late(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged", reply_by="email")
    await routing.done(case, "ask", **{**QUESTION, "until": local("2026-04-01 10:00").isoformat()})
    routing.at(local("2026-03-31 10:00"))
    answered = await routing.done(case, "reply", **FINAL)
    assert clock(answered, "reply")["met"] is True
    late = clock(await hear(routing, case, untold("asked")), "reply")
    assert (late["met"], late["due_at"]) == (False, clock(case, "reply")["due_at"])


async def test_a_new_date_that_did_not_arrive_is_brought_by_staff_and_stands(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged", reply_by="email")
    moved = await routing.done(
        case, "extend", clock="reply", business_days=2, text="L'expert est absent.", recourse="Écrivez."
    )
    assert tasks(moved) == []
    after = await hear(routing, case, untold("extended"))
    assert (tasks(after), after["clocks"]) == (["bring_extension"], moved["clocks"])
    line = (await routing.timeline(case))[-1]
    assert (line["verb"], line["details"]) == ("untold", {"by": "email", "notice": "extended", "because": "bounced"})
    answered = await routing.done(case, "reply", **FINAL)
    assert tasks(answered) == ["deliver_reply"]  # since no mail arrives
    assert tasks(await hear(routing, case, untold("extended"))) == ["deliver_reply"]


async def test_an_apology_that_did_not_arrive_is_brought_by_staff_where_the_answer_is_late_still(
    routing: Routing,
) -> None:
    late, in_time = [await in_state(routing, "acknowledged", reply_by="email") for _ in range(2)]
    assert tasks(await hear(routing, in_time, untold("late"))) == []
    await ring(routing.database, local("2026-03-31 10:00"), USUAL)
    assert tasks(await routing.see(late["id"])) == []
    assert tasks(await hear(routing, late, untold("late"))) == ["bring_apology"]


@pytest.mark.parametrize(("state", "brought"), [("assigned", []), ("acknowledged", ["bring_transfer"])])
async def test_another_team_of_which_no_mail_arrived_is_told_by_staff_once_somebody_was_in_touch(
    routing: Routing, state: str, brought: list[str]
) -> None:
    for notice in ("assigned", "transferred"):
        case = await in_state(routing, state, reply_by="email")
        assert tasks(await routing.done(case, "transfer", team="passports")) == []
        assert tasks(await hear(routing, case, untold(notice))) == brought


NEW_DATE = {"clock": "reply", "business_days": 5, "text": "Il faut du temps.", "recourse": "Écrivez."}


@pytest.mark.parametrize(
    ("verb", "body", "brought"),
    [
        ("reply", FINAL, ["deliver_reply"]),
        ("ask", QUESTION, ["bring_question"]),
        ("extend", NEW_DATE, ["bring_extension"]),
        ("transfer", {"team": "passports"}, ["bring_transfer"]),
        ("note", {"note": "Vu."}, []),
    ],
)
async def test_what_was_said_while_only_intake_knew_that_no_mail_arrives_is_brought_by_staff(
    routing: Routing, verb: str, body: dict[str, Any], brought: list[str]
) -> None:
    for said, then in ((timedelta(minutes=1), brought), (-timedelta(minutes=1), [])):
        routing.at(NOW)
        case = await in_state(routing, "acknowledged", reply_by="email")
        found = untold("received")
        routing.at(found.found_at + said)
        assert tasks(await routing.done(case, verb, **body)) == []
        assert tasks(await hear(routing, case, found)) == then
        assert tasks(await hear(routing, case, untold("received"))) == then  # told again it is no news


async def test_a_promise_that_was_broken_while_only_intake_knew_that_no_mail_arrives_is_apologised_for_by_staff(
    routing: Routing,
) -> None:
    case = await in_state(routing, "acknowledged", reply_by="email")
    late = local("2026-04-30 10:00")
    await ring(routing.database, late, USUAL)
    before = untold("received").model_copy(update={"found_at": late - timedelta(minutes=1)})
    assert tasks(await hear(routing, case, before)) == ["bring_apology"]


@pytest.mark.parametrize(("because", "brought"), [("no_address", ["deliver_reply"]), ("bounced", [])])
async def test_a_reply_that_no_mail_was_ever_to_tell_is_brought_by_staff(
    routing: Routing, because: str, brought: list[str]
) -> None:
    for notice in ("answered", "interim"):
        case = await replied(routing, await in_state(routing, "assigned"), "upheld")
        after = await hear(routing, case, untold(notice, because))
        assert (after["state"], tasks(after), after["clocks"]) == ("answered", brought, case["clocks"])
        again = await routing.done(case, "reply", **FINAL)
        assert tasks(again) == ["deliver_reply"]
        assert tasks(await hear(routing, await routing.done(again, "close"), untold(notice, because))) == []


async def test_where_no_mail_arrives_before_there_is_a_case_staff_bring_what_is_said_of_the_one_that_opens(
    routing: Routing,
) -> None:
    for at_once in (False, True):
        praise = submitted(SPOKE, kind="compliment", service="passports", ratings=[{"measure": "csat", "value": 5}])
        lost, wrote = received(untold("received"), praise.subject), received(message("Et mon reçu ?"), praise.subject)
        await routing.hear(praise)
        for some in ((lost, wrote),) if at_once else ((lost,), (wrote,)):
            await routing.hear(*some)
        case = await routing.see(case_id_of(praise.subject))
        assert tasks(await routing.done(case, "reply", **FINAL)) == ["deliver_reply"]


async def test_a_notice_of_which_nothing_is_known_here_changes_nothing_but_how_staff_reach_them(
    routing: Routing,
) -> None:
    case = await in_state(routing, "acknowledged", reply_by="email")
    after = await hear(routing, case, untold("of_a_kind_to_come"))
    assert (after["state"], tasks(after)) == ("acknowledged", [])
    assert tasks(await routing.done(case, "ask", **QUESTION)) == ["bring_question"]


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_promise_of_a_reply_that_did_not_arrive_lapses_where_the_person_had_withdrawn(
    routing: Routing, at_once: bool
) -> None:
    case = await in_state(routing, "answered")
    events = (FeedbackWithdrawn(effective_at=LATER), bounced(1))
    for slice_ in [events] if at_once else [[one] for one in events]:
        after = await hear(routing, case, *slice_)
    assert (after["state"], after["outcome"], tasks(after)) == ("closed", "withdrawn", [])
    lapsed = [(None, None, "2026-03-11T14:00:00Z")] * 2
    assert [(one["ended_at"], one["met"], one["cancelled_at"]) for one in after["clocks"]] == lapsed
    corrected = await told(routing, case, ClockCorrected)
    assert [(one.clock, one.cancelled_at) for one in corrected] == [("acknowledge", LATER), ("reply", LATER)]
    await ring(routing.database, local("2026-06-01 10:00"), USUAL)
    assert await told(routing, case, ClockBreached) == []
    found = await hear(routing, case, arrived(1))
    assert (found["state"], found["outcome"], found["clocks"]) == ("closed", "upheld", case["clocks"])


async def test_what_waited_after_a_reply_that_did_not_arrive_has_moved_its_promise(routing: Routing) -> None:
    case = await replied(routing, await in_state(routing, "assigned"), "not_upheld")
    promised = due(case, "reply")
    case = await routing.done(case, "reopen", reason="Elle a rappelé.")
    wait = {"for": "third_party", "reason": "lab", "until": local("2026-03-20 10:00").isoformat()}
    await routing.done(case, "suspend", **wait)
    routing.at(NOW + timedelta(days=1, hours=1))
    await routing.done(case, "resume")
    after = await hear(routing, case, bounced(1))
    assert (promised, due(after, "reply")) == (local("2026-03-30 16:30"), local("2026-03-31 16:30"))
    assert clock(after, "reply")["suspended_seconds"] == 7 * 3600


async def test_an_acknowledgement_of_its_own_stays_where_the_reply_did_not_arrive(routing: Routing) -> None:
    case = await routing.done(await in_state(routing, "acknowledged"), "reply", **FINAL)
    missing = ReplyUndeliverable(reply_id=uuid4(), answer=1, by="letter", because="returned", found_at=LATER)
    after = await hear(routing, case, missing)
    assert (after["state"], clock(after, "acknowledge")["met"]) == ("acknowledged", True)


async def test_without_clocks_too_the_team_has_the_case_again(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="suggestion", response_requested=True, service="passports")
    await routing.done(case, "reply", **FINAL)
    missing = ReplyUndeliverable(reply_id=uuid4(), answer=1, by="email", because="rejected", found_at=LATER)
    assert (await hear(routing, case, missing))["state"] == "assigned"
    *_, (_, _, event) = await routing.events(case)
    assert (type(event), event.state) == (CaseResumed, "assigned")
