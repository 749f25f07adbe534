"""Zoé's day: an agent of the passport team, from the queue of the morning to the last answer, with her wrong turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.stories.people import IN_FRENCH, Somebody, holder_of, named, refused, replies_in, retry, somebody
from tests.system import System, eventually, json_of

TOPIC = f"desk-{uuid4().hex[:8]}"
COMPLAINT: dict[str, Any] = {
    "channel": "web",
    "kind": "complaint",
    "service": "passports",
    "topic": TOPIC,
    "text": "J'attends mon passeport depuis trois semaines.",
}


@pytest.fixture(scope="module")
def zoe(system: System) -> Iterator[Somebody]:
    """The agent; what her stories are about has a topic of its own, so that her queue holds nothing else."""
    with somebody(system, system.staff("admin")) as admin:
        topic = {"name": named("Le matin au bureau", "The morning at the desk")}
        json_of(admin.intake.put(f"/v1/topics/{TOPIC}", json=topic), 201)
    with somebody(system, {**system.staff("agent", "passports"), **IN_FRENCH}) as agent:
        yield agent


@pytest.fixture(scope="module")
def public(system: System) -> Iterator[Somebody]:
    with somebody(system) as people:
        yield people


def in_hand(zoe: Somebody, public: Somebody) -> tuple[dict[str, Any], dict[str, Any]]:
    """Somebody's complaint, and its case, which Zoé has acknowledged."""
    receipt = public.says(COMPLAINT)
    return receipt, zoe.does(zoe.case_of(receipt), "acknowledge")


def back_from_the_counter(zoe: Somebody, ago: timedelta) -> dict[str, Any]:
    """The case of what she put right at the counter, so long ago, and has written down now."""
    spot = {**COMPLAINT, "channel": "counter", "resolved_on_the_spot": {"remedy": "apology"}}
    receipt = zoe.says({**spot, "submitted_at": moment(-ago)})
    return eventually(lambda: case if (case := zoe.case_of(receipt))["state"] == "answered" else None)


def moment(away: timedelta) -> str:
    """So long from now."""
    return (datetime.now(UTC) + away).isoformat()


def clock_of(case: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in case["clocks"] if one["clock"] == name)


def reread(agent: Somebody, case: dict[str, Any]) -> dict[str, Any]:
    return dict(json_of(agent.routing.get(f"/v1/cases/{case['id']}")))


def queue(agent: Somebody, **filters: Any) -> dict[str, Any]:
    asked = {"topic": TOPIC, "kind": "service_request", **filters}
    return dict(json_of(agent.routing.get("/v1/cases", params=asked)))


def test_she_opens_her_queue_and_what_is_urgent_comes_first_then_what_is_due_next(
    system: System, zoe: Somebody, public: Somebody
) -> None:
    asked = {**COMPLAINT, "kind": "service_request", "text": "Il me faut un passeport."}
    today = public.says(asked)
    by_letter = zoe.says({**asked, "channel": "letter", "submitted_at": moment(-timedelta(days=60))})
    in_danger = public.says({**asked, "urgent": "safety"})
    cases = eventually(lambda: items if len(items := queue(zoe)["items"]) == 3 else None)
    assert [case["feedback_id"] for case in cases] == [in_danger["id"], by_letter["id"], today["id"]]
    assert {case["team"]["name"]["fr"] for case in cases} == {"Équipe des passeports"}
    counts = queue(zoe)["counts"]
    assert (counts["by_state"], counts["urgent"], counts["overdue"]) == ({"assigned": 3}, 1, 1)
    assert [case["feedback_id"] for case in queue(zoe, due="overdue", clock="reply")["items"]] == [by_letter["id"]]
    assert [case["feedback_id"] for case in queue(zoe, priority="urgent", state="assigned")["items"]] == [
        in_danger["id"]
    ]
    assert [case["reference"] for case in queue(zoe, reference=today["reference"])["items"]] == [today["reference"]]
    first = zoe.routing.get("/v1/cases", params={"topic": TOPIC, "kind": "service_request", "limit": 2})
    rest = json_of(zoe.routing.get(first.links["next"]["url"]))
    assert [case["feedback_id"] for case in rest["items"]] == [today["id"]]
    for name, value in (("limit", "1000"), ("stat", "new"), ("state", "nouveau")):
        problem = json_of(zoe.routing.get("/v1/cases", params={name: value}), 422)
        assert [one["parameter"] for one in problem["errors"]] == [name]
        assert problem["title"] == "La demande n'a pas la forme voulue : voir « errors »."
    with somebody(system, {**system.staff("agent", "pensions"), **IN_FRENCH}) as neighbour:
        assert queue(neighbour)["items"] == []
        assert queue(neighbour)["counts"]["by_state"] == {}
        answer = neighbour.routing.get(f"/v1/cases/{cases[0]['id']}")
        assert refused(answer, 404, "case-not-found")["title"] == "Ce dossier n'existe pas, ou il n'est pas pour vous."
        refused(neighbour.tries(cases[0], "acknowledge"), 404, "case-not-found")


def test_she_takes_a_case_and_reads_its_words_and_the_reading_is_written_down(
    system: System, zoe: Somebody, public: Somebody
) -> None:
    jeanne = {"name": "Jeanne Tremblay", "email": "jeanne@example.org"}
    receipt = public.says({**COMPLAINT, "text": f"{COMPLAINT['text']} Appelez le 06 12 34 56 78.", "person": jeanne})
    case = zoe.case_of(receipt)
    mine = zoe.does(case, "assign", team="passports", member="zoe", note="Je m'en occupe.")
    assert (mine["member"], mine["state"]) == ("zoe", "assigned")
    assert "[telephone]" in eventually(lambda: reread(zoe, case)["verbatim"])
    path = f"/v1/feedback/{receipt['id']}"
    read = json_of(zoe.intake.get(path))
    assert "06 12 34 56 78" in read["text"]
    assert read["person"]["email"] == "jeanne@example.org"
    with somebody(system, system.staff("agent", "pensions")) as neighbour:
        refused(neighbour.intake.get(path), 404, "feedback-not-found")
    refused(zoe.intake.get(f"{path}/readings"), 403, "forbidden")
    with somebody(system, system.staff("auditor")) as auditor:
        assert [one["what"] for one in json_of(auditor.intake.get(f"{path}/readings"))["items"]] == ["words"]


def test_two_who_work_on_one_case_do_not_overwrite_each_other(zoe: Somebody, public: Somebody) -> None:
    case = zoe.case_of(public.says(COMPLAINT))
    path = f"/v1/cases/{case['id']}"
    seen = zoe.routing.get(path).headers["ETag"]
    zoe.does(case, "acknowledge", note="Un collègue a été plus vite.")
    answer = {"text": "Il part demain.", "outcome": "upheld"}
    stale = zoe.routing.post(f"{path}/reply", json=answer, headers={"If-Match": seen})
    assert refused(stale, 412, "precondition-failed")["title"].startswith("Ceci a été changé depuis")
    now = zoe.routing.get(path).headers["ETag"]
    done = json_of(zoe.routing.post(f"{path}/reply", json=answer, headers={"If-Match": now, **retry()}))
    assert (done["state"], done["outcome"]) == ("answered", "upheld")


def test_a_verb_that_the_state_does_not_allow_is_refused_with_those_that_it_does(
    zoe: Somebody, public: Somebody
) -> None:
    _, case = in_hand(zoe, public)
    problem = refused(zoe.tries(case, "acknowledge"), 409, "verb-not-possible")
    assert problem["title"] == "L'état du dossier ne permet pas cette action."
    assert "actions possibles : « assign », « transfer »" in problem["detail"]
    assert "acknowledge" not in case["verbs"]
    refused(zoe.tries(case, "resume"), 409, "verb-not-possible")
    refused(zoe.tries(case, "close"), 409, "verb-not-possible")
    refused(zoe.tries(case, "transfer", team="equipe-fantome"), 422, "unknown-team")
    refused(zoe.tries(case, "escalate", priority="normal"), 422, "invalid-request", "/priority")
    assert zoe.does(case, "escalate", priority="high")["priority"] == "high"
    refused(zoe.tries(case, "escalate", priority="high"), 422, "priority-not-raised")
    refused(zoe.tries(case, "link", case_id=str(uuid4())), 422, "linked-case-unknown")
    _, other = in_hand(zoe, public)
    zoe.does(case, "link", case_id=other["id"])
    assert reread(zoe, case)["linked"] == [other["id"]]
    assert zoe.routing.post(f"/v1/cases/{case['id']}/solve", json={}).status_code in (404, 405)


def test_she_asks_the_person_and_goes_on_when_the_answer_comes(system: System, zoe: Somebody, public: Somebody) -> None:
    receipt, case = in_hand(zoe, public)
    question = {"text": "Quel est le numéro de votre demande ?", "otherwise": "Sans lui, nous répondrons en général."}
    yesterday = zoe.tries(case, "ask", **question, until=moment(-timedelta(days=1)))
    refused(yesterday, 422, "until-not-after")
    refused(zoe.tries(case, "ask", **question), 422, "invalid-request", "/until")
    waiting = zoe.does(case, "ask", **question, until=moment(timedelta(days=5)))
    assert (waiting["state"], waiting["waiting"]["for"]) == ("waiting", "person")
    refused(zoe.tries(case, "ask", **question, until=moment(timedelta(days=6))), 409, "verb-not-possible")
    with somebody(system, {**holder_of(receipt["tracking_code"]), **IN_FRENCH}) as person:
        asked = next(one for one in person.sees("asked")["conversation"] if one["kind"] == "question")
        assert asked["text"] == f"{question['text']}\n\n{question['otherwise']}"
        stray = {"text": "Le voici.", "in_answer_to": str(uuid4())}
        refused(person.intake.post("/v1/tracking/messages", json=stray), 422, "question-not-found")
        answer = {"text": "C'est le 4411.", "in_answer_to": asked["id"]}
        json_of(person.intake.post("/v1/tracking/messages", json=answer, headers=retry()), 201)
        back = eventually(lambda: now if (now := reread(zoe, case))["state"] == "acknowledged" else None)
        assert [task["task"] for task in back["tasks"]] == ["answer_asked"]
        assert [span["resumed_by"] for span in back["suspensions"]] == ["person"]
        assert queue(zoe, kind="complaint", task="answer_asked")["counts"]["by_task"]["answer_asked"] == 1
        timeline = json_of(zoe.routing.get(f"/v1/cases/{case['id']}/timeline"))["items"]
        assert [line["text"] for line in timeline if line["verb"] == "message"] == ["C'est le 4411."]
        assert zoe.does(case, "note", note="Le 4411 est au bureau du nord.")["tasks"] == []
        assert "Le 4411 est au bureau du nord." not in str(person.sees("acknowledged"))


def test_she_waits_for_somebody_else_and_the_promise_moves_by_the_time_of_the_wait(
    zoe: Somebody, public: Somebody
) -> None:
    _, case = in_hand(zoe, public)
    wait = {"for": "third_party", "reason": "police-check"}
    colleague = zoe.tries(case, "suspend", **{**wait, "for": "colleague"}, until=moment(timedelta(days=3)))
    refused(colleague, 422, "invalid-request", "/for")
    zoe.does(case, "suspend", **wait, until=moment(timedelta(days=3)))
    resumed = zoe.does(case, "resume")
    assert (resumed["state"], resumed["waiting"]) == ("acknowledged", None)
    assert clock_of(resumed, "reply")["due_at"] >= clock_of(case, "reply")["due_at"]
    zoe.does(case, "suspend", **wait, until=moment(timedelta(seconds=1)))
    by_itself = eventually(lambda: now if (now := reread(zoe, case))["state"] == "acknowledged" else None)
    assert [task["task"] for task in by_itself["tasks"]] == ["wait_over"]
    assert [(span["reason"], span["resumed_by"]) for span in by_itself["suspensions"]] == [
        ("police-check", "staff"),
        ("police-check", "timer"),
    ]


def test_she_moves_a_promise_before_it_is_due_once_and_says_why(
    system: System, zoe: Somebody, public: Somebody
) -> None:
    receipt, case = in_hand(zoe, public)
    said = {"text": "La police n'a pas répondu.", "recourse": "Vous pouvez saisir le protecteur du citoyen."}
    due = datetime.fromisoformat(clock_of(case, "reply")["due_at"])
    refused(
        zoe.tries(case, "extend", clock="reply", text="Plus tard.", business_days=5),
        422,
        "invalid-request",
        "/recourse",
    )
    refused(zoe.tries(case, "extend", clock="resolve", business_days=5, **said), 422, "clock-not-running")
    refused(zoe.tries(case, "extend", clock="acknowledge", business_days=5, **said), 422, "clock-not-running")
    sooner = (due - timedelta(days=1)).isoformat()
    refused(zoe.tries(case, "extend", clock="reply", due_at=sooner, **said), 422, "extension-not-later")
    both = zoe.tries(case, "extend", clock="reply", due_at=sooner, business_days=5, **said)
    assert "soit « due_at », soit « business_days »" in json_of(both, 422)["errors"][0]["detail"]
    extended = zoe.does(case, "extend", clock="reply", business_days=5, **said)
    new = clock_of(extended, "reply")
    assert new["extended"]
    assert datetime.fromisoformat(new["due_at"]) > due + timedelta(days=5)
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        seen = person.sees("extended")
        assert seen["next_by"] == new["due_at"]
        assert seen["conversation"][-1]["text"] == f"{said['text']}\n\n{said['recourse']}"
    again = zoe.tries(case, "extend", clock="reply", business_days=5, **said)
    assert "un superviseur doit la reporter" in refused(again, 403, "extension-needs-supervisor")["title"]
    with somebody(system, system.staff("supervisor", "passports")) as chief:
        twice = chief.does(case, "extend", clock="reply", business_days=5, **said)
    assert clock_of(twice, "reply")["due_at"] > new["due_at"]
    letter = zoe.case_of(zoe.says({**COMPLAINT, "channel": "letter", "submitted_at": moment(-timedelta(days=60))}))
    refused(zoe.tries(letter, "extend", clock="reply", business_days=5, **said), 409, "clock-already-due")


def test_she_answers_first_in_part_and_then_for_good(system: System, zoe: Somebody, public: Somebody) -> None:
    receipt, case = in_hand(zoe, public)
    zoe.does(case, "reply", interim=True, text="Nous avons retrouvé votre demande.")
    running = reread(zoe, case)
    assert (running["state"], running["final_replies"]) == ("acknowledged", 0)
    assert clock_of(running, "reply")["ended_at"] is None
    for body in ({"text": "Il part demain."}, {"text": "Bientôt.", "interim": True, "outcome": "upheld"}):
        problem = refused(zoe.tries(case, "reply", **body), 422, "invalid-request", "")
        assert "Une réponse finale a besoin d'une issue" in problem["errors"][0]["detail"]
    refused(zoe.tries(case, "reply", text="", outcome="upheld"), 422, "invalid-request", "/text")
    key = retry()
    final = {
        "text": "Il part demain.",
        "outcome": "upheld",
        "reasons": "Il était imprimé.",
        "recourse": "Écrivez-nous.",
    }
    path = f"/v1/cases/{case['id']}/reply"
    done = json_of(zoe.routing.post(path, json=final, headers=key))
    assert json_of(zoe.routing.post(path, json=final, headers=key)) == done
    other = zoe.routing.post(path, json={**final, "outcome": "not_upheld"}, headers=key)
    assert "déjà venue avec un autre corps" in refused(other, 422, "idempotency-key-reused")["title"]
    assert (done["state"], done["final_replies"], clock_of(done, "reply")["met"]) == ("answered", 1, True)
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        assert [(one["answer"], one["text"]) for one in replies_in(person.sees("answered"))] == [
            (None, "Nous avons retrouvé votre demande."),
            (1, "Il part demain.\n\nIl était imprimé.\n\nÉcrivez-nous."),
        ]


def test_she_writes_down_in_the_afternoon_what_she_did_in_the_morning(system: System, zoe: Somebody) -> None:
    case = back_from_the_counter(zoe, timedelta(hours=3))
    before_he_came = zoe.tries(case, "reopen", reason="Revenu.", effective_at=moment(-timedelta(hours=4)))
    refused(before_he_came, 422, "effective-before-previous")
    refused(
        zoe.tries(case, "reopen", reason="Revenu.", effective_at=moment(timedelta(hours=1))),
        422,
        "effective-in-the-future",
    )
    hour = moment(-timedelta(hours=1))
    zoe.does(case, "reopen", reason="Il est revenu au guichet.", effective_at=hour)
    answer = {"text": "Le bon formulaire vous a été remis.", "outcome": "partly_upheld"}
    refused(
        zoe.tries(case, "reply", **answer, effective_at=moment(-timedelta(hours=2))), 422, "effective-before-previous"
    )
    half = moment(-timedelta(minutes=30))
    done = zoe.does(case, "reply", **answer, effective_at=half)
    assert datetime.fromisoformat(done["answered_at"]) == datetime.fromisoformat(half)
    last = json_of(zoe.routing.get(f"/v1/cases/{case['id']}/timeline"))["items"][-1]
    assert last["effective_at"] < last["recorded_at"]
    old = back_from_the_counter(zoe, timedelta(days=20))
    late = {"reason": "Il est revenu le lendemain.", "effective_at": moment(-timedelta(days=19))}
    assert (
        "un superviseur doit le saisir"
        in refused(zoe.tries(old, "reopen", **late), 403, "late-entry-needs-supervisor")["title"]
    )
    explained = {**late, "late_entry_reason": "Le cahier du guichet."}
    with somebody(system, system.staff("supervisor", "passports")) as chief:
        refused(chief.tries(old, "reopen", **late), 422, "late-entry-needs-reason")
        assert chief.does(old, "reopen", **explained)["reopened_count"] == 1


def test_what_concerns_a_colleague_goes_to_others_and_does_not_come_back(
    system: System, zoe: Somebody, public: Somebody
) -> None:
    receipt = public.says({**COMPLAINT, "concerns_staff": True})
    with somebody(system, {**system.staff("agent", "complaints-office"), **IN_FRENCH}) as office:
        case = office.case_of(receipt)
        answer = office.tries(case, "transfer", team="passports")
        assert "Cette équipe ne doit pas voir le dossier" in refused(answer, 422, "team-is-complained-about")["title"]
        assert reread(office, case)["hidden_from"] == ["passports"]
        refused(zoe.routing.get(f"/v1/cases/{case['id']}"), 404, "case-not-found")
        refused(zoe.intake.get(f"/v1/feedback/{receipt['id']}"), 404, "feedback-not-found")
        assert zoe.routing.get("/v1/cases", params={"feedback_id": receipt["id"]}).json()["items"] == []


def test_before_she_leaves_she_answers_many_at_once_and_one_bad_row_stops_none(zoe: Somebody, public: Somebody) -> None:
    cases = [zoe.case_of(public.says(COMPLAINT)) for _ in range(4)]
    bodies: list[dict[str, Any]] = [
        {"verb": "acknowledge"},
        {"verb": "reply", "body": {"text": "Il part demain."}},
        {"verb": "note", "body": {"note": "Vu."}, "version": 1},
        {"verb": "reply", "body": {"text": "Il part demain.", "outcome": "upheld"}, "version": cases[3]["version"]},
    ]
    rows = [{"case_id": case["id"], **body} for case, body in zip(cases, bodies, strict=True)]
    rows.append({"case_id": str(uuid4()), "verb": "acknowledge"})
    answer: httpx.Response = zoe.routing.post("/v1/cases/actions", json={"actions": rows}, headers=retry())
    outcomes = json_of(answer)["outcomes"]
    assert [one["status"] for one in outcomes] == [200, 422, 412, 200, 404]
    assert outcomes[1]["problem"]["errors"][0]["pointer"] == "/body"
    assert "Une réponse finale" in outcomes[1]["problem"]["errors"][0]["detail"]
    assert outcomes[2]["problem"]["type"] == "urn:ecoute:problem:precondition-failed"
    assert [reread(zoe, case)["state"] for case in cases] == ["acknowledged", "assigned", "assigned", "answered"]
    unread = zoe.routing.post("/v1/cases/actions", json={"actions": [{"case_id": cases[0]["id"], "verb": "solve"}]})
    refused(unread, 422, "invalid-request", "/actions/0/verb")
