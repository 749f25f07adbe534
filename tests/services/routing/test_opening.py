"""When a case opens, whose it is, and by when it is answered."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from libs.contracts.cases import CaseAssigned, CaseOpened, case_id_of
from libs.contracts.feedback import FeedbackEvaluated, FeedbackVerbatimRedacted
from tests.services.routing.office import Routing, clock, due, local, received, submitted, utc

NOON = local("2026-01-13 12:00")


async def is_open(routing: Routing, **fields: Any) -> bool:
    feedback = submitted(NOON, **fields)
    await routing.hear(feedback)
    return bool(await routing.rows("SELECT 1 FROM cases WHERE feedback_id = :id", id=feedback.subject))


# Whether.


@pytest.mark.parametrize(
    ("said", "opens"),
    [
        ({"kind": "complaint"}, True),
        ({"kind": "enquiry"}, True),
        ({"kind": "service_request"}, True),
        ({"kind": "complaint", "historical": True}, True),
        ({"kind": "compliment", "has_text": True}, False),
        ({"kind": "suggestion", "has_text": True}, False),
        ({"kind": "compliment", "response_requested": True}, True),
        ({"kind": "suggestion", "topic": "accessibility"}, True),
        ({"kind": "suggestion", "topic": "accessibility", "service": "passports"}, False),
        ({"has_text": True}, True),
        ({"topic": "waiting-time"}, False),
        ({"ratings": [{"measure": "csat", "value": 1}]}, False),
        ({"response_requested": True}, True),
    ],
    ids=str,
)
async def test_a_case_opens_when_an_answer_is_owed_and_only_then(
    routing: Routing, said: dict[str, Any], opens: bool
) -> None:
    assert await is_open(routing, **said) is opens


async def test_the_same_feedback_heard_twice_opens_one_case(routing: Routing) -> None:
    feedback = submitted(NOON, kind="complaint")
    await routing.hear(feedback)
    case = await routing.see(case_id_of(feedback.subject))
    events = await routing.events(case)
    await routing.hear(feedback, submitted(NOON, kind="complaint"))
    assert await routing.see(case_id_of(feedback.subject)) == case
    assert await routing.events(case) == events


# Whose.


@pytest.mark.parametrize(
    ("said", "team", "state"),
    [
        ({"service": "passports"}, "passports", "assigned"),
        ({"service": "passports", "channel": "letter"}, "passports", "assigned"),
        ({"channel": "letter"}, "letters", "assigned"),
        ({"channel": "letter", "service": "pensions"}, "letters", "assigned"),
        ({"service": "pensions"}, "first-line", "new"),
        ({}, "first-line", "new"),
    ],
    ids=str,
)
async def test_the_first_rule_that_holds_decides_and_the_catch_all_leaves_the_case_new(
    routing: Routing, said: dict[str, Any], team: str, state: str
) -> None:
    case = await routing.open(NOON, kind="complaint", **said)
    assert (case["team"]["code"], case["state"], case["member"]) == (team, state, None)
    events = await routing.events(case)
    opened = events[0][2]
    assert isinstance(opened, CaseOpened)
    assert (opened.state, opened.team) == ("new", "first-line")
    assert [version for version, *_ in events] == ([1, 3] if state == "assigned" else [1])
    if state == "assigned":
        assigned = events[1][2]
        assert isinstance(assigned, CaseAssigned)
        assert (assigned.assigned_by, assigned.state, assigned.member) == ("rule", "assigned", None)
    verbs = [line["verb"] for line in await routing.timeline(case)]
    assert verbs == ["open", "assign"][: len(events)]


async def test_words_without_a_kind_wait_in_the_triage_queue_whatever_the_rules_say(routing: Routing) -> None:
    case = await routing.open(NOON, has_text=True, service="passports")
    assert (case["team"]["code"], case["state"]) == ("first-line", "new")


async def test_a_case_carries_what_the_feedback_said(routing: Routing) -> None:
    fields = {"service": "pensions", "service_point": "office-north", "topic": "decision", "language": "fr"}
    case = await routing.open(NOON, kind="complaint", channel="phone", external_reference="CRM-1", **fields)
    assert {name: case[name] for name in fields} == fields
    assert (case["kind"], case["channel"], case["external_reference"]) == ("complaint", "phone", "CRM-1")
    [(_, time, opened)] = await routing.events(case)
    assert {name: getattr(opened, name) for name in fields} == fields
    assert (opened.team_name.fr, opened.submitted_at, time) == ("Accueil", NOON, NOON)


async def test_a_case_learns_the_redacted_words_and_what_the_person_says_in_the_end(routing: Routing) -> None:
    feedback = submitted(NOON, kind="complaint", has_text=True)
    redacted = FeedbackVerbatimRedacted(text="Rien depuis [telephone].", language="fr", language_confidence=0.99)
    other = uuid4()
    await routing.hear(
        feedback,
        received(redacted, feedback.subject, 2),
        received(redacted, other, 2),  # without a case
        received(FeedbackEvaluated(answer=1, solved="no"), feedback.subject, 3),
        received(FeedbackEvaluated(answer=2, solved="partly"), feedback.subject, 4),
        received(FeedbackEvaluated(answer=1, solved="no"), other, 3),
    )
    case = await routing.see(case_id_of(feedback.subject))
    assert (case["verbatim"], case["language"], case["solved"]) == ("Rien depuis [telephone].", "fr", "partly")
    assert not await routing.rows("SELECT 1 FROM cases WHERE feedback_id = :id", id=other)
    assert len(await routing.events(case)) == 1


# By when. Office hours 8:30–12:00 and 13:00–16:30, Québec's holidays with Easter Monday; EST is UTC−5, EDT UTC−4.


@pytest.mark.parametrize(
    ("spoke", "acknowledge", "reply"),
    [
        pytest.param("2026-01-13 10:00", "2026-01-15 21:30", "2026-02-03 21:30", id="a Tuesday"),
        pytest.param("2026-01-17 12:00", "2026-01-20 21:30", "2026-02-06 21:30", id="a Saturday"),
        pytest.param("2026-01-16 23:59", "2026-01-20 21:30", "2026-02-06 21:30", id="Friday, a minute to midnight"),
        pytest.param("2026-01-19 05:00", "2026-01-21 21:30", "2026-02-09 21:30", id="Monday before opening"),
        pytest.param("2026-01-14 22:00", "2026-01-16 21:30", "2026-02-04 21:30", id="already tomorrow in UTC"),
        pytest.param("2026-04-02 10:00", "2026-04-08 20:30", "2026-04-27 20:30", id="Good Friday and Easter Monday"),
        pytest.param("2026-03-06 10:00", "2026-03-10 20:30", "2026-03-27 20:30", id="an hour is lost"),
        pytest.param("2026-10-30 10:00", "2026-11-03 21:30", "2026-11-20 21:30", id="an hour is gained"),
        pytest.param("2026-06-23 09:00", "2026-06-26 20:30", "2026-07-16 20:30", id="Saint-Jean and Canada Day"),
        pytest.param(
            "2026-10-12 10:00", "2026-10-14 20:30", "2026-11-02 21:30", id="on Thanksgiving, into winter time"
        ),
        pytest.param("2026-12-23 10:00", "2026-12-28 21:30", "2027-01-15 21:30", id="Christmas and New Year"),
        pytest.param("2028-02-28 10:00", "2028-03-01 21:30", "2028-03-20 20:30", id="29 February, and an hour is lost"),
    ],
)
async def test_a_complaint_is_acknowledged_in_2_and_answered_in_15_business_days(
    routing: Routing, spoke: str, acknowledge: str, reply: str
) -> None:
    case = await routing.open(local(spoke), kind="complaint")
    assert (due(case, "acknowledge"), due(case, "reply")) == (utc(acknowledge), utc(reply))
    assert datetime.fromisoformat(clock(case, "reply")["started_at"]) == local(spoke)
    [(_, _, opened)] = await routing.events(case)
    assert {one.clock: one.due_at for one in opened.clocks} == {"acknowledge": utc(acknowledge), "reply": utc(reply)}
    assert {(one.standard, one.standard_version, one.starts) for one in opened.clocks} == {
        ("complaints", 1, "submission")
    }


@pytest.mark.parametrize(
    ("spoke", "reply"),
    [
        pytest.param("2026-01-13 10:00", "2026-02-13 05:00", id="the midnight after the thirtieth day"),
        pytest.param("2026-01-14 22:00", "2026-02-14 05:00", id="already tomorrow in UTC"),
        pytest.param("2026-02-20 10:00", "2026-03-23 04:00", id="an hour is lost"),
        pytest.param("2026-10-15 10:00", "2026-11-15 05:00", id="an hour is gained"),
        pytest.param("2026-12-10 10:00", "2027-01-10 05:00", id="holidays count"),
    ],
)
async def test_a_service_request_is_answered_in_30_calendar_days(routing: Routing, spoke: str, reply: str) -> None:
    case = await routing.open(local(spoke), kind="service_request")
    assert [one["clock"] for one in case["clocks"]] == ["reply"]
    assert due(case, "reply") == utc(reply)


@pytest.mark.parametrize(
    ("assigned", "reply"),
    [
        pytest.param("2026-01-12 10:00", "2026-01-15 21:30", id="at once"),
        pytest.param("2026-01-15 16:00", "2026-01-20 21:30", id="on Thursday"),
        pytest.param("2026-01-18 20:00", "2026-01-21 21:30", id="on Sunday night"),
    ],
)
async def test_a_clock_that_starts_at_assignment_has_no_due_moment_before_and_none_other_after(
    routing: Routing, assigned: str, reply: str
) -> None:
    spoke = local("2026-01-12 10:00")
    case = await routing.open(spoke, kind="enquiry")
    assert (clock(case, "reply")["started_at"], due(case, "reply")) == (None, None)
    assert due(case, "acknowledge") == utc("2026-01-13 21:30")
    routing.at(local("2026-01-18 23:00"))
    late = {"late_entry_reason": "noted on paper"}
    moment = local(assigned)
    case = await routing.done(case, "assign", team="letters", effective_at=moment.isoformat(), **late)
    assert due(case, "reply") == utc(reply)
    routing.at(local("2026-01-20 10:00"))
    case = await routing.done(case, "assign", team="passports")
    assert due(case, "reply") == utc(reply)
    opened, first, second = (event for *_, event in await routing.events(case))
    assert [one.due_at for one in opened.clocks if one.clock == "reply"] == [None]
    for event in (first, second):
        assert [one.due_at for one in event.clocks if one.clock == "reply"] == [utc(reply)]
    routing.at(local("2026-03-10 10:00"))


async def test_a_rule_that_assigns_starts_such_a_clock_when_the_case_opens(routing: Routing) -> None:
    spoke, recorded = local("2026-01-12 10:00"), local("2026-01-14 10:00")
    case = await routing.open(spoke, kind="enquiry", channel="letter", recorded_at=recorded)
    assert due(case, "acknowledge") == utc("2026-01-13 21:30")  # by the stamp: it came late already
    assert due(case, "reply") == utc("2026-01-19 21:30")  # by the desk, three days after the 14th
    assert datetime.fromisoformat(case["opened_at"]) == recorded


async def test_a_case_from_before_opens_when_the_person_spoke(routing: Routing) -> None:
    spoke = local("2019-05-06 10:00")
    case = await routing.open(
        spoke, kind="enquiry", channel="letter", historical=True, recorded_at=local("2026-01-14 10:00")
    )
    assert datetime.fromisoformat(case["opened_at"]) == spoke
    assert due(case, "reply") == utc("2019-05-09 20:30")
    assert (await routing.events(case))[0][1] == spoke


async def test_what_no_standard_covers_has_no_clock(routing: Routing) -> None:
    case = await routing.open(NOON, has_text=True)
    assert case["clocks"] == []
    assert (await routing.events(case))[0][2].clocks == ()
