"""The queue as a page: what is on it is what one may see, and it is asked for by the address alone."""

from datetime import timedelta

from tests.services.desk import desk
from tests.services.routing.office import Routing, local

SPOKE = local("2026-03-09 11:00")


async def test_an_agent_finds_what_presses_and_nothing_of_other_teams(routing: Routing) -> None:
    mine = await routing.open(SPOKE, kind="complaint", service="passports", topic="wait")
    other = await routing.open(SPOKE, kind="complaint", topic="wait")
    hidden = await routing.open(SPOKE, kind="complaint", service="passports", topic="wait")
    await routing.rows("UPDATE cases SET hidden_from = '{passports}' WHERE id = :id RETURNING id", id=hidden["id"])
    zoe = desk(routing.app, routing.http, "agent", teams=["passports"])
    shown = await zoe.see("/queue")
    assert mine["reference"] in shown
    assert other["reference"] not in shown
    assert hidden["reference"] not in shown
    assert "<strong>1</strong> to do" in shown
    assert 'name="case"' not in shown  # many at once is for supervisors
    assert mine["reference"] in await zoe.see("/queue?service=passports&topic=wait&state=&due=")
    assert mine["reference"] not in await zoe.see("/queue?due=overdue")
    assert mine["reference"] not in await zoe.see("/queue?member=me")


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_comes_back_to_the_same_list(routing: Routing) -> None:
    answer = await routing.http.get("/queue?due=overdue")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?back=%2Fqueue%3Fdue%3Doverdue")
    refused = await desk(routing.app, routing.http, "analyst").get("/queue")
    assert refused.status_code == 403
    assert refused.headers["Content-Type"].startswith("text/html")


async def test_a_filter_that_makes_no_sense_is_a_page_that_says_so(routing: Routing) -> None:
    answer = await desk(routing.app, routing.http, "reviewer").get("/queue?state=lost")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_pages_follow_each_other_and_the_list_says_that_it_has_changed(routing: Routing) -> None:
    for n in range(3):
        await routing.open(SPOKE + timedelta(seconds=n), kind="complaint", topic="paged")
    ada = desk(routing.app, routing.http, "reviewer")
    first = await ada.see("/queue?topic=paged&limit=2")
    following = first.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await ada.see(following)
    assert first.count('class="case-link"') == 2
    assert second.count('class="case-link"') == 1
    poll = first.split('hx-get="')[1].partition('"')[0]
    assert "has changed" not in await ada.see(poll)
    await routing.open(SPOKE - timedelta(days=1), kind="complaint", topic="paged")
    assert "has changed" in await ada.see(poll)


async def test_a_supervisor_acts_on_many_cases_at_once_and_sees_what_became_of_each(routing: Routing) -> None:
    cases = [await routing.open(SPOKE, kind="complaint", topic="many", channel="letter") for _ in range(2)]
    await routing.done(cases[1], "acknowledge")  # since the list was seen
    ada = desk(routing.app, routing.http, "supervisor", teams=["letters", "passports"])
    shown = await ada.see("/queue?topic=many")
    ticked = [f"{case['id']}.{case['version']}" for case in cases]
    sent = {"case": ticked, "verb": "assign", "team": "letters", "member": "zoe"}
    for _ in range(2):  # sent twice, it is done once
        answer = await ada.send("/queue/actions?topic=many", shown, "/queue/actions", **sent)
        assert answer.status_code == 200, answer.text
        assert "Assign: 1 / 2" in answer.text
        assert "changed since" in answer.text
    assert [(await routing.see(case["id"]))["member"] for case in cases] == ["zoe", None]
    assert len([line for line in await routing.timeline(cases[0]) if line["verb"] == "assign"]) == 2  # one by rule
    foreign = await routing.http.post("/queue/actions", data=sent, headers=ada.headers)
    assert foreign.status_code == 403
    agent = desk(routing.app, routing.http, "agent", teams=["letters"])
    refused = await agent.send("/queue/actions", await agent.see("/queue"), "/sign-out", **sent)
    assert (refused.status_code, "Your role or your team" in refused.text) == (403, True)


async def test_what_is_refused_of_many_is_told_by_its_reference_and_in_words(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", topic="refused", channel="letter")
    ada = desk(routing.app, routing.http, "supervisor", teams=["letters", "passports"])
    shown = await ada.see("/queue?topic=refused")
    ticked = shown.split('name="case" value="')[1].partition('"')[0]
    path = "/queue/actions"
    closing = await ada.send(f"{path}?topic=refused", shown, path, case=[ticked], verb="close")
    assert f">{case['reference']}</a>" in closing.text
    assert "The case is “Assigned”; possible verbs: “Acknowledge”, “Assign”" in closing.text
    assert 'href="/queue?topic=refused&amp;lang=fr"' in closing.text
    no_team = await ada.send(
        f"{path}?topic=refused", await ada.see("/queue?topic=refused"), path, case=[ticked], verb="transfer"
    )
    assert "Team: This field is required." in no_team.text


async def test_a_reference_that_is_not_found_is_no_empty_queue(routing: Routing) -> None:
    shown = await desk(routing.app, routing.http, "agent", teams=["passports"]).see("/queue?reference=EC-0000-0000")
    assert "No case fits these filters." in shown
    assert "aria-current" not in shown.split('<ul class="chips">')[1].split("</ul>")[0]


async def test_numbers_agree_with_what_they_count(routing: Routing) -> None:
    await routing.open(SPOKE, kind="complaint", service="passports")
    zoe = desk(routing.app, routing.http, "agent", teams=["passports"])
    shown = (await zoe.get("/queue", **{"Accept-Language": "fr"})).text
    assert "<strong>0</strong> nouveau<" in shown
    assert "<strong>0</strong> urgent<" in shown
