"""Cases that wait, promises that move, and what is told of both."""

from datetime import datetime
from typing import Any

import pytest

from libs.contracts.cases import (
    CaseAsked,
    CaseExtended,
    CaseResumed,
    CaseSuspended,
    CaseUnasked,
    ClockBreached,
    ClockCorrected,
)
from services.routing.cases.terms import USUAL
from services.routing.cases.timers import ring
from tests.services.routing.office import Routing, clock, due, local
from tests.services.routing.test_working import FINAL, in_state, problem

NOW = local("2026-03-10 10:00")
UNTIL = local("2026-03-12 10:00")
SUSPENDED = {"for": "third_party", "reason": "lab", "until": UNTIL.isoformat()}


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


async def last(routing: Routing, case: dict[str, Any], kind: type[Any]) -> tuple[datetime, Any]:
    return [(at, event) for _, at, event in await routing.events(case) if isinstance(event, kind)][-1]


async def test_a_suspension_is_told_with_its_reason_and_end_and_shown_in_the_ledger(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    waits = await routing.done(case, "suspend", **SUSPENDED)
    assert (waits["state"], waits["waiting"]) == ("waiting", {"for": "third_party", "until": "2026-03-12T14:00:00Z"})
    assert waits["next_due_at"] is None
    _, told = await last(routing, case, CaseSuspended)
    assert (told.waiting_for, told.reason, told.until, told.state) == ("third_party", "lab", UNTIL, "waiting")
    routing.at(local("2026-03-11 10:00"))
    after = await routing.done(case, "resume")
    assert (after["state"], after["waiting"], clock(after, "reply")["suspended_seconds"]) == (
        "acknowledged",
        None,
        7 * 3600,
    )
    _, told = await last(routing, case, CaseResumed)
    assert told.resumed_by == "staff"
    assert {one.clock: one.suspended_seconds for one in told.clocks} == {"acknowledge": 0, "reply": 7 * 3600}
    (span,) = (await routing.see(case["id"]))["suspensions"]
    assert (span["for"], span["reason"], span["resumed_by"]) == ("third_party", "lab", "staff")
    assert (span["from"], span["ended_at"]) == ("2026-03-10T14:00:00Z", "2026-03-11T14:00:00Z")


async def test_a_case_that_nobody_acknowledged_is_not_acknowledged_by_waiting(routing: Routing) -> None:
    case = await routing.done(await in_state(routing, "assigned"), "suspend", **SUSPENDED)
    assert (await routing.done(case, "resume"))["state"] == "assigned"


async def test_the_person_is_asked_with_what_happens_otherwise(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    body = {"text": "Quel numéro ?", "until": UNTIL.isoformat(), "otherwise": "Nous fermerons."}
    asked = await routing.done(case, "ask", **body)
    assert asked["waiting"]["for"] == "person"
    _, told = await last(routing, case, CaseAsked)
    assert (told.text, told.until) == ("Quel numéro ?\n\nNous fermerons.", UNTIL)
    _, told = await last(routing, case, CaseSuspended)
    assert (told.waiting_for, told.reason) == ("person", "asked")


async def test_a_wait_is_over_at_its_end_whoever_notices_it(routing: Routing) -> None:
    case = await routing.done(await in_state(routing, "acknowledged"), "suspend", **SUSPENDED)
    routing.at(local("2026-03-16 09:00"))
    after = await routing.done(case, "note", note="Où en est-on ?")
    assert (after["state"], after["tasks"]) == ("acknowledged", [])
    at, told = await last(routing, case, CaseResumed)
    assert (at, told.resumed_by, told.effective_at) == (UNTIL, "timer", UNTIL)
    assert due(after, "reply") == local("2026-04-01 16:30")  # Mon 30 March and 14 h


@pytest.mark.parametrize("verb", ["ask", "suspend"])
async def test_a_wait_ends_after_it_begins(routing: Routing, verb: str) -> None:
    case = await in_state(routing, "acknowledged")
    body = {"ask": {"text": "?", "otherwise": "."}, "suspend": {"for": "person", "reason": "lab"}}[verb]
    answer = await routing.do(case, verb, until=NOW.isoformat(), **body)
    assert problem(answer) == (422, "until-not-after")


@pytest.mark.parametrize("reason", ["asked", "withdrawn"])
async def test_a_wait_has_no_reason_that_would_make_it_another(routing: Routing, reason: str) -> None:
    case = await in_state(routing, "acknowledged")
    answer = await routing.do(case, "suspend", **{**SUSPENDED, "reason": reason})
    assert problem(answer) == (422, "invalid-request")
    [wrong] = answer.json()["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/reason", "reserved")
    assert "use `ask`" in wrong["detail"]


EXTENSION = {"clock": "reply", "text": "L'expert est absent.", "recourse": "Le protecteur du citoyen."}


async def test_an_extension_tells_the_person_the_new_date_the_reason_and_the_recourse(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    before = due(case, "reply")
    after = await routing.done(case, "extend", **EXTENSION, business_days=2)
    assert before == local("2026-03-30 16:30")
    assert due(after, "reply") == local("2026-04-01 16:30")
    assert clock(after, "reply")["extended"] is True
    _, told = await last(routing, case, CaseExtended)
    assert (told.clock, told.due_before, told.due_at) == ("reply", before, local("2026-04-01 16:30"))
    assert told.text == "L'expert est absent.\n\nLe protecteur du citoyen."


async def test_a_promise_is_extended_once_and_then_by_a_supervisor(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    agent = routing.staff("agent", teams=["letters"])
    assert (await routing.do(case, "extend", agent, **EXTENSION, business_days=2)).status_code == 200
    again = await routing.do(case, "extend", agent, **EXTENSION, business_days=2)
    assert problem(again) == (403, "extension-needs-supervisor")
    assert (await routing.do(case, "extend", **EXTENSION, business_days=2)).status_code == 200


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"clock": "acknowledge", "business_days": 1}, (422, "clock-not-running")),
        ({"clock": "stage2_reply", "business_days": 1}, (422, "clock-not-running")),
        ({"due_at": "2026-03-30T16:30:00-04:00"}, (422, "extension-not-later")),
        ({"due_at": "2026-03-31T16:30:00-04:00", "business_days": 1}, (422, "invalid-request")),
        ({}, (422, "invalid-request")),
    ],
)
async def test_an_extension_without_sense_is_refused(
    routing: Routing, fields: dict[str, Any], refusal: tuple[int, str]
) -> None:
    case = await in_state(routing, "acknowledged")
    assert problem(await routing.do(case, "extend", **{**EXTENSION, **fields})) == refusal


async def test_what_is_overdue_is_extended_no_more(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    routing.at(local("2026-03-30 16:30"))
    assert problem(await routing.do(case, "extend", **EXTENSION, business_days=2)) == (409, "clock-already-due")


# Written down late.


async def test_a_late_entry_that_makes_a_breach_untrue_is_corrected_once(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    now = local("2026-03-13 10:00")
    await ring(routing.database, now, USUAL)
    assert (await last(routing, case, ClockBreached))[1].clock == "acknowledge"
    routing.at(now)
    late = {"effective_at": local("2026-03-11 16:30").isoformat(), "late_entry_reason": "On avait téléphoné."}
    after = await routing.done(case, "acknowledge", **late)
    assert (clock(after, "acknowledge")["met"], clock(after, "acknowledge")["late_entry"]) == (True, True)
    told = [event for *_, event in await routing.events(case) if isinstance(event, ClockCorrected)]
    assert [(one.clock, one.because, one.breach_untrue, one.met) for one in told] == [
        ("acknowledge", "late_entry", True, True)
    ]
    assert told[0].ended_at == local("2026-03-11 16:30")


async def test_a_late_entry_that_leaves_the_breach_true_corrects_nothing(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    now = local("2026-03-16 10:00")
    await ring(routing.database, now, USUAL)
    routing.at(now)
    late = {"effective_at": local("2026-03-11 16:31").isoformat(), "late_entry_reason": "On avait téléphoné."}
    after = await routing.done(case, "reply", **FINAL, **late)
    assert clock(after, "acknowledge")["met"] is False
    assert not [event for *_, event in await routing.events(case) if isinstance(event, ClockCorrected)]


async def test_a_suspension_written_down_late_takes_a_breach_back_until_it_is_one_again(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    now = local("2026-03-13 10:00")
    await ring(routing.database, now, USUAL)
    routing.at(now)
    late = {"effective_at": local("2026-03-11 15:30").isoformat(), "late_entry_reason": "Le labo."}
    until = {"until": local("2026-03-13 12:00").isoformat()}
    await routing.done(case, "suspend", **{**SUSPENDED, **until}, **late)
    assert (await last(routing, case, ClockCorrected))[1].breach_untrue is True
    await ring(routing.database, local("2026-03-20 10:00"), USUAL)
    # Wed 1 h, Thu 7 h, Fri 3.5 h = 11.5 h after Wed 16:30: Thu 7 h and 4.5 h of Friday.
    at, told = await last(routing, case, ClockBreached)
    assert (at, told.clock) == (local("2026-03-13 14:00"), "acknowledge")


@pytest.mark.parametrize(("reply_by", "brought"), [("phone", True), ("letter", True), ("email", False), (None, False)])
async def test_a_question_for_who_chose_telephone_or_letter_is_brought_by_staff(
    routing: Routing, reply_by: str | None, brought: bool
) -> None:
    question = {"text": "Quel numéro ?", "until": UNTIL.isoformat(), "otherwise": "Nous fermerons."}
    case = await in_state(routing, "acknowledged", reply_by=reply_by)
    asked = await routing.done(case, "ask", **question)
    assert [one["task"] for one in asked["tasks"]] == (["bring_question"] if brought else [])
    assert (await routing.done(asked, "note", note="Appelée : elle cherche."))["tasks"] == []
    again = await routing.done(await routing.done(asked, "resume"), "ask", **question)
    assert [one["task"] for one in again["tasks"]] == (["bring_question"] if brought else [])
    assert (await routing.done(again, "resume"))["tasks"] == []


@pytest.mark.parametrize("by", ["timer", "next verb"])
@pytest.mark.parametrize(("brought", "due_on"), [(True, "2026-04-01 16:30"), (False, "2026-03-30 16:30")])
async def test_a_question_that_nobody_brought_until_its_end_asked_nobody_and_is_still_to_be_brought(
    routing: Routing, by: str, brought: bool, due_on: str
) -> None:
    question = {"text": "Quel numéro ?", "until": UNTIL.isoformat(), "otherwise": "Nous fermerons."}
    asked = await routing.done(await in_state(routing, "acknowledged", reply_by="phone"), "ask", **question)
    assert due(asked, "reply") == local("2026-03-30 16:30")
    if brought:
        await routing.done(asked, "note", note="Appelée : elle cherche.")
    routing.at(local("2026-03-16 09:00"))
    if by == "timer":
        await ring(routing.database, local("2026-03-16 09:00"), USUAL)
    else:
        await routing.done(asked, "classify", kind="enquiry")
    after = await routing.see(asked["id"])
    assert (after["state"], due(after, "reply")) == ("acknowledged", local(due_on))
    assert [one["task"] for one in after["tasks"]] == [*([] if brought else ["bring_question"]), "wait_over"]
    at, told = await last(routing, asked, CaseResumed)
    assert (at, told.resumed_by) == (UNTIL, "timer")
    (span,) = after["suspensions"]
    assert span["ended_at"] == ("2026-03-12T14:00:00Z" if brought else span["from"])
    told_of = [event.asked_at for *_, event in await routing.events(asked) if isinstance(event, CaseUnasked)]
    assert told_of == ([] if brought else [NOW])
    assert (await routing.done(after, "note", note="Appelée."))["tasks"] == []


async def test_of_two_questions_of_one_moment_the_wait_for_the_later_ends_once(routing: Routing) -> None:
    question = {"text": "Quel numéro ?", "until": UNTIL.isoformat(), "otherwise": "Nous fermerons."}
    case = await in_state(routing, "acknowledged", reply_by="phone")
    for verb, body in (("ask", question), ("resume", {}), ("ask", question)):
        case = await routing.done(case, verb, **body, effective_at=NOW.isoformat())
    for moment in ("2026-03-12 10:01", "2026-03-12 10:02"):
        await ring(routing.database, local(moment), USUAL)
    after = await routing.see(case["id"])
    assert (after["state"], after["waiting"]) == ("acknowledged", None)
    assert [(span["from"], span["ended_at"]) for span in after["suspensions"]] == [("2026-03-10T14:00:00Z",) * 2] * 2
    assert len([event for *_, event in await routing.events(case) if isinstance(event, CaseUnasked)]) == 1
    by_timer = [line["verb"] for line in await routing.timeline(case) if line["by"] == "timer"]
    assert by_timer == ["resume"]
    await ring(routing.database, local("2026-03-31 10:00"), USUAL)
    at, told = await last(routing, case, ClockBreached)
    assert (at, told.clock) == (local("2026-03-30 16:30"), "reply")


async def test_a_promise_that_passed_while_nobody_brought_the_question_was_not_kept(routing: Routing) -> None:
    until = local("2026-04-09 10:00")
    question = {"text": "Quel numéro ?", "until": until.isoformat(), "otherwise": "Nous fermerons."}
    case = await routing.done(await in_state(routing, "acknowledged", reply_by="phone"), "ask", **question)
    await ring(routing.database, until, USUAL)
    at, told = await last(routing, case, ClockBreached)
    assert (at, told.clock) == (local("2026-03-30 16:30"), "reply")
    after = await routing.see(case["id"])
    assert [one["task"] for one in after["tasks"]] == ["bring_apology", "bring_question", "wait_over"]


@pytest.mark.parametrize(("reply_by", "brought"), [("phone", ["bring_extension"]), ("email", []), (None, [])])
async def test_a_new_date_for_who_chose_telephone_or_letter_is_brought_by_staff(
    routing: Routing, reply_by: str | None, brought: list[str]
) -> None:
    for verb, body in (("note", {"note": "Appelée."}), ("reply", FINAL)):
        case = await in_state(routing, "acknowledged", reply_by=reply_by)
        moved = await routing.done(case, "extend", **EXTENSION, business_days=2)
        assert [one["task"] for one in moved["tasks"]] == brought
        after = await routing.done(moved, verb, **body)
        assert "bring_extension" not in [one["task"] for one in after["tasks"]]


@pytest.mark.parametrize(("reply_by", "brought"), [("letter", ["bring_transfer"]), ("email", []), (None, [])])
async def test_another_team_is_told_by_staff_to_who_chose_telephone_or_letter_once_somebody_was_in_touch_with_them(
    routing: Routing, reply_by: str | None, brought: list[str]
) -> None:
    for verb in ("transfer", "assign"):
        for ending, body in (("note", {"note": "Appelée."}), ("reply", FINAL)):
            case = await in_state(routing, "acknowledged", reply_by=reply_by)
            moved = await routing.done(case, verb, team="passports")
            assert [one["task"] for one in moved["tasks"]] == brought
            after = await routing.done(moved, ending, **body)
            assert "bring_transfer" not in [one["task"] for one in after["tasks"]]
        untouched = await in_state(routing, "assigned", reply_by=reply_by)
        assert (await routing.done(untouched, verb, team="passports"))["tasks"] == []
        same = await in_state(routing, "acknowledged", reply_by=reply_by)
        assert (await routing.done(same, "assign", team="letters", member="zoe"))["tasks"] == []


async def test_a_wait_of_a_historical_case_ends_by_itself_where_its_end_is_to_come(routing: Routing) -> None:
    case = await routing.open(local("2019-03-06 11:00"), kind="complaint", historical=True, recorded_at=NOW)
    for verb, body in (("assign", {"team": "letters"}), ("suspend", SUSPENDED)):
        case = await routing.done(case, verb, **body)
    assert case["state"] == "waiting"
    while await ring(routing.database, local("2026-03-12 10:01"), USUAL):
        pass
    after = await routing.see(case["id"])
    assert (after["state"], [one["task"] for one in after["tasks"]]) == ("assigned", ["wait_over"])
    _, told = await last(routing, case, CaseResumed)
    assert (told.resumed_by, told.effective_at) == ("timer", UNTIL)


async def test_two_waits_move_a_promise_by_both(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    for begins, ends in (("2026-03-10 10:00", "2026-03-11 10:00"), ("2026-03-12 10:00", "2026-03-13 10:00")):
        routing.at(local(begins))
        await routing.done(case, "suspend", **{**SUSPENDED, "until": local("2026-03-20 10:00").isoformat()})
        routing.at(local(ends))
        case = await routing.done(case, "resume")
    assert clock(case, "reply")["suspended_seconds"] == 2 * 7 * 3600
    assert due(case, "reply") == local("2026-04-01 16:30")


async def test_a_promise_that_begins_during_a_wait_moves_by_what_is_left_of_it(routing: Routing) -> None:
    case = await routing.open(local("2026-03-09 11:00"), kind="enquiry")
    refused = {"text": "Ce n'est pas de notre ressort.", "reason": "elsewhere"}
    for verb, body in (("decline", refused), ("reopen", {"reason": "Elle a rappelé."}), ("suspend", SUSPENDED)):
        case = await routing.done(case, verb, **body)
    assert due(case, "reply") is None
    routing.at(local("2026-03-11 13:00"))
    await routing.done(case, "transfer", team="letters")  # the first that has it
    routing.at(UNTIL)
    after = await routing.done(case, "note", note="Où en est-on ?")
    # Three business days from Wed 11 are Mon 16; from Wed 13:00 to Thu 10:00 it waited 3.5 h and 1.5 h.
    assert due(after, "reply") == local("2026-03-17 14:30")


async def test_an_extension_written_down_late_takes_a_breach_back(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    now = local("2026-03-31 10:00")
    await ring(routing.database, now, USUAL)
    assert (await last(routing, case, ClockBreached))[1].clock == "reply"
    routing.at(now)
    late = {"effective_at": local("2026-03-30 10:00").isoformat(), "late_entry_reason": "Écrit ce jour-là."}
    await routing.done(case, "extend", **EXTENSION, business_days=5, **late)
    assert (await last(routing, case, ClockCorrected))[1].breach_untrue is True


async def test_what_was_overdue_before_the_wait_is_breached_while_it_waits(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    routing.at(local("2026-03-11 16:45"))  # a quarter of an hour after the acknowledgement was due, and nobody looked
    await routing.done(case, "suspend", **{**SUSPENDED, "until": local("2026-03-20 10:00").isoformat()})
    await ring(routing.database, local("2026-03-12 10:00"), USUAL)
    at, told = await last(routing, case, ClockBreached)
    assert (at, told.clock) == (local("2026-03-11 16:30"), "acknowledge")
