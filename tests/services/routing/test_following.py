"""What a case learns of its feedback after it was opened, and what of it opens a case later."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from libs.common.stream.events import Received
from libs.contracts.cases import (
    CaseAssigned,
    CaseClosed,
    CaseExtended,
    CaseReopened,
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
    PersonErased,
    ReplyDelivered,
    ReplyUndeliverable,
)
from services.routing.cases.terms import USUAL
from services.routing.cases.timers import ring
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


async def test_a_message_of_feedback_that_is_not_known_is_logged_and_counted(routing: Routing) -> None:
    unknown, withdrawn, compliment = uuid4(), uuid4(), submitted(SPOKE, kind="compliment")
    await routing.hear(compliment)
    lost = REGISTRY.get_sample_value("ecoute_routing_messages_lost_total") or 0
    with capture_logs() as logs:
        await routing.hear(
            received(message(), unknown),
            received(message(), compliment.subject),
            received(message(), withdrawn),
            received(FeedbackWithdrawn(effective_at=LATER), withdrawn),
        )
    assert [one["feedback"] for one in logs if one["event"] == "message_lost"] == [str(unknown)]
    assert REGISTRY.get_sample_value("ecoute_routing_messages_lost_total") == lost + 1


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


async def test_what_is_withdrawn_and_open_again_is_promised_again_later_by_the_time_between(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    promised = due(case, "reply")
    await hear(routing, case, FeedbackWithdrawn(effective_at=LATER))
    reopened_at = local("2026-03-13 10:00")
    routing.at(reopened_at)
    await routing.done(case, "reopen", reason="Elle a rappelé.")
    after = await routing.see(case["id"])
    assert (promised, due(after, "reply")) == (local("2026-03-30 16:30"), local("2026-04-01 16:30"))
    assert after["next_due_at"] == clock(after, "reply")["due_at"]
    assert (clock(after, "reply")["cancelled_at"], clock(after, "reply")["suspended_seconds"]) == (None, 2 * 7 * 3600)
    (span,) = after["suspensions"]
    assert (span["reason"], span["from"], span["ended_at"]) == (
        "withdrawn",
        "2026-03-11T14:00:00Z",
        "2026-03-13T14:00:00Z",
    )
    (told_again,) = await told(routing, case, CaseReopened)
    assert {one.clock: one.due_at for one in told_again.clocks if one.running} == {"reply": due(after, "reply")}
    await ring(routing.database, local("2026-04-02 10:00"), USUAL)
    assert [one.clock for one in await told(routing, case, ClockBreached)] == ["reply"]


async def test_what_was_due_before_it_was_withdrawn_stays_due_then(routing: Routing) -> None:
    case = await in_state(routing, "assigned")
    await ring(routing.database, local("2026-03-12 10:00"), USUAL)
    await hear(routing, case, FeedbackWithdrawn(effective_at=local("2026-03-12 11:00")))
    routing.at(local("2026-03-16 10:00"))
    again = await routing.done(case, "reopen", reason="Elle a rappelé.")
    assert (due(again, "acknowledge"), clock(again, "acknowledge")["cancelled_at"]) == (due(case, "acknowledge"), None)
    await ring(routing.database, local("2026-03-16 10:01"), USUAL)
    assert [one.clock for one in await told(routing, case, ClockBreached)] == ["acknowledge"]


async def test_a_promise_that_waits_for_an_assignment_does_so_too_once_what_was_withdrawn_is_open_again(
    routing: Routing,
) -> None:
    case = await routing.open(SPOKE, kind="enquiry")
    assert [one["clock"] for one in case["clocks"] if one["starts"] == "assignment"] == ["reply"]
    await hear(routing, case, FeedbackWithdrawn(effective_at=LATER))
    routing.at(LATER)
    again = await routing.done(case, "reopen", reason="Elle a rappelé.")
    assert due(again, "reply") is None
    after = await routing.done(again, "assign", team="letters")
    assert due(after, "reply") == local("2026-03-16 16:30")


async def test_a_message_that_was_sent_before_the_question_does_not_answer_it(routing: Routing) -> None:
    case = await in_state(routing, "acknowledged")
    routing.at(LATER + timedelta(hours=1))
    until = local("2026-03-20 10:00").isoformat()
    await routing.done(case, "ask", text="Quel numéro ?", until=until, otherwise="Nous fermerons.")
    after = await hear(routing, case, message("Où en est-on ?"))
    assert (after["state"], tasks(after)) == ("waiting", ["read_message"])


async def test_a_message_while_somebody_else_is_waited_for_answers_no_question(routing: Routing) -> None:
    until = local("2026-03-20 10:00").isoformat()
    case = await in_state(routing, "assigned")
    case = await routing.done(case, "suspend", **{"for": "third_party", "reason": "lab", "until": until})
    assert tasks(await hear(routing, case, message())) == ["read_message"]


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
    assert sorted(tasks(after)) == ["not_solved", "read_message"]


async def test_what_an_interim_reply_to_an_answered_case_says_is_to_come_is_not_forgotten(routing: Routing) -> None:
    case = await in_state(routing, "answered", reply_by="phone")
    await hear(routing, case, ReplyDelivered(reply_id=uuid4(), answer=1, by="phone", delivered_at=LATER))
    routing.at(LATER)
    await routing.done(await routing.see(case["id"]), "reply", text="Nous regardons.", interim=True)
    interim = ReplyDelivered(reply_id=uuid4(), answer=None, by="phone", delivered_at=LATER)
    assert tasks(await hear(routing, case, interim)) == ["read_message"]
    await ring(routing.database, LATER + timedelta(days=60), USUAL)
    assert (await routing.see(case["id"]))["state"] == "answered"
    assert tasks(await routing.done(await routing.see(case["id"]), "reply", **FINAL)) == ["deliver_reply"]


@pytest.mark.parametrize("gone", [PersonErased(erased_at=LATER), FeedbackWithdrawn(effective_at=LATER)])
async def test_of_who_withdraws_or_is_erased_after_the_closing_no_promise_runs_on(routing: Routing, gone: Any) -> None:
    case = await in_state(routing, "closed")
    bounce = ReplyUndeliverable(reply_id=uuid4(), answer=1, by="email", because="bounced", found_at=NOW)
    running = await hear(routing, case, bounce)
    assert any(one["ended_at"] is None for one in running["clocks"])
    routing.at(LATER)
    await hear(routing, case, gone)
    await ring(routing.database, LATER + timedelta(days=60), USUAL)
    assert not await told(routing, case, ClockBreached)
    corrected = await told(routing, case, ClockCorrected)
    assert [one.cancelled_at for one in corrected] == [None, None, LATER, LATER]
    assert await routing.rows("SELECT task FROM case_task WHERE case_id = :id", id=case["id"]) == []


@pytest.mark.parametrize(
    ("said", "brought"),
    [
        ({"submitted_by": {"role": "relative"}}, ["deliver_reply"]),
        ({"submitted_by": {"role": "relative"}, "reply_by": "tracking"}, ["deliver_reply"]),
        ({"submitted_by": {"role": "organisation"}, "told_by_mail": ["submitter"]}, ["deliver_reply"]),
        ({"submitted_by": {"role": "relative"}, "told_by_mail": ["person", "submitter"]}, []),
        ({"submitted_by": {"role": "relative", "authority": "declared"}}, []),
        ({"submitted_by": {"role": "staff"}}, []),
    ],
)
async def test_what_only_one_without_authority_could_come_upon_is_brought_by_staff(
    routing: Routing, said: dict[str, Any], brought: list[str]
) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports", **said)
    assert tasks(await routing.done(case, "reply", **FINAL)) == brought


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
