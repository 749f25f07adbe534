"""Amina's day: a supervisor who sorts what nobody has sorted, sees what is late, and mends what went wrong."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.log import CASES, events_of
from tests.e2e.stories.people import IN_FRENCH, Somebody, holder_of, named, refused, replies_in, retry, somebody
from tests.system import System, eventually, json_of

SERVICE = f"family-books-{uuid4().hex[:8]}"
"""No rule knows it, so the catch-all team has it; what it is promised is in a standard of its own."""
COMPLAINT: dict[str, Any] = {
    "channel": "web",
    "kind": "complaint",
    "service": SERVICE,
    "text": "Mon livret de famille n'est toujours pas arrivé.",
}
STANDARD: dict[str, Any] = {
    "name": named("Livrets de famille", "Family books"),
    "when": {"service": [SERVICE]},
    "clocks": [
        {"clock": "acknowledge", "within": {"calendar_days": 2}},
        {"clock": "reply", "within": {"calendar_days": 10}},
        {"clock": "resolve", "within": {"calendar_days": 20}},
        {"clock": "stage2_reply", "within": {"calendar_days": 10}, "starts": "reopening"},
    ],
}
ANSWER = {"text": "Il part demain.", "outcome": "upheld", "recourse": "Vous pouvez nous écrire de nouveau."}


@pytest.fixture(scope="module")
def amina(system: System) -> Iterator[Somebody]:
    """She leads the feedback desk, which has what no rule gives to others. What she promises is taken back at night."""
    with somebody(system, system.staff("admin")) as admin:
        book = {"name": named("Livret de famille", "Family book")}
        json_of(admin.intake.put(f"/v1/services/{SERVICE}", json=book), 201)
        published = admin.routing.put(f"/v1/service-standards/{SERVICE}", json=STANDARD)
        json_of(published)
        with somebody(system, {**system.staff("supervisor", "first-line"), **IN_FRENCH}) as supervisor:
            yield supervisor
        version = {"If-Match": published.headers["ETag"]}
        json_of(admin.routing.delete(f"/v1/service-standards/{SERVICE}", headers=version))


@pytest.fixture(scope="module")
def passports(system: System) -> Iterator[Somebody]:
    """Her colleague, who leads the passport team."""
    with somebody(system, {**system.staff("supervisor", "passports"), **IN_FRENCH}) as colleague:
        yield colleague


@pytest.fixture(scope="module")
def public(system: System) -> Iterator[Somebody]:
    with somebody(system) as people:
        yield people


def moment(away: timedelta) -> str:
    """So long from now."""
    return (datetime.now(UTC) + away).isoformat()


def came_long_ago(amina: Somebody, days: int, **said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A letter that was stamped so many days ago and entered today, and its case."""
    receipt = amina.says({**COMPLAINT, "channel": "letter", "submitted_at": moment(-timedelta(days=days)), **said})
    return receipt, amina.case_of(receipt)


def reread(supervisor: Somebody, case: dict[str, Any]) -> dict[str, Any]:
    return dict(json_of(supervisor.routing.get(f"/v1/cases/{case['id']}")))


def once(supervisor: Somebody, case: dict[str, Any], state: str) -> dict[str, Any]:
    """The case, as soon as it is in that state."""
    return eventually(lambda: now if (now := reread(supervisor, case))["state"] == state else None)


def clock_of(case: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in case["clocks"] if one["clock"] == name)


def told_of_clocks(supervisor: Somebody, case: dict[str, Any], what: str) -> list[str]:
    """The clocks of which the timeline says `approaching` or `breach`, once for each time."""
    lines = json_of(supervisor.routing.get(f"/v1/cases/{case['id']}/timeline"))["items"]
    return sorted(line["details"]["clock"] for line in lines if line["verb"] == what)


def tasks_of(case: dict[str, Any]) -> list[str]:
    return [task["task"] for task in case["tasks"]]


def test_she_sorts_words_that_nobody_has_sorted_and_the_rules_decide_anew(
    system: System, amina: Somebody, passports: Somebody, public: Somebody
) -> None:
    receipt = public.says({"channel": "web", "text": "Trois semaines d'attente pour un passeport, c'est trop."})
    case = amina.case_of(receipt)
    assert (case["state"], case["team"]["code"], case["kind"]) == ("new", "first-line", None)
    mistaken = refused(amina.tries(case, "acknowledge"), 409, "verb-not-possible")
    assert mistaken["detail"].endswith(
        "actions possibles : « assign », « classify », « transfer », « refer », « decline »."
    )
    refused(amina.tries(case, "classify"), 422, "invalid-request", "")
    refused(amina.tries(case, "classify", kind="plainte"), 422, "invalid-request", "/kind")
    amina.does(case, "classify", kind="complaint", service="passports")
    moved = passports.case_of(receipt)
    assert (moved["state"], moved["team"]["code"], moved["kind"]) == ("assigned", "passports", "complaint")
    assert [clock["due_at"] for clock in moved["clocks"]] == [clock["due_at"] for clock in case["clocks"]]
    lines = json_of(passports.routing.get(f"/v1/cases/{case['id']}/timeline"))["items"]
    assert ("assign", "rule") in [(line["verb"], line["by"]) for line in lines]
    refused(amina.routing.get(f"/v1/cases/{case['id']}"), 404, "case-not-found")
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        assert person.sees("assigned")["team"]["name"]["fr"] == "Équipe des passeports"
    feedback = json_of(passports.intake.get(f"/v1/feedback/{receipt['id']}"))
    assert (feedback["kind"], feedback["declared_kind"]) == ("complaint", None)


def test_she_gives_a_case_to_a_member_and_members_are_hers_to_change_but_nothing_else(
    amina: Somebody, passports: Somebody, public: Somebody
) -> None:
    case = amina.case_of(public.says(COMPLAINT))
    read = amina.routing.get("/v1/teams/first-line")
    team = {name: value for name, value in read.json().items() if name not in ("code", "version", "retired")}
    larger = {**team, "members": [*team["members"], "luc"]}
    refused(amina.routing.put("/v1/teams/first-line", json=larger), 428, "precondition-required")
    version = {"If-Match": read.headers["ETag"]}
    renamed = {**larger, "name": named("Accueil d'Amina", "Amina's desk")}
    refused(amina.routing.put("/v1/teams/first-line", json=renamed, headers=version), 403, "forbidden")
    refused(passports.routing.put("/v1/teams/first-line", json=larger, headers=version), 403, "forbidden")
    changed = amina.routing.put("/v1/teams/first-line", json=larger, headers=version)
    assert "luc" in json_of(changed)["members"]
    refused(amina.routing.put("/v1/teams/first-line", json=team, headers=version), 412, "precondition-failed")
    given = amina.does(case, "assign", team="first-line", member="luc")
    assert (given["state"], given["member"]) == ("assigned", "luc")
    mine = json_of(amina.routing.get("/v1/cases", params={"member": "luc", "service": SERVICE}))["items"]
    assert [one["id"] for one in mine] == [case["id"]]
    back = {"If-Match": changed.headers["ETag"]}
    assert json_of(amina.routing.put("/v1/teams/first-line", json=team, headers=back))["members"] == team["members"]


def test_she_sees_what_is_overdue_and_what_soon_will_be_and_each_is_told_once(system: System, amina: Somebody) -> None:
    receipt, overdue = came_long_ago(amina, 40)
    _, soon = came_long_ago(amina, 9)
    clocks = ["acknowledge", "reply", "resolve"]
    eventually(lambda: told_of_clocks(amina, overdue, "breach") == clocks)
    eventually(lambda: told_of_clocks(amina, soon, "approaching") == ["acknowledge", "reply"])
    assert told_of_clocks(amina, soon, "breach") == ["acknowledge"]
    late = json_of(amina.routing.get("/v1/cases", params={"service": SERVICE, "due": "overdue", "clock": "reply"}))
    assert [case["id"] for case in late["items"]] == [overdue["id"]]
    by_then = {"service": SERVICE, "clock": "reply", "due": moment(timedelta(days=3))}
    due = [case["id"] for case in json_of(amina.routing.get("/v1/cases", params=by_then))["items"]]
    assert due == [overdue["id"], soon["id"]]
    amina.does(overdue, "assign", team="first-line", note="Je le prends.")
    _, next_one = came_long_ago(amina, 40)
    eventually(lambda: told_of_clocks(amina, next_one, "breach") == clocks)
    assert told_of_clocks(amina, overdue, "breach") == clocks
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        seen = person.sees("late")
        assert "nous vous prions de nous en excuser" in seen["next_step"]["fr"]
        assert datetime.fromisoformat(seen["next_by"]) > datetime.now(UTC)


def test_she_enters_late_what_was_done_in_time_and_the_breach_is_taken_back(system: System, amina: Somebody) -> None:
    spot = {"channel": "counter", "resolved_on_the_spot": {"remedy": "apology"}}
    receipt, opened = came_long_ago(amina, 25, **spot)
    case = once(amina, opened, "answered")
    back = {"reason": "Revenue le lendemain.", "effective_at": moment(-timedelta(days=24))}
    refused(amina.tries(case, "reopen", **back), 422, "late-entry-needs-reason")
    amina.does(case, "reopen", **back, late_entry_reason="Le cahier du guichet.")
    eventually(lambda: "stage2_reply" in told_of_clocks(amina, case, "breach"))
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        person.sees("late")
        answered = {**ANSWER, "effective_at": moment(-timedelta(days=20))}
        refused(amina.tries(case, "reply", **answered), 422, "late-entry-needs-reason")
        done = amina.does(case, "reply", **answered, late_entry_reason="Répondu de vive voix.")
        ended = clock_of(done, "stage2_reply")
        assert (ended["met"], ended["late_entry"]) == (True, True)
        person.sees("answered")
    corrected = eventually(lambda: [one for one in _told_of(system, case) if "clock.corrected" in one["type"]])
    assert [(one["data"]["clock"], one["data"]["because"], one["data"]["breach_untrue"]) for one in corrected] == [
        ("stage2_reply", "late_entry", True)
    ]


def _told_of(system: System, case: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in events_of(system, CASES) if one["subject"] == case["id"]]


def test_she_declines_or_refers_and_the_person_reads_why_and_where_to_turn(
    system: System, amina: Somebody, public: Somebody
) -> None:
    receipt = public.says(COMPLAINT)
    case = amina.case_of(receipt)
    refused(amina.tries(case, "decline", reason="same-again"), 422, "invalid-request", "/text")
    reasons = {"text": "Nous y avons déjà répondu.", "recourse": "Le protecteur du citoyen."}
    declined = amina.does(case, "decline", reason="same-again", **reasons)
    assert (declined["state"], declined["outcome"], declined["verbs"]) == ("closed", "declined", ["reopen", "link"])
    assert refused(amina.tries(case, "reply", **ANSWER), 409, "verb-not-possible")["detail"].endswith(
        "« reopen », « link »."
    )
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        seen = person.sees("declined")
        assert replies_in(seen)[0]["text"] == f"{reasons['text']}\n\n{reasons['recourse']}"
        assert seen["next_by"] == declined["reopen_until"]
        more = {"text": "Ce n'était pas la même demande."}
        json_of(person.intake.post("/v1/tracking/messages", json=more, headers=retry()), 201)
    eventually(lambda: tasks_of(reread(amina, case)) == ["read_message"])
    again = amina.does(case, "reopen", reason="Elle a raison.")
    assert (again["state"], again["tasks"], again["reopened_count"]) == ("acknowledged", [], 1)

    receipt = public.says({**COMPLAINT, "language": "fr"})
    case = amina.case_of(receipt)
    refused(amina.tries(case, "refer", to={"fr": "Mairie"}, text="Pas nous."), 422, "invalid-request", "/to/en")
    to = {"fr": "Mairie, 1 rue de l'Église", "en": "Town hall, 1 rue de l'Église"}
    assert amina.does(case, "refer", to=to, text="La mairie tient les livrets.")["outcome"] == "referred"
    with somebody(system, holder_of(receipt["tracking_code"])) as person:
        assert replies_in(person.sees("referred"))[0]["text"] == f"La mairie tient les livrets.\n\n{to['fr']}"


def test_what_concerns_a_team_s_own_staff_is_seen_by_the_restricted_team_s_supervisor_alone(
    system: System, amina: Somebody, passports: Somebody, public: Somebody
) -> None:
    before = json_of(passports.routing.get("/v1/cases", params={"limit": 1}))["counts"]["by_state"]
    receipt = public.says({**COMPLAINT, "service": "passports", "concerns_staff": True})
    with somebody(system, system.staff("supervisor", "complaints-office")) as office:
        case = office.case_of(receipt)
        assert (case["team"]["code"], case["state"]) == ("complaints-office", "assigned")
        for other in (passports, amina):
            refused(other.routing.get(f"/v1/cases/{case['id']}"), 404, "case-not-found")
            refused(other.routing.get(f"/v1/cases/{case['id']}/timeline"), 404, "case-not-found")
            refused(other.tries(case, "reply", **ANSWER), 404, "case-not-found")
            refused(other.intake.get(f"/v1/feedback/{receipt['id']}"), 404, "feedback-not-found")
        search = passports.intake.get("/v1/feedback/search", params={"reference": receipt["reference"]})
        assert json_of(search)["items"] == []
        after = json_of(passports.routing.get("/v1/cases", params={"limit": 1}))["counts"]["by_state"]
        assert after == before
        refused(office.tries(case, "assign", team="passports"), 422, "team-is-complained-about")
        office.does(case, "reply", **ANSWER)
    with somebody(system, system.staff("supervisor", "complaints-office", "passports")) as of_both:
        refused(of_both.routing.get(f"/v1/cases/{case['id']}"), 404, "case-not-found")


def test_when_the_person_says_no_she_takes_it_up_again_and_a_new_promise_runs(
    system: System, amina: Somebody, public: Somebody
) -> None:
    receipt = public.says(COMPLAINT)
    case = amina.case_of(receipt)
    amina.does(case, "assign", team="first-line")
    first = amina.does(case, "reply", **ANSWER)
    assert clock_of(first, "stage2_reply")["due_at"] is None
    with somebody(system, {**holder_of(receipt["tracking_code"]), **IN_FRENCH}) as person:
        person.sees("answered")
        said = {"solved": "no", "ratings": [{"measure": "csat", "value": 1}], "comment": "Rien n'est venu."}
        json_of(person.intake.post("/v1/tracking/evaluation", json=said, headers=retry()), 201)
        contested = eventually(lambda: now if tasks_of(now := reread(amina, case)) else None)
        assert (tasks_of(contested), contested["solved"]) == (["not_solved"], "no")
        queue = json_of(amina.routing.get("/v1/cases", params={"service": SERVICE, "task": "not_solved"}))
        assert [one["id"] for one in queue["items"]] == [case["id"]]
        reopened = amina.does(case, "reopen", reason="Le livret s'est perdu.")
        assert (reopened["state"], reopened["tasks"], reopened["reopened_count"]) == ("acknowledged", [], 1)
        promised = clock_of(reopened, "stage2_reply")["due_at"]
        assert person.sees("reopened")["next_by"] == promised
        second = amina.does(case, "reply", text="Un second livret est parti.", outcome="upheld", remedy="replacement")
        assert (second["final_replies"], clock_of(second, "stage2_reply")["met"]) == (2, True)
        person.sees("answered")
        early = person.intake.post("/v1/tracking/evaluation", json={"solved": "yes", "answer": 3})
        refused(early, 409, "not-answered-yet")
        json_of(person.intake.post("/v1/tracking/evaluation", json={"solved": "yes"}, headers=retry()), 201)
        again = person.intake.post("/v1/tracking/evaluation", json={"solved": "no"}, headers=retry())
        assert refused(again, 409, "already-evaluated")["title"] == "Cette réponse a déjà été évaluée, autrement."
        eventually(lambda: reread(amina, case)["solved"] == "yes")
        closed = amina.does(case, "close")
        assert clock_of(closed, "resolve")["ended_at"] == second["answered_at"]
        assert person.sees("closed_evaluated")["next_by"] == closed["reopen_until"]


def test_a_reply_that_did_not_arrive_was_none_and_is_brought_otherwise(amina: Somebody, public: Somebody) -> None:
    receipt = public.says({**COMPLAINT, "person": {"phone": "+1 418 555 0199"}, "reply_by": "phone"})
    case = amina.case_of(receipt)
    amina.does(case, "assign", team="first-line")
    answered = amina.does(case, "reply", **ANSWER)
    assert (tasks_of(answered), clock_of(answered, "reply")["met"]) == (["deliver_reply"], True)
    path = f"/v1/feedback/{receipt['id']}/deliveries"
    report = {"answer": 1, "by": "phone", "outcome": "undeliverable"}
    eventually(lambda: amina.intake.post(path, json={**report, "because": "bounced", "answer": 9}).status_code == 404)
    assert "a besoin de « because »" in json_of(amina.intake.post(path, json=report), 422)["errors"][0]["detail"]
    long_ago = {**report, "because": "unreachable", "at": moment(-timedelta(days=1))}

    def report_it() -> bool:
        problem = amina.intake.post(path, json=long_ago).json()["type"]
        return bool(problem.endswith("delivered-before-given"))

    eventually(report_it)
    json_of(amina.intake.post(path, json={**report, "because": "unreachable"}, headers=retry()))
    back = once(amina, case, "assigned")
    assert tasks_of(back) == ["reply_undelivered"]
    assert (clock_of(back, "reply")["ended_at"], clock_of(back, "acknowledge")["ended_at"]) == (None, None)
    assert clock_of(back, "reply")["due_at"] == clock_of(answered, "reply")["due_at"]
    again = amina.does(case, "reply", **ANSWER, note="Son voisin a le bon numéro.")
    assert (again["final_replies"], tasks_of(again)) == (2, ["deliver_reply"])
    brought = {"answer": 2, "by": "phone", "outcome": "delivered"}
    eventually(lambda: amina.intake.post(path, json=brought, headers=retry()).status_code == 200)
    eventually(lambda: tasks_of(reread(amina, case)) == [])


def test_in_the_evening_she_counts_where_everything_stands_what_was_withdrawn_too(
    system: System, amina: Somebody, public: Somebody
) -> None:
    asked = {**COMPLAINT, "kind": "enquiry", "text": "Où en est mon livret ?"}
    receipts = [public.says(asked) for _ in range(6)]
    cases = [amina.case_of(receipt) for receipt in receipts]
    for case in cases[1:]:
        amina.does(case, "assign", team="first-line")
    for case in cases[2:]:
        amina.does(case, "acknowledge")
    wait = {"for": "third_party", "reason": "town-hall", "until": moment(timedelta(days=2))}
    amina.does(cases[3], "suspend", **wait)
    amina.does(cases[4], "reply", **ANSWER)
    with somebody(system, holder_of(receipts[5]["tracking_code"])) as person:
        json_of(person.intake.post("/v1/tracking/withdrawal", json={}, headers=retry()))
        assert "Vous avez retiré ce message" in person.sees("withdrawn")["next_step"]["fr"]
        late = person.intake.post("/v1/tracking/messages", json={"text": "Attendez…"}, headers=retry())
        refused(late, 409, "withdrawn")
    withdrawn = once(amina, cases[5], "closed")
    assert (withdrawn["outcome"], withdrawn["verbs"]) == ("withdrawn", ["reopen", "link"])
    assert clock_of(withdrawn, "reply")["cancelled_at"] is not None
    queue = json_of(amina.routing.get("/v1/cases", params={"service": SERVICE, "kind": "enquiry"}))
    assert queue["counts"]["by_state"] == dict.fromkeys(
        ("new", "assigned", "acknowledged", "waiting", "answered", "closed"), 1
    )
    assert (queue["counts"]["overdue"], queue["counts"]["urgent"], queue["counts"]["by_task"]) == (0, 0, {})
