"""What a team does with a case: which verb when, by whom, at what moment, and what is told of it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete

from libs.contracts.cases import CaseAcknowledged, CaseAssigned, CaseClosed, CaseOpened, CaseReplied, CaseTransferred
from libs.contracts.catalogue import TopicChanged, entry_id_of
from services.routing.catalogue.models import CatalogueCode
from services.routing.catalogue.service import learn_codes
from tests.services.routing.office import ORGANISATION, Routing, clock, due, local, received

SPOKE = local("2026-03-09 11:00")
NOW = local("2026-03-10 10:00")
FINAL = {"text": "Il est parti.", "outcome": "upheld"}
INTERIM = {"text": "Nous cherchons.", "interim": True}
MOVED_FAR = {"clock": "reply", "due_at": "9990-01-01T00:00:00Z", "text": "Plus long.", "recourse": "Le protecteur."}
BODIES: dict[str, dict[str, Any]] = {
    "assign": {"team": "letters"},
    "classify": {"topic": "delay"},
    "transfer": {"team": "passports"},
    "refer": {"text": "Ce n'est pas de notre ressort.", "to": {"fr": "La Régie", "en": "The Board"}},
    "decline": {"text": "Nous avons déjà répondu.", "reason": "answered-before"},
    "acknowledge": {},
    "ask": {"text": "Quel est votre numéro ?", "until": "2026-03-20T16:00:00-04:00", "otherwise": "Nous fermerons."},
    "suspend": {"for": "third_party", "reason": "lab", "until": "2026-03-20T16:00:00-04:00"},
    "extend": {"clock": "reply", "business_days": 5, "text": "Plus long.", "recourse": "Le protecteur."},
    "escalate": {"priority": "high"},
    "note": {"note": "À voir."},
    "reply": FINAL,
    "interim": INTERIM,
    "resume": {},
    "reopen": {"reason": "Elle a rappelé."},
    "close": {},
    "link": {},
}
WAYS: dict[str, list[str]] = {
    "new": [],
    "assigned": ["assign"],
    "acknowledged": ["assign", "acknowledge"],
    "waiting": ["assign", "acknowledge", "ask"],
    "answered": ["assign", "reply"],
    "closed": ["assign", "reply", "close"],
}
IN_HAND = [
    *("assign", "transfer", "classify", "ask", "suspend", "extend"),
    *("escalate", "refer", "note", "reply", "decline", "link"),
]
ALLOWED = {
    "new": ["assign", "classify", "transfer", "refer", "decline"],
    "assigned": ["acknowledge", *IN_HAND],
    "acknowledged": IN_HAND,
    "waiting": ["resume", "note", "reply", "transfer"],
    "answered": ["note", "reply", "reopen", "close"],
    "closed": ["reopen", "link"],
}
"""The table of the states, without merge and split."""
AFTER = {
    "assign": {"new": "assigned"},
    "transfer": {"new": "assigned"},
    "refer": dict.fromkeys(WAYS, "closed"),
    "decline": dict.fromkeys(WAYS, "closed"),
    "acknowledge": {"assigned": "acknowledged"},
    "ask": dict.fromkeys(WAYS, "waiting"),
    "suspend": dict.fromkeys(WAYS, "waiting"),
    "reply": dict.fromkeys(WAYS, "answered"),
    "resume": {"waiting": "acknowledged"},
    "reopen": dict.fromkeys(WAYS, "acknowledged"),
    "close": {"answered": "closed"},
}
TOLD = {
    "assign": ["case.assigned"],
    "classify": ["case.classified"],
    "transfer": ["case.transferred"],
    "refer": ["case.replied", "case.closed"],
    "decline": ["case.replied", "case.closed"],
    "acknowledge": ["case.acknowledged"],
    "ask": ["case.asked", "case.suspended"],
    "suspend": ["case.suspended"],
    "extend": ["case.extended"],
    "escalate": ["case.escalated"],
    "note": [],
    "reply": ["case.replied"],
    "interim": ["case.replied"],
    "resume": ["case.resumed"],
    "reopen": ["case.reopened"],
    "close": ["case.closed"],
    "link": ["case.linked"],
}


@pytest.fixture(autouse=True)
def _on_tuesday_morning(routing: Routing) -> None:
    routing.at(NOW)


async def in_state(routing: Routing, state: str, **fields: Any) -> dict[str, Any]:
    """A complaint that was brought into a state."""
    case = await routing.open(SPOKE, **{"kind": "complaint", **fields})
    for verb in WAYS[state]:
        case = await routing.done(case, verb, **BODIES[verb])
    assert case["state"] == state
    return case


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:ecoute:problem:")


# Which verb when.


@pytest.mark.parametrize("state", WAYS)
async def test_a_verb_is_possible_in_the_states_that_allow_it_and_refused_in_the_others(
    routing: Routing, state: str
) -> None:
    other = await routing.open(SPOKE, kind="complaint")
    for verb, fields in BODIES.items():
        case = await in_state(routing, state)
        before = await routing.events(case)
        body = {"case_id": other["id"]} if verb == "link" else fields
        answer = await routing.do(case, "reply" if verb == "interim" else verb, **body)
        name = "reply" if verb == "interim" else verb
        told = [event.type for _, _, event in (await routing.events(case))[len(before) :]]
        lines = await routing.timeline(case)
        if name in ALLOWED[state]:
            assert (answer.status_code, answer.json()["state"]) == (200, AFTER.get(verb, {}).get(state, state)), verb
            woken = ["case.resumed"] if (verb, state) == ("reply", "waiting") else []
            assert told == [f"ca.ecoute.{one}.v1" for one in woken + TOLD[verb]]
            assert [line["place"] for line in lines] == list(range(1, len(lines) + 1))
            assert lines[-1]["verb"] == name
        else:
            assert problem(answer) == (409, "verb-not-possible"), verb
            possible = ", ".join(f"`{one}`" for one in ALLOWED[state])
            assert answer.json()["detail"] == f"The case is `{state}`; possible verbs: {possible}."
            assert told == []
            assert await routing.see(case["id"]) == {**await routing.see(case["id"]), **case}


@pytest.mark.parametrize("state", WAYS)
async def test_a_case_says_what_can_be_done_with_it(routing: Routing, state: str) -> None:
    case = await in_state(routing, state)
    assert case["verbs"] == ALLOWED[state]


async def test_a_refusal_names_the_possible_verbs_in_french_too(routing: Routing) -> None:
    case = await in_state(routing, "new")
    french = routing.staff("agent", teams=["first-line"]) | {"Accept-Language": "fr"}
    answer = await routing.do(case, "close", french)
    assert answer.json()["detail"] == (
        "Le dossier est « new » ; actions possibles : « assign », « classify », « transfer », « refer », « decline »."
    )


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("reply", {"text": "Il est parti."}),
        ("reply", {"outcome": "upheld"}),
        ("reply", {"text": "", "outcome": "upheld"}),
        ("reply", {"text": "\x00", "outcome": "upheld"}),
        ("reply", {"text": "x", "outcome": "solved"}),
        ("assign", {}),
        ("assign", {"team": "letters", "member": "a\nb"}),
        ("assign", {"team": "letters", "member": "appeler Mme Roy 514 555-0199"}),
        ("transfer", {"team": "passports", "member": "appeler Mme Roy"}),
        ("acknowledge", {"note": "\x1b"}),
        ("acknowledge", {"team": "letters"}),
        ("acknowledge", {"effective_at": "2026-03-10T10:00:00"}),
        ("acknowledge", {"effective_at": "0001-01-01T00:00:00+14:00"}),
        ("acknowledge", {"effective_at": 10**400}),
    ],
    ids=str,
)
async def test_a_body_without_sense_is_refused(routing: Routing, verb: str, body: dict[str, Any]) -> None:
    case = await in_state(routing, "assigned")
    assert problem(await routing.do(case, verb, **body)) == (422, "invalid-request")


async def test_a_case_is_given_to_teams_that_exist_alone(routing: Routing) -> None:
    case = await in_state(routing, "new")
    assert problem(await routing.do(case, "assign", team="nobody")) == (422, "unknown-team")


async def test_a_member_is_somebody_of_the_team_or_an_id_and_no_words(routing: Routing) -> None:
    named = [
        {**team, "members": ["uid=zoe roy"]} if team["code"] == "letters" else team for team in ORGANISATION["teams"]
    ]
    await routing.publish({**ORGANISATION, "teams": named}, NOW)
    try:
        case = await in_state(routing, "new")
        for member in ("uid=zoe roy", "auth0|7f", "zoe@agence.example", None):
            assert (await routing.done(case, "assign", team="letters", member=member))["member"] == member
        for team, member in (("passports", "uid=zoe roy"), ("letters", "appeler Mme Roy")):
            refused = await routing.do(case, "assign", team=team, member=member)
            assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/member", "no_id")]
    finally:
        await routing.publish(ORGANISATION, NOW)


async def test_a_transfer_of_a_new_case_tells_how_long_the_person_waited_for_an_owner(routing: Routing) -> None:
    case = await routing.done(await in_state(routing, "new"), "transfer", team="passports")
    *_, (_, _, transferred) = await routing.events(case)
    assert isinstance(transferred, CaseTransferred)
    assert (transferred.elapsed_seconds, transferred.business_seconds) == (23 * 3600, 6 * 3600)


# At what moment.


@pytest.mark.parametrize(
    ("moment", "refusal"),
    [
        (SPOKE - timedelta(microseconds=1), "effective-before-previous"),
        (NOW + timedelta(minutes=5, microseconds=1), "effective-in-the-future"),
        (datetime.fromisoformat("9999-12-31T23:59:59-14:00"), "effective-in-the-future"),
        (datetime.fromisoformat("1970-01-01T00:00:00+00:00"), "effective-before-previous"),
    ],
    ids=str,
)
async def test_what_was_done_was_done_after_the_previous_and_before_now(
    routing: Routing, moment: datetime, refusal: str
) -> None:
    case = await in_state(routing, "new")
    answer = await routing.do(case, "assign", team="letters", effective_at=moment.isoformat())
    assert problem(answer) == (422, refusal)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-03-09T11:00:00-04:00", "2026-03-09T15:00:00Z"),
        ("2026-03-10T18:00:00.5+05:30", "2026-03-10T12:30:00.500000Z"),
        ("2026-03-10T10:04:59-04:00", "2026-03-10T14:00:00Z"),
        (None, "2026-03-10T14:00:00Z"),
    ],
)
async def test_the_moment_is_kept_as_the_instant_that_it_was_and_never_after_now(
    routing: Routing, given: str | None, kept: str
) -> None:
    case = await in_state(routing, "new", kind="enquiry")
    case = await routing.done(case, "assign", team="letters", effective_at=given)
    assert clock(case, "reply")["started_at"] == kept
    line = (await routing.timeline(case))[-1]
    assert (line["effective_at"], line["recorded_at"]) == (kept, "2026-03-10T14:00:00Z")
    assert (await routing.events(case))[-1][1] == datetime.fromisoformat(kept)


async def test_nothing_goes_back_behind_what_was_done_last(routing: Routing) -> None:
    case = await in_state(routing, "new")
    case = await routing.done(case, "assign", team="letters", effective_at=local("2026-03-10 09:00").isoformat())
    before = local("2026-03-10 08:59").isoformat()
    assert problem(await routing.do(case, "acknowledge", effective_at=before)) == (422, "effective-before-previous")
    await routing.done(case, "acknowledge", effective_at=local("2026-03-10 09:00").isoformat())


async def test_what_is_more_than_a_business_day_old_needs_a_reason_and_a_supervisor(routing: Routing) -> None:
    # Opened on Friday at 11:00: its business day ends on Monday at 16:30.
    agent = routing.staff("agent", teams=["first-line", "letters"])
    supervisor = routing.staff("supervisor", teams=["first-line", "letters"])
    then = {"team": "letters", "effective_at": local("2026-03-06 11:30").isoformat()}
    why = {"late_entry_reason": "the system was down"}

    async def case() -> dict[str, Any]:
        return await routing.open(local("2026-03-06 11:00"), kind="complaint")

    routing.at(local("2026-03-09 16:30"))
    assert (await routing.do(await case(), "assign", agent, **then)).status_code == 200
    routing.at(local("2026-03-09 16:30") + timedelta(seconds=1))
    for said in ({}, why):  # who needs a supervisor is not first asked for a reason
        refused = problem(await routing.do(await case(), "assign", agent, **then, **said))
        assert refused == (403, "late-entry-needs-supervisor")
    assert problem(await routing.do(await case(), "assign", supervisor, **then)) == (422, "late-entry-needs-reason")
    late = await case()
    assert (await routing.do(late, "assign", supervisor, **then, **why)).status_code == 200
    assert (await routing.timeline(late))[-1]["late_entry_reason"] == "the system was down"


async def test_of_what_no_supervisor_may_see_a_reviewer_is_the_supervisor(routing: Routing) -> None:
    case, plain = await in_state(routing, "acknowledged"), await in_state(routing, "acknowledged")
    await routing.rows("UPDATE cases SET hidden_from = '{letters}' WHERE id = :id RETURNING id", id=case["id"])
    reviewer, supervisor = routing.staff("reviewer"), routing.staff("supervisor", teams=["letters"])
    twice = [await routing.do(case, "extend", reviewer, **BODIES["extend"]) for _ in range(2)]
    assert [one.status_code for one in twice] == [200, 200]
    then = {"effective_at": NOW.isoformat(), "late_entry_reason": "the system was down"}
    routing.at(NOW + timedelta(days=7))
    assert (await routing.do(case, "reply", reviewer, **FINAL, **then)).status_code == 200
    assert problem(await routing.do(case, "close", supervisor)) == (404, "case-not-found")
    both = routing.staff("reviewer", "agent", teams=["letters"])
    assert problem(await routing.do(plain, "reply", both, **FINAL, **then)) == (403, "late-entry-needs-supervisor")


async def test_what_was_brought_in_from_before_needs_neither(routing: Routing) -> None:
    case = await routing.open(local("2019-03-06 11:00"), kind="complaint", historical=True, recorded_at=NOW)
    importer = routing.staff("importer")
    then = {"effective_at": local("2019-03-07 09:00").isoformat()}
    assert (await routing.do(case, "assign", importer, team="letters", **then)).status_code == 200
    before = {"effective_at": local("2019-03-07 08:59").isoformat()}
    assert problem(await routing.do(case, "reply", importer, **FINAL, **before)) == (422, "effective-before-previous")
    answer = await routing.do(case, "reply", importer, **FINAL, **then)
    assert clock(answer.json(), "reply")["met"] is True


# Clocks.


async def test_an_interim_reply_ends_nothing(routing: Routing) -> None:
    case = await routing.done(await in_state(routing, "assigned"), "reply", **INTERIM)
    assert [one["ended_at"] for one in case["clocks"]] == [None, None]
    *_, (_, _, event) = await routing.events(case)
    assert (event.interim, event.answer, event.outcome, event.ended) == (True, None, None, ())
    assert event.text == "Nous cherchons."


async def test_an_acknowledgement_ends_its_own_clock_alone(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    assert clock(case, "acknowledge")["met"] is True
    assert clock(case, "reply")["ended_at"] is None
    *_, (_, _, event) = await routing.events(case)
    assert [one.clock for one in event.ended] == ["acknowledge"]
    # Monday 11:00 to Tuesday 10:00: an hour and three and a half on Monday, an hour and a half on Tuesday.
    assert (event.elapsed_seconds, event.business_seconds) == (23 * 3600, 6 * 3600)
    assert (event.ended[0].elapsed_seconds, event.ended[0].business_seconds) == (23 * 3600, 6 * 3600)


async def test_a_final_reply_ends_the_reply_and_the_acknowledgement_that_was_still_owed(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    assert {one["clock"]: one["met"] for one in case["clocks"]} == {"acknowledge": True, "reply": True}
    *_, (_, _, event) = await routing.events(case)
    assert [one.clock for one in event.ended] == ["acknowledge", "reply"]
    acknowledged = await routing.done(await in_state(routing, "acknowledged"), "reply", **FINAL)
    *_, (_, _, event) = await routing.events(acknowledged)
    assert [one.clock for one in event.ended] == ["reply"]


async def test_a_second_final_reply_is_answer_2_and_changes_no_clock(routing: Routing) -> None:
    case = await in_state(routing, "answered")
    routing.at(NOW + timedelta(hours=1))
    again = await routing.done(case, "reply", text="Le voici.", outcome="partly_upheld")
    assert (again["outcome"], again["clocks"]) == ("partly_upheld", case["clocks"])
    events = [event for *_, event in await routing.events(case) if isinstance(event, CaseReplied)]
    assert [(event.answer, len(event.ended)) for event in events] == [(1, 2), (2, 0)]


@pytest.mark.parametrize(("late", "met"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
async def test_a_promise_is_met_up_to_the_due_moment_and_not_a_microsecond_longer(
    routing: Routing, late: timedelta, met: bool
) -> None:
    case = await in_state(routing, "assigned")
    moment = due(case, "acknowledge")
    assert moment == local("2026-03-11 16:30")
    routing.at(moment + late)
    case = await routing.done(case, "acknowledge", effective_at=(moment + late).isoformat())
    assert clock(case, "acknowledge")["met"] is met
    *_, (_, _, event) = await routing.events(case)
    assert [(one.met, one.ended_at, one.due_at) for one in event.ended] == [(met, moment + late, moment)]


async def test_a_case_without_clocks_is_worked_like_any_other(routing: Routing) -> None:
    case = await routing.open(SPOKE, has_text=True)
    for verb in ("assign", "acknowledge", "reply", "close"):
        case = await routing.done(case, verb, **BODIES[verb])
    assert case["clocks"] == []


# What is told.


@pytest.mark.parametrize(("language", "told"), [("fr-CA", "La Régie"), ("frr", "The Board"), (None, "The Board")])
async def test_where_to_turn_is_said_in_french_to_who_writes_in_french_and_in_english_to_others(
    routing: Routing, language: str | None, told: str
) -> None:
    case = await routing.open(SPOKE, kind="complaint", language=language)
    await routing.done(case, "refer", **BODIES["refer"])
    assert (await routing.timeline(case))[-1]["text"] == f"Ce n'est pas de notre ressort.\n\n{told}"


async def test_a_whole_life_is_told_in_order_and_written_line_by_line(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports", topic="decision", language="fr")
    await routing.done(case, "acknowledge", note="Appelée à 10 h.")
    await routing.done(case, "reply", **INTERIM)
    await routing.done(case, "assign", team="letters", member="agent-7")
    await routing.done(case, "reply", **FINAL, reasons="Le dossier manquait.", recourse="Le protecteur du citoyen.")
    await routing.done(case, "close")
    events = await routing.events(case)
    assert [version for version, *_ in events] == [1, 3, 4, 5, 6, 7, 8]  # 2 is the rule's decision
    assert [type(event) for *_, event in events] == [
        CaseOpened,
        CaseAssigned,
        CaseAcknowledged,
        CaseReplied,
        CaseAssigned,
        CaseReplied,
        CaseClosed,
    ]
    states = ["new", "assigned", "acknowledged", "acknowledged", "acknowledged", "answered", "closed"]
    assert [event.state for *_, event in events] == states
    assert [event.team for *_, event in events] == ["first-line"] + ["passports"] * 3 + ["letters"] * 3
    for _, _, event in events:
        assert (event.feedback_id, event.channel, event.kind) == (events[0][2].feedback_id, "web", "complaint")
        assert (event.service, event.topic, event.language) == ("passports", "decision", "fr")
    assert (events[4][2].assigned_by, events[4][2].member) == ("staff", "agent-7")
    whole = "Il est parti.\n\nLe dossier manquait.\n\nLe protecteur du citoyen."
    assert (events[5][2].text, events[5][2].outcome, events[6][2].outcome) == (whole, "upheld", "upheld")
    rows = await routing.rows("SELECT data FROM event_pending WHERE subject = :id", id=case["id"])
    assert not any("protecteur" in row.data or "Appelée" in row.data for row in rows)

    lines = await routing.timeline(case)
    assert [line["place"] for line in lines] == [1, 3, 4, 5, 6, 7, 8]
    assert [line["verb"] for line in lines] == ["open", "assign", "acknowledge", "reply", "assign", "reply", "close"]
    assert [line["by"] for line in lines] == ["rule", "rule", *["tester"] * 5]
    assert lines[2]["note"] == "Appelée à 10 h."
    assert lines[3]["details"] == {"interim": True, "outcome": None, "remedy": None, "answer": None}
    assert lines[4]["details"] == {"team": "letters", "member": "agent-7"}
    assert lines[5]["text"] == whole


# Once.


async def test_a_verb_sent_again_with_its_key_is_carried_out_once_and_answered_alike(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    who = routing.staff("agent", teams=["letters"]) | {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(routing.do(case, "reply", who, **FINAL) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert [line["verb"] for line in await routing.timeline(case)] == ["open", "assign", "reply"]
    other = await routing.do(case, "reply", who, **{**FINAL, "text": "Autre chose."})
    assert problem(other) == (422, "idempotency-key-reused")


async def test_a_refused_verb_leaves_its_key_free(routing: Routing) -> None:
    case = await in_state(routing, "new")
    who = routing.staff("agent", teams=["first-line", "letters"]) | {"Idempotency-Key": str(uuid4())}
    assert (await routing.do(case, "acknowledge", who)).status_code == 409
    await routing.done(case, "assign", team="letters")
    assert (await routing.do(case, "acknowledge", who)).status_code == 200


async def test_two_who_do_the_same_at_once_do_it_once(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    answers = await asyncio.gather(*(routing.do(case, "acknowledge") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    assert [version for version, *_ in await routing.events(case)] == [1, 3, 4]


# Who.


async def test_agents_and_supervisors_work_on_the_cases_of_their_teams_alone(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    for role in ("agent", "supervisor"):
        for teams in ([], ["passports"], ["first-line"]):
            stranger = routing.staff(role, teams=teams)
            assert problem(await routing.do(case, "acknowledge", stranger)) == (404, "case-not-found")
            for path in (f"/v1/cases/{case['id']}", f"/v1/cases/{case['id']}/timeline"):
                assert (await routing.http.get(path, headers=stranger)).status_code == 404
    assert (await routing.do(case, "acknowledge", routing.staff("agent", teams=["letters"]))).status_code == 200


async def test_who_gives_a_case_away_sees_it_go(routing: Routing) -> None:
    case, mine = await in_state(routing, "new"), routing.staff("agent", teams=["first-line"])
    assert (await routing.do(case, "assign", mine, team="letters")).status_code == 200
    assert (await routing.http.get(f"/v1/cases/{case['id']}", headers=mine)).status_code == 404


@pytest.mark.parametrize("role", ["manager", "reviewer", "auditor"])
async def test_those_who_look_over_everything_read_and_do_nothing(routing: Routing, role: str) -> None:
    case = await in_state(routing, "assigned")
    who = routing.staff(role, teams=["letters"])
    for path in (f"/v1/cases/{case['id']}", f"/v1/cases/{case['id']}/timeline", "/v1/cases"):
        assert (await routing.http.get(path, headers=who)).status_code == 200
    for verb in ("assign", "acknowledge", "reply", "close"):
        assert problem(await routing.do(case, verb, who, **BODIES[verb])) == (403, "forbidden")


async def test_a_role_that_sees_everything_does_not_widen_what_another_may_do(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    both = routing.staff("manager", "agent", teams=["passports"])
    assert (await routing.http.get(f"/v1/cases/{case['id']}", headers=both)).status_code == 200
    assert problem(await routing.do(case, "acknowledge", both)) == (404, "case-not-found")


async def test_importers_work_on_what_they_brought_in_and_see_nothing_else(routing: Routing) -> None:
    importer = routing.staff("importer", teams=["first-line", "letters"])
    case = await in_state(routing, "assigned")
    assert problem(await routing.do(case, "acknowledge", importer)) == (404, "case-not-found")
    assert (await routing.http.get(f"/v1/cases/{case['id']}", headers=importer)).status_code == 404
    brought = await routing.open(SPOKE, kind="complaint", historical=True)
    assert (await routing.do(brought, "assign", importer, team="letters")).status_code == 200


@pytest.mark.parametrize("role", ["analyst", "admin", "service"])
async def test_other_roles_have_no_business_with_cases(routing: Routing, role: str) -> None:
    case = await in_state(routing, "assigned")
    assert problem(await routing.do(case, "acknowledge", routing.staff(role, teams=["letters"]))) == (403, "forbidden")
    assert (await routing.http.get("/v1/cases", headers=routing.staff(role))).status_code == 403
    assert (await routing.http.get("/v1/cases")).status_code == 401
    assert (await routing.http.post(f"/v1/cases/{case['id']}/acknowledge", json={})).status_code == 401


@pytest.mark.parametrize(
    ("verb", "body", "refused", "pointer"),
    [
        ("reply", {"text": " \u200b", "outcome": "upheld"}, "invalid-request", "/text"),
        ("note", {"note": "\n"}, "invalid-request", "/note"),
        ("classify", {"kind": None, "topic": None}, "invalid-request", "/kind"),
        ("transfer", {"team": "letters"}, "has-it-already", None),
        ("suspend", {"for": "third_party", "reason": "lab", "until": "9990-01-01T00:00:00Z"}, "too-far-ahead", None),
        ("extend", MOVED_FAR, "too-far-ahead", None),
    ],
)
async def test_what_would_empty_a_promise_is_refused(
    routing: Routing, verb: str, body: dict[str, Any], refused: str, pointer: str | None
) -> None:
    case = await in_state(routing, "assigned")
    answer = await routing.do(case, verb, **body)
    assert problem(answer) == (422, refused)
    assert [one["pointer"] for one in answer.json().get("errors", [])] == ([pointer] if pointer else [])
    assert (await routing.see(case["id"]))["version"] == case["version"]


async def test_a_case_is_given_codes_of_the_catalogue(routing: Routing) -> None:
    case = await in_state(routing, "assigned", topic="old")
    event = TopicChanged(code="delay", name={"fr": "Délai", "en": "Delay"})  # type: ignore[arg-type]
    async with routing.database.transaction() as session:
        await learn_codes(session, [received(event, entry_id_of("topic", "delay"), 1)])
    try:
        answer = await routing.do(case, "classify", topic="delai", service="nobody-told")
        assert (problem(answer), answer.json()["errors"][0]["pointer"]) == ((422, "unknown-code"), "/topic")
        assert (await routing.done(case, "classify", topic="old", service="nobody-told"))["topic"] == "old"
        assert (await routing.done(case, "classify", topic="delay"))["topic"] == "delay"
    finally:
        async with routing.database.transaction() as session:
            await session.execute(delete(CatalogueCode))
