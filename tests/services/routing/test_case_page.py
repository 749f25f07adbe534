"""The case as a page: each verb by its form, what is refused, and what nobody sends twice."""

import re
from typing import Any

import pytest

from libs.common.clock import Clock
from libs.contracts.feedback import FeedbackWithdrawn
from services.routing.cases.schemas import Verb
from services.routing.cases.verbs.service import WAYS
from services.routing.pages.cases.forms import fields_of
from tests.services.desk import Desk, desk
from tests.services.routing.office import ORGANISATION, Routing, local, received

SPOKE = local("2026-03-09 11:00")
TEAMS = [team["code"] for team in ORGANISATION["teams"]]


def supervisor(routing: Routing, subject: str = "ada") -> Desk:
    return desk(routing.app, routing.http, "supervisor", teams=TEAMS, subject=subject)


async def assigned(routing: Routing, **fields: Any) -> dict[str, Any]:
    said = {"kind": "complaint", "service": "passports", "language": "en", **fields}
    return await routing.open(SPOKE, **said)


def form_of(shown: str, verb: str) -> str:
    return shown.split(f'id="verb-{verb}"')[1].split("</form>", maxsplit=1)[0]


FILLED: dict[str, dict[str, str]] = {
    "assign": {"team": "passports", "member": "zoe"},
    "transfer": {"team": "letters", "note": "About a letter."},
    "classify": {"topic": "waiting"},
    "acknowledge": {},
    "ask": {"text": "Which number?", "until": "2026-03-17T16:30", "otherwise": "We shall go on."},
    "suspend": {"for": "third_party", "reason": "expert-report", "until": "2026-03-17T16:30"},
    "extend": {"clock": "reply", "business_days": "5", "text": "One more week.", "recourse": "The ombudsman."},
    "escalate": {"priority": "high"},
    "note": {"note": "Called the office."},
    "reply": {"text": "It leaves tomorrow.", "outcome": "upheld", "reasons": "Wrong office.", "recourse": "Write."},
    "refer": {"text": "Not ours.", "to": "The insurer, 1 800 555-0199"},
    "decline": {"reason": "before-the-courts", "text": "A court deals with it."},
    "link": {},
    "resume": {},
    "reopen": {"reason": "It did not arrive."},
    "close": {},
}
BEFORE: dict[str, list[str]] = {"resume": ["suspend"], "reopen": ["reply"], "close": ["reply"]}


def test_every_verb_is_tried() -> None:
    assert FILLED.keys() == WAYS.keys()


@pytest.mark.parametrize("verb", FILLED)
async def test_each_verb_has_a_form_with_the_fields_of_its_schema_that_does_what_the_call_does(
    routing: Routing, verb: Verb
) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    for earlier in BEFORE.get(verb, []):
        body = FILLED[earlier] | ({"until": "2026-03-17T16:30:00-04:00"} if "until" in FILLED[earlier] else {})
        await routing.done(case, earlier, **body)
    filled = FILLED[verb]
    if verb == "link":
        filled = {"case_id": (await assigned(routing))["reference"].lower().replace("-", " ")}
    shown = await ada.see(f"/cases/{case['id']}")
    names = set(re.findall(r'name="([a-z_]+)"', form_of(shown, verb)))
    assert names - {"csrf_token", "key", "version", "step"} == set(fields_of(verb))
    answer = await ada.send(f"/cases/{case['id']}/{verb}", shown, f"/cases/{case['id']}/{verb}", **filled, step="send")
    assert answer.status_code == 303, answer.text
    line = (await routing.timeline(case))[-1]
    assert (line["verb"], line["by"]) == (verb, "ada")
    assert answer.headers["Location"].endswith("#done")
    assert 'id="done"' in await ada.see(answer.headers["Location"])


async def test_what_is_refused_is_said_beside_the_field_and_what_was_typed_stays(routing: Routing) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    path = f"/cases/{case['id']}/reply"
    shown = await ada.see(f"/cases/{case['id']}")
    sent = {"text": "Typed <with care>.", "effective_at": "2026-03-11T09:00"}
    no_outcome = await ada.send(path, shown, path, **sent)
    assert no_outcome.status_code == 422
    assert "A final reply needs an outcome" in form_of(no_outcome.text, "reply")
    assert "Typed &lt;with care&gt;." in no_outcome.text
    too_early = await ada.send(path, no_outcome.text, path, **sent, outcome="upheld")
    assert too_early.status_code == 422
    assert 'aria-invalid="true"' in form_of(too_early.text, "reply").split('id="reply-effective_at"')[1].split(">")[0]
    assert len(await routing.timeline(case)) == len(await routing.timeline(await assigned(routing)))
    sent["effective_at"] = ""
    assert (await ada.send(path, too_early.text, path, **sent, outcome="upheld")).status_code == 303


@pytest.mark.parametrize("typed", ["EC-0000-0000", "their other one", "hidden", "itself"])
async def test_another_case_that_is_not_found_is_said_beside_its_reference_in_words(
    routing: Routing, typed: str
) -> None:
    case, hers = await assigned(routing), await assigned(routing, concerns_staff=True)
    zoe = desk(routing.app, routing.http, "agent", teams=["passports"], subject="zoe")
    typed = {"hidden": hers["reference"], "itself": case["reference"]}.get(typed, typed)
    path = f"/cases/{case['id']}/link"
    refused = await zoe.send(path, await zoe.see(f"/cases/{case['id']}"), path, case_id=typed)
    assert refused.status_code == 422
    field = form_of(refused.text, "link").split('id="link-case_id"')[1].split("</div>", maxsplit=1)[0]
    assert f'value="{typed}"' in field
    assert "There is no such other case" in form_of(refused.text, "link")
    assert "UUID" not in refused.text


async def test_a_case_that_somebody_changed_meanwhile_is_not_overwritten_and_nothing_typed_is_lost(
    routing: Routing,
) -> None:
    case, ada, zoe = await assigned(routing), supervisor(routing), supervisor(routing, "zoe")
    path = f"/cases/{case['id']}/assign"
    before = await zoe.see(f"/cases/{case['id']}")
    assert (await ada.send(path, before, path, team="passports", member="ada")).status_code == 403  # zoe's form
    mine = await ada.see(f"/cases/{case['id']}")
    assert (await ada.send(path, mine, path, team="passports", member="ada")).status_code == 303
    refused = await zoe.send(path, before, path, team="passports", member="zoe")
    assert refused.status_code == 422
    assert "changed since" in refused.text
    assert 'value="zoe"' in form_of(refused.text, "assign")
    assert (await zoe.send(path, refused.text, path, team="passports", member="zoe")).status_code == 303


@pytest.mark.parametrize(("verb", "said"), [("reply", {"text": "Typed <for long>."}), ("acknowledge", {})])
async def test_what_was_written_for_a_case_that_ended_meanwhile_is_shown_with_the_reason(
    routing: Routing, verb: str, said: dict[str, str]
) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    shown, path = await ada.see(f"/cases/{case['id']}"), f"/cases/{case['id']}/{verb}"
    gone = FeedbackWithdrawn(effective_at=SPOKE)
    await routing.hear(received(gone, case["feedback_id"], 2))
    refused = await ada.send(path, shown, path, **said, outcome="upheld")
    assert refused.status_code == 422
    assert f'id="verb-{verb}"' not in refused.text
    assert "changed since" in refused.text
    assert ("Typed &lt;for long&gt;." in refused.text) == (verb == "reply")
    assert '<dt>Outcome</dt><dd class="words">Upheld</dd>' in refused.text


async def test_what_was_written_when_the_session_ended_is_shown_beside_the_way_back(routing: Routing) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    shown, path = await ada.see(f"/cases/{case['id']}"), f"/cases/{case['id']}/reply"
    sent = {"csrf_token": "of-before", "key": "k", "version": "1", "text": "Typed <for long>."}
    ended = await routing.http.post(path, data=sent, headers={"Accept-Language": "en"})
    assert ended.status_code == 401
    assert f'href="/sign-in?back=%2Fcases%2F{case["id"]}" target="_blank"' in ended.text
    anew = await routing.http.post(path, data=sent, headers=ada.headers)
    assert anew.status_code == 403
    assert f'href="/cases/{case["id"]}" target="_blank"' in anew.text
    await routing.done(case, "transfer", team="letters")
    zoe = desk(routing.app, routing.http, "agent", teams=["passports"], subject="zoe")
    moved = await zoe.send(path, shown, path, **{**sent, "csrf_token": token_of(zoe, await zoe.see("/queue"))})
    assert moved.status_code == 404
    for answer in (ended, anew, moved):
        assert "Typed &lt;for long&gt;." in answer.text
        assert "of-before" not in answer.text
        assert "?lang=" not in answer.text  # nothing answers there
    elsewhere = await routing.http.post(path, data=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, "Typed" in elsewhere.text) == (403, False)


def token_of(one: Desk, shown: str) -> str:
    return re.findall(r'name="csrf_token" value="([^"]*)"', shown)[0]


async def test_who_is_no_supervisor_is_told_at_once_that_one_must_enter_what_is_old(routing: Routing) -> None:
    case = await assigned(routing)
    zoe = desk(routing.app, routing.http, "agent", teams=["passports"], subject="zoe")
    path = f"/cases/{case['id']}/acknowledge"
    shown = await zoe.see(f"/cases/{case['id']}")
    assert "time zone America/Toronto" in form_of(shown, "acknowledge")
    clock: Clock = routing.app.state.clock
    try:
        routing.at(local("2026-03-12 10:00"))
        refused = await zoe.send(path, shown, path, effective_at="2026-03-09T11:30")
    finally:
        routing.app.state.clock = clock
    assert "a supervisor must enter it" in form_of(refused.text, "acknowledge")
    assert '<a href="#acknowledge-effective_at">Done when: ' in refused.text


async def test_what_is_wrong_is_said_by_the_names_on_the_page(routing: Routing) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    shown, path = await ada.see(f"/cases/{case['id']}"), f"/cases/{case['id']}/suspend"
    sent = {"for": "third_party", "reason": "expert report", "until": "2026-03-09T10:00"}
    no_code = await ada.send(path, shown, path, **sent)
    assert "Reason: A code: unaccented letters, digits and hyphens, no space." in no_code.text
    too_early = await ada.send(path, no_code.text, path, **{**sent, "reason": "report"})
    assert "“Until when” must be after the moment" in too_early.text
    assert f'href="/cases/{case["id"]}?lang=fr&amp;queue="' in too_early.text
    path = f"/cases/{case['id']}/ask"
    nothing = await ada.send(path, shown, path, text="", until="", otherwise="")
    told = form_of(nothing.text, "ask").split("</ul>")[0]
    assert [
        f">{name}: This field is required." in told
        for name in ("Question to the person", "Until when", "Without an answer")
    ] == [True] * 3


async def test_a_form_sent_twice_takes_effect_once(routing: Routing) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    shown, path = await ada.see(f"/cases/{case['id']}"), f"/cases/{case['id']}/note"
    answers = [await ada.send(path, shown, path, note="Once.") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert [line["note"] for line in await routing.timeline(case)].count("Once.") == 1
    again = await ada.send(path, shown, path, note="Another, by the back button.")
    assert again.status_code == 422
    assert "Another, by the back button." in again.text


async def test_the_person_s_reading_is_shown_before_anything_is_sent(routing: Routing) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    shown, path = await ada.see(f"/cases/{case['id']}"), f"/cases/{case['id']}/reply"
    preview = await ada.send(path, shown, path, **FILLED["reply"], step="preview")
    assert preview.status_code == 200
    assert "It leaves tomorrow.\n\nWrong office.\n\nWrite." in preview.text
    assert (await routing.see(case["id"]))["state"] == "assigned"
    assert (await ada.send(path, preview.text, path, **FILLED["reply"], step="send")).status_code == 303
    assert (await routing.see(case["id"]))["state"] == "answered"


async def test_what_one_may_not_see_or_do_is_not_on_the_page(routing: Routing) -> None:
    case = await assigned(routing)
    path = f"/cases/{case['id']}"
    other = desk(routing.app, routing.http, "agent", teams=["letters"])
    assert (await other.get(path)).status_code == 404
    assert (await other.get("/cases/of-none")).status_code == 404
    manager = desk(routing.app, routing.http, "manager")
    shown = await manager.see(path)
    assert 'id="verb-' not in shown
    assert "/person" not in shown
    refused = await manager.send(f"{path}/note", shown, "/sign-out", note="x", key="", version="1")
    assert refused.status_code == 403
    agent = await desk(routing.app, routing.http, "agent", teams=["passports"]).see(path)
    assert 'name="late_entry_reason"' not in agent
    await routing.rows("UPDATE cases SET hidden_from = '{passports}' WHERE id = :id RETURNING id", id=case["id"])
    for roles in (("agent",), ("supervisor",), ("reviewer",), ("manager",)):
        hidden = desk(routing.app, routing.http, *roles, teams=["passports"])
        assert (await hidden.get(path)).status_code == 404
        assert case["reference"] not in await hidden.see("/queue?state=all")


async def test_who_gives_a_case_away_goes_on_in_the_queue_they_came_from(routing: Routing) -> None:
    case = await assigned(routing)
    zoe = desk(routing.app, routing.http, "agent", teams=["passports"])
    shown = await zoe.see(f"/cases/{case['id']}?queue=due%3Doverdue")
    path = f"/cases/{case['id']}/transfer"
    answer = await zoe.send(f"{path}?queue=due%3Doverdue", shown, path, team="letters")
    assert answer.headers["Location"] == "/queue?due=overdue&done=transfer"
    assert "no longer your team" in await zoe.see(answer.headers["Location"])


async def test_who_did_it_and_the_language_are_said_in_words(routing: Routing) -> None:
    case = await assigned(routing, language="und")
    ada = supervisor(routing)
    shown = await ada.see(f"/cases/{case['id']}")
    assert "by the rules," in shown
    assert "<dd>Unknown language</dd>" in shown
    in_french = await ada.get(f"/cases/{case['id']}", **{"Accept-Language": "fr"})
    assert "d&#39;après les règles," in in_french.text


async def test_a_due_moment_shows_what_it_is_computed_from(routing: Routing) -> None:
    case, ada = await assigned(routing), supervisor(routing)
    clock: Clock = routing.app.state.clock
    try:
        routing.at(local("2026-03-10 10:00"))
        await routing.done(case, "suspend", **{**FILLED["suspend"], "until": "2026-03-17T16:30:00-04:00"})
        routing.at(local("2026-03-12 10:00"))
        await routing.done(case, "resume")
        await routing.done(case, "extend", **FILLED["extend"])
        shown = " ".join((await ada.see(f"/cases/{case['id']}")).split())
    finally:
        routing.app.state.clock = clock
    assert "15 business days" in shown
    assert ">9 Mar, 11:00</time>: started" in shown
    assert "(expert-report)" in shown
    assert "extended by tester" in shown
    assert "have moved the due moment by 14 h of open time" in shown
