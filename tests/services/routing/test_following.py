"""What a case learns of its feedback after it was opened, and how staff open one for feedback that had none."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from libs.common.auth.identity import Principal
from libs.common.stream.events import Received
from libs.common.versions import Expected
from libs.contracts.cases import (
    CaseAssigned,
    CaseClosed,
    CaseExtended,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    ClockBreached,
    ClockCorrected,
    case_id_of,
)
from libs.contracts.feedback import (
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    NoticeUndeliverable,
    PersonErased,
    ReplyDelivered,
    ReplyUndeliverable,
)
from services.routing.cases.opening_by_staff import open_case
from services.routing.cases.schemas import OpenCase
from services.routing.cases.terms import USUAL
from services.routing.cases.timers import ring
from services.routing.cases.verbs.schemas import Reply
from services.routing.cases.verbs.service import Hand, do
from tests.services.routing.office import ORGANISATION, Routing, clock, due, local, received, submitted
from tests.services.routing.test_working import FINAL, in_state, problem

SPOKE = local("2026-03-09 11:00")
NOW = local("2026-03-10 10:00")
LATER = local("2026-03-11 10:00")


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


async def hear(routing: Routing, case: dict[str, Any], *events: Any) -> dict[str, Any]:
    await routing.hear(*(received(event, UUID(case["feedback_id"])) for event in events))
    return await routing.see(case["id"])


def message(text: str = "Bonjour.") -> FeedbackMessageAdded:
    return FeedbackMessageAdded(message_id=uuid4(), sent_at=LATER, text=text)


def tasks(case: dict[str, Any]) -> list[str]:
    return [one["task"] for one in case["tasks"]]


async def told(routing: Routing, case: dict[str, Any], kind: type[Any]) -> list[Any]:
    return [event for *_, event in await routing.events(case) if isinstance(event, kind)]


async def test_a_wait_is_told_with_who_assigned_the_case(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports")
    until = local("2026-03-20 10:00").isoformat()
    for by in ("rule", "staff"):
        await routing.done(case, "suspend", **{"for": "third_party", "reason": "lab", "until": until})
        await routing.done(case, "resume")
        await routing.done(
            case, "extend", clock="reply", business_days=1, text="Il faut du temps.", recourse="Écrivez."
        )
        said = [
            event.assigned_by
            for kind in (CaseSuspended, CaseResumed, CaseExtended)
            for event in await told(routing, case, kind)
        ]
        assert said.count(by) == 3
        await routing.done(case, "assign", team="letters")


async def test_a_message_is_on_the_timeline_and_somebody_must_read_it(routing: Routing) -> None:
    for state in ("assigned", "acknowledged", "answered", "closed"):
        case = await in_state(routing, state)
        after = await hear(routing, case, message("J'ai oublié le reçu."))
        assert (after["state"], tasks(after)) == (state, ["read_message"])
        line = (await routing.timeline(case))[-1]
        assert (line["verb"], line["by"], line["text"]) == ("message", "person", "J'ai oublié le reçu.")


async def test_the_answer_to_a_question_ends_the_wait(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    until = local("2026-03-20 10:00").isoformat()
    await routing.done(case, "ask", text="Quel numéro ?", until=until, otherwise="Nous fermerons.")
    after = await hear(routing, case, message("Le 12."))
    assert (after["state"], tasks(after), after["waiting"]) == ("acknowledged", ["answer_asked"], None)
    (resumed,) = await told(routing, case, CaseResumed)
    assert (resumed.resumed_by, resumed.effective_at) == ("person", LATER)
    assert due(after, "reply") == local("2026-03-31 16:30")  # seven hours after Mon 30
    routing.at(LATER)
    assert tasks(await routing.done(case, "note", note="Lu.")) == []


async def test_the_same_event_again_changes_nothing(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    event = received(message(), UUID(case["feedback_id"]))
    await routing.hear(event)
    before = await routing.timeline(case)
    await routing.hear(event)
    assert await routing.timeline(case) == before


async def test_who_has_not_seen_a_message_does_not_answer_over_it(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    after = await hear(routing, case, message("Mon reçu manque."), FeedbackEvaluated(answer=1, solved="no"))
    who = routing.staff("supervisor", teams=["letters"])
    stale = await routing.do(case, "close", who | {"If-Match": f'"{case["version"]}"'})
    assert problem(stale) == (412, "precondition-failed")
    action = {"case_id": case["id"], "verb": "close", "version": case["version"]}
    batch = await routing.http.post("/v1/cases/actions", json={"actions": [action]}, headers=who)
    assert [one["status"] for one in batch.json()["outcomes"]] == [412]
    assert tasks(await routing.see(case["id"])) == ["not_solved", "read_message"]
    seen = await routing.do(case, "close", who | {"If-Match": f'"{after["version"]}"'})
    assert (seen.status_code, seen.json()["tasks"]) == (200, [])


async def test_withdrawn_feedback_closes_the_case_and_its_promises_lapse(routing: Routing) -> None:
    for state in ("new", "assigned", "waiting", "answered"):
        case = await in_state(routing, state)
        after = await hear(routing, case, FeedbackWithdrawn(effective_at=LATER))
        outcome = "upheld" if state == "answered" else "withdrawn"
        assert (after["state"], after["outcome"], tasks(after)) == ("closed", outcome, [])
        (closed,) = await told(routing, case, CaseClosed)
        assert (closed.because, closed.outcome, closed.effective_at) == ("withdrawn", outcome, LATER)
        open_before = [one["clock"] for one in case["clocks"] if one["ended_at"] is None]
        assert [one.clock for one in closed.clocks if one.cancelled_at == LATER] == open_before
        assert len(await told(routing, case, CaseResumed)) == (1 if state == "waiting" else 0)


async def test_what_lapsed_before_it_was_told_to_be_missed_was_not_missed(routing: Routing) -> None:
    for withdrawn_at, untrue in ((LATER, ["acknowledge"]), (local("2026-03-12 10:00"), [])):
        case = await in_state(routing, "assigned")
        await ring(routing.database, local("2026-03-13 10:00"), USUAL)
        assert [one.clock for one in await told(routing, case, ClockBreached)] == ["acknowledge"]
        await hear(routing, case, FeedbackWithdrawn(effective_at=withdrawn_at))
        corrected = await told(routing, case, ClockCorrected)
        assert [one.clock for one in corrected if one.breach_untrue] == untrue


async def test_withdrawn_after_it_was_closed_changes_nothing(routing: Routing) -> None:
    case = await in_state(routing, "closed")
    assert (await hear(routing, case, FeedbackWithdrawn(effective_at=LATER)))["outcome"] == "upheld"


async def test_nothing_is_left_to_do_in_a_closed_case_that_is_withdrawn(routing: Routing) -> None:
    case = await in_state(routing, "closed")
    assert tasks(await hear(routing, case, message())) == ["read_message"]
    assert tasks(await hear(routing, case, FeedbackWithdrawn(effective_at=LATER))) == []


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


async def test_what_arrives_once_the_case_is_open_again_answers_nothing_that_came_after(routing: Routing) -> None:
    case = await in_state(routing, "closed")
    assert tasks(await hear(routing, case, bounced(1))) == ["reply_undelivered"]
    again = await routing.done(await routing.see(case["id"]), "reopen", reason="Rien n'est arrivé.")
    after = await hear(routing, case, arrived(1))
    assert (after["state"], after["clocks"]) == ("acknowledged", again["clocks"])


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
    (corrected,) = await told(routing, by_itself, ClockCorrected)
    assert (corrected.clock, corrected.because, corrected.due_at) == ("reply", "undeliverable", due(case, "reply"))


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


async def test_what_is_withdrawn_and_open_again_starts_no_promise_of_before(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="enquiry")
    waiting = [one["clock"] for one in case["clocks"] if one["starts"] == "assignment"]
    assert waiting
    await hear(routing, case, FeedbackWithdrawn(effective_at=LATER))
    routing.at(LATER)
    again = await routing.done(case, "reopen", reason="Elle a rappelé.")
    after = await routing.done(again, "assign", team="letters")
    assert {name: clock(after, name)["due_at"] for name in waiting} == dict.fromkeys(waiting)


async def test_a_message_that_was_sent_before_the_question_does_not_answer_it(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    routing.at(LATER + timedelta(hours=1))
    until = local("2026-03-20 10:00").isoformat()
    await routing.done(case, "ask", text="Quel numéro ?", until=until, otherwise="Nous fermerons.")
    after = await hear(routing, case, message("Où en est-on ?"))
    assert (after["state"], tasks(after)) == ("waiting", ["read_message"])


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


async def test_a_message_while_somebody_else_is_waited_for_answers_no_question(routing: Routing) -> None:
    until = local("2026-03-20 10:00").isoformat()
    case = await in_state(routing, "assigned")
    case = await routing.done(case, "suspend", **{"for": "third_party", "reason": "lab", "until": until})
    assert tasks(await hear(routing, case, message())) == ["read_message"]


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


async def test_a_delivery_is_noted_and_staff_must_bring_what_goes_by_letter(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports", reply_by="letter")
    assert tasks(await routing.done(case, "reply", **FINAL)) == ["deliver_reply"]
    arrived = ReplyDelivered(reply_id=uuid4(), answer=1, by="letter", delivered_at=LATER)
    assert tasks(await hear(routing, case, arrived)) == []
    line = (await routing.timeline(case))[-1]
    assert (line["verb"], line["details"]) == ("delivered", {"by": "letter", "answer": 1})


async def test_what_did_not_solve_it_is_a_task_until_it_is_answered_again(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    after = await hear(routing, case, FeedbackEvaluated(answer=1, solved="partly"))
    assert (after["solved"], tasks(after)) == ("partly", ["not_solved"])
    assert tasks(await routing.done(case, "reply", **FINAL)) == []
    assert tasks(await hear(routing, case, FeedbackEvaluated(answer=1, solved="no"))) == []


async def test_words_with_a_yes_are_read_by_somebody(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    assert tasks(await hear(routing, case, FeedbackEvaluated(answer=1, solved="yes"))) == []
    after = await hear(routing, case, FeedbackEvaluated(answer=1, solved="yes", has_comment=True))
    assert tasks(after) == ["read_message"]
    assert (await routing.timeline(case))[-1]["details"] == {"solved": "yes", "answer": 1, "has_comment": True}


async def test_what_is_said_of_the_latest_answer_is_not_undone_by_what_is_said_of_an_earlier_one(
    routing: Routing,
) -> None:
    case = await in_state(routing, "answered")
    await routing.done(case, "reply", **FINAL)
    await hear(routing, case, FeedbackEvaluated(answer=2, solved="no"))
    after = await hear(routing, case, FeedbackEvaluated(answer=1, solved="yes"))
    assert (after["solved"], tasks(after)) == ("no", ["not_solved"])


def corrected(**fields: Any) -> FeedbackReclassified:
    return FeedbackReclassified.model_validate({"kind": "complaint", "changed": tuple(fields), **fields})


async def test_rules_decide_anew_while_nobody_has_taken_the_case(routing: Routing) -> None:
    case = await in_state(routing, "new")
    after = await hear(routing, case, corrected(service="passports"))
    assert (after["team"]["code"], after["state"], after["service"]) == ("passports", "assigned", "passports")
    *_, assigned = await told(routing, case, CaseAssigned)
    assert assigned.assigned_by == "rule"
    assert after["clocks"] == case["clocks"]
    events = await routing.told(case["id"])
    again = await hear(routing, case, corrected(service="passports"))
    assert await routing.told(case["id"]) == events
    routing.at(datetime.now(UTC))
    taken = await routing.done(again, "acknowledge")
    events = await routing.told(case["id"])
    stays = await hear(routing, taken, corrected(service=None))
    assert (stays["team"]["code"], stays["service"]) == ("passports", None)
    assert await routing.told(case["id"]) == events


async def test_what_staff_assigned_is_not_taken_away_by_rules(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    assert (await hear(routing, case, corrected(service="passports")))["team"]["code"] == "letters"


async def test_what_was_resolved_on_the_spot_opens_answered(routing: Routing) -> None:
    said = {"kind": "complaint", "source": "staff", "resolved_on_the_spot": {"remedy": "refund"}}
    for service in ("passports", "pensions"):
        case = await routing.open(SPOKE, service=service, recorded_at=NOW, **said)
        assert (case["state"], case["remedy"], case["final_replies"]) == ("answered", "refund", 1)
        assert [(one["met"], one["elapsed_seconds"]) for one in case["clocks"]] == [(True, 0), (True, 0)]
        events = await routing.events(case)
        assert [type(event).__name__ for *_, event in events] == ["CaseOpened", "CaseAssigned", "CaseReplied"]
        (reply,) = await told(routing, case, CaseReplied)
        assert (reply.on_the_spot, reply.remedy, reply.effective_at, reply.answer) == (True, "refund", SPOKE, 1)


async def test_who_resolved_it_on_the_spot_is_on_the_timeline(routing: Routing) -> None:
    resolved = {"resolved_on_the_spot": {"remedy": "refund", "agent": "a-17"}}
    staff = await routing.open(SPOKE, kind="complaint", source="staff", **resolved)
    partner = await routing.open(SPOKE, kind="complaint", source="partner", source_code="acme", **resolved)
    shown = [(await routing.timeline(case))[-1] for case in (staff, partner)]
    assert [(line["verb"], line["by"]) for line in shown] == [("reply", "a-17"), ("reply", "acme/a-17")]


async def test_what_was_declared_a_compliment_opens_a_case_once_it_is_found_to_be_a_complaint(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="compliment", service="passports", external_reference="CRM-2")
    words = FeedbackVerbatimRedacted(text="Bravo pour l'attente.", language="fr", language_confidence=1)
    await routing.hear(feedback, received(words, feedback.subject))
    about = [received(corrected(kind=kind, language="fr"), feedback.subject) for kind in ("suggestion", "complaint")]
    await routing.hear(about[0])
    assert await routing.told(case_id_of(feedback.subject)) == []
    await routing.hear(about[1])
    case = await routing.see(case_id_of(feedback.subject))
    assert (case["kind"], case["service"], case["verbatim"]) == ("complaint", None, "Bravo pour l'attente.")
    assert (case["external_reference"], case["state"]) == ("CRM-2", "new")
    assert {one["started_at"] for one in case["clocks"]} == {"2026-03-09T15:00:00Z"}
    told = len(await routing.told(case["id"]))
    await routing.hear(about[1])
    assert len(await routing.told(case["id"])) == told
    body = {"feedback_id": str(feedback.subject)}
    answer = await routing.http.post("/v1/cases", json=body, headers=routing.staff("reviewer"))
    assert problem(answer) == (409, "case-exists")


async def test_what_is_corrected_and_withdrawn_opens_no_case(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="compliment")
    events = (corrected(), FeedbackWithdrawn(effective_at=LATER))
    await routing.hear(feedback, *(received(event, feedback.subject) for event in events))
    assert await routing.told(case_id_of(feedback.subject)) == []


# Opened by staff.


async def test_staff_open_a_case_for_feedback_that_had_none(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="suggestion", service="passports", external_reference="CRM-1")
    words = FeedbackVerbatimRedacted(text="Un banc, peut-être ?", language="fr", language_confidence=1)
    await routing.hear(feedback, received(words, feedback.subject))
    body = {"feedback_id": str(feedback.subject)}
    agent = routing.staff("agent", teams=["letters"])
    opened = await routing.http.post("/v1/cases", json=body, headers=agent)
    assert (opened.status_code, opened.json()["id"]) == (201, str(case_id_of(feedback.subject)))
    case = await routing.see(opened.json()["id"])
    assert (case["team"]["code"], case["verbatim"], case["language"]) == ("passports", "Un banc, peut-être ?", "fr")
    assert (case["external_reference"], case["opened_at"]) == ("CRM-1", "2026-03-10T14:00:00Z")
    assert (await routing.timeline(case))[0]["by"] == "tester"
    again = await routing.http.post("/v1/cases", json=body, headers=agent)
    assert problem(again) == (404, "feedback-not-found")
    theirs = await routing.http.post("/v1/cases", json=body, headers=routing.staff("agent", teams=["passports"]))
    assert problem(theirs) == (409, "case-exists")


@pytest.mark.parametrize("kind", [None, "compliment", "suggestion"])
async def test_who_writes_to_what_was_owed_no_answer_has_a_case_that_somebody_must_read(
    routing: Routing, kind: str | None
) -> None:
    feedback = submitted(SPOKE, kind=kind, service="passports", historical=True)
    first, second = (received(message(words), feedback.subject) for words in ("Encore bravo.", "Et merci."))
    await routing.hear(feedback)
    await routing.hear(first)
    await routing.hear(first, second)
    case = await routing.see(case_id_of(feedback.subject))
    assert (case["team"]["code"], case["kind"]) == ("passports" if kind else "first-line", kind)
    assert (case["historical"], datetime.fromisoformat(case["submitted_at"])) == (False, LATER)
    assert tasks(case) == ["read_message"]
    said = [line["text"] for line in await routing.timeline(case) if line["verb"] == "message"]
    assert said == ["Encore bravo.", "Et merci."]
    assert await unopened(routing, feedback) == []


async def test_what_is_corrected_and_written_to_at_once_counts_from_when_the_person_spoke(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="compliment")
    await routing.hear(feedback)
    await routing.hear(received(corrected(), feedback.subject), received(message("Fin."), feedback.subject))
    case = await routing.see(case_id_of(feedback.subject))
    assert tasks(case) == ["read_message"]
    assert (case["kind"], datetime.fromisoformat(case["submitted_at"])) == ("complaint", SPOKE)
    assert [line["text"] for line in await routing.timeline(case) if line["verb"] == "message"] == ["Fin."]


async def test_what_was_written_and_withdrawn_opens_no_case(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="compliment")
    withdrawn = received(FeedbackWithdrawn(effective_at=LATER), feedback.subject)
    await routing.hear(feedback)
    assert len(await unopened(routing, feedback)) == 1
    await routing.hear(received(message(), feedback.subject), withdrawn)
    assert await routing.told(case_id_of(feedback.subject)) == []
    assert await unopened(routing, feedback) == []


async def unopened(routing: Routing, feedback: Received[Any]) -> list[Any]:
    return await routing.rows("SELECT feedback_id FROM unopened_feedback WHERE feedback_id = :id", id=feedback.subject)


async def test_what_was_withdrawn_or_never_was_is_not_opened(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="compliment")
    await routing.hear(feedback)
    await routing.hear(received(FeedbackWithdrawn(effective_at=LATER), feedback.subject))
    for subject in (feedback.subject, uuid4()):
        body = {"feedback_id": str(subject)}
        answer = await routing.http.post("/v1/cases", json=body, headers=routing.staff("reviewer"))
        assert problem(answer) == (404, "feedback-not-found")


async def test_a_team_complained_about_opens_no_case_of_it(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="suggestion", service="passports", concerns_staff=True)
    await routing.hear(feedback)
    body = {"feedback_id": str(feedback.subject)}
    theirs = routing.staff("agent", teams=["passports"])
    assert problem(await routing.http.post("/v1/cases", json=body, headers=theirs)) == (404, "feedback-not-found")
    assert (await routing.http.post("/v1/cases", json=body, headers=routing.staff("reviewer"))).status_code == 201
    again = await routing.http.post("/v1/cases", json=body, headers=theirs)
    assert problem(again) == (404, "feedback-not-found")


@pytest.mark.parametrize("at_once", [True, False])
async def test_words_that_were_redacted_after_a_correction_say_the_language(routing: Routing, at_once: bool) -> None:
    feedback = submitted(SPOKE, kind="complaint")
    about = received(corrected(service="passports", language=None), feedback.subject)
    words = FeedbackVerbatimRedacted(text="No answer yet.", language="en", language_confidence=1)
    told = [feedback, about, received(words, feedback.subject)]
    for slice_ in [told] if at_once else [[one] for one in told]:
        await routing.hear(*slice_)
    case = await routing.see(case_id_of(feedback.subject))
    assert (case["language"], case["service"]) == ("en", "passports")


async def test_an_interim_reply_ends_no_task_that_only_an_answer_ends(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    after = await hear(routing, case, FeedbackEvaluated(answer=1, solved="no"))
    assert tasks(after) == ["not_solved"]
    after = await routing.done(case, "reply", text="Nous regardons.", interim=True)
    assert tasks(after) == ["not_solved"]


async def test_an_interim_that_arrives_late_is_not_the_final_reply_that_must_be_brought(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports", reply_by="letter")
    await routing.done(case, "reply", text="Nous regardons.", interim=True)
    after = await routing.done(case, "reply", **FINAL)
    assert tasks(after) == ["deliver_reply"]
    late = ReplyDelivered(reply_id=uuid4(), answer=None, by="letter", delivered_at=LATER)
    assert tasks(await hear(routing, case, late)) == ["deliver_reply"]
    final = ReplyDelivered(reply_id=uuid4(), answer=1, by="letter", delivered_at=LATER)
    assert tasks(await hear(routing, case, final)) == []


async def test_words_whose_language_a_rule_looks_at_open_a_case_once_it_is_found(routing: Routing) -> None:
    rule = {"when": {"kind": ["suggestion"], "language": ["en"]}, "team": "letters", "opens_case": True}
    await routing.publish({**ORGANISATION, "rules": [rule, *ORGANISATION["rules"]]}, NOW)
    try:
        feedback = submitted(SPOKE, kind="suggestion", has_text=True)
        words = FeedbackVerbatimRedacted(text="A ramp, please.", language="en", language_confidence=1)
        await routing.hear(feedback, received(words, feedback.subject))
        case = await routing.see(case_id_of(feedback.subject))
        assert (case["team"]["code"], case["language"], case["verbatim"]) == ("letters", "en", "A ramp, please.")
    finally:
        await routing.publish(ORGANISATION, NOW)


@pytest.mark.parametrize("event", ["erased", "withdrawn", "redacted"])
async def test_what_is_told_while_staff_open_a_case_is_not_missed(routing: Routing, event: str) -> None:
    words = FeedbackVerbatimRedacted(text="Un banc ?", language="fr", language_confidence=1)
    feedback = submitted(SPOKE, kind="suggestion", has_text=True)
    await routing.hear(feedback)
    if event != "redacted":
        await routing.hear(received(words, feedback.subject))
    told = {"erased": PersonErased(erased_at=NOW), "withdrawn": FeedbackWithdrawn(effective_at=NOW), "redacted": words}
    by, wanted = Principal("zoe", frozenset({"reviewer"}), frozenset()), OpenCase(feedback_id=feedback.subject)
    async with routing.database.transaction() as session:
        await open_case(session, wanted, by, NOW, USUAL)
        meanwhile = asyncio.create_task(routing.hear(received(told[event], feedback.subject)))
        await asyncio.sleep(0.3)
        assert not meanwhile.done()
    await meanwhile
    case = await routing.see(case_id_of(feedback.subject))
    assert (case["state"], case["verbatim"]) == {
        "erased": ("closed", None),
        "withdrawn": ("closed", "Un banc ?"),
        "redacted": ("assigned" if case["team"]["code"] != "first-line" else "new", "Un banc ?"),
    }[event]


async def test_what_has_no_words_or_is_from_before_is_brought_by_nobody(routing: Routing) -> None:
    by_letter = {"kind": "complaint", "service": "passports", "reply_by": "letter"}
    at_once = await routing.open(SPOKE, source="staff", resolved_on_the_spot={"remedy": "refund"}, **by_letter)
    assert (at_once["state"], tasks(at_once)) == ("answered", [])
    before = await routing.open(local("2019-03-06 11:00"), historical=True, recorded_at=NOW, **by_letter)
    assert tasks(await routing.done(before, "reply", **FINAL)) == []


async def test_who_withdraws_while_something_was_done_withdraws_after_it(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    await hear(routing, case, FeedbackWithdrawn(effective_at=SPOKE))
    (closed,) = await told(routing, case, CaseClosed)
    assert closed.effective_at == NOW
