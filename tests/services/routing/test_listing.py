"""The queue: filters, pages, waiting for a case that is about to open; and the list of teams."""

import asyncio
import base64
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from libs.common.auth.principal import Principal
from libs.common.stream.sequencer import Floor, sequence
from libs.contracts.cases import case_id_of
from libs.contracts.feedback import FeedbackEvaluated
from services.routing.cases.access import counted_for
from services.routing.cases.filters import CaseFilters
from services.routing.cases.queue import _by_state, common_conditions
from services.routing.cases.terms import USUAL
from tests.services.routing.office import Routing, local, received, submitted

SPOKE = local("2026-03-09 11:00")
ANY_ID = "4e5a76f0-d60c-4d2a-855f-d9d301f6cc9f"


async def listed(routing: Routing, query: str = "", *roles: str, teams: tuple[str, ...] = ()) -> httpx.Response:
    who = routing.staff(*roles or ("reviewer",), teams=teams)
    return await routing.http.get(f"/v1/cases{query}", headers=who)


async def ids(routing: Routing, query: str, *roles: str, teams: tuple[str, ...] = ()) -> set[str]:
    answer = await listed(routing, query, *roles, teams=teams)
    assert answer.status_code == 200, answer.text
    return {case["id"] for case in answer.json()["items"]}


async def walk(routing: Routing, query: str, *roles: str, teams: tuple[str, ...] = ()) -> list[list[str]]:
    """The ids of every page, from link to link."""
    pages, at = [], f"/v1/cases{query}"
    while True:
        answer = await routing.http.get(at, headers=routing.staff(*roles or ("reviewer",), teams=teams))
        assert answer.status_code == 200, answer.text
        pages.append([case["id"] for case in answer.json()["items"]])
        if "next" not in answer.links:
            return pages
        at = answer.links["next"]["url"]


async def test_five_pages_show_every_case_once_and_the_oldest_first(routing: Routing) -> None:
    # Three a moment, so that pages break within one; and some come meanwhile.
    feedbacks = [submitted(SPOKE + timedelta(seconds=n // 3), kind="complaint", topic="paging") for n in range(43)]
    await routing.hear(*feedbacks)
    pages = await walk(routing, "?topic=paging&limit=10")
    assert [len(page) for page in pages] == [10, 10, 10, 10, 3]
    shown = [case for page in pages for case in page]
    assert len(set(shown)) == 43
    assert set(shown) == {str(case_id_of(feedback.subject)) for feedback in feedbacks}
    moments = [(await routing.see(case))["opened_at"] for case in shown[::7]]
    assert moments == sorted(moments)


async def test_a_full_last_page_is_followed_by_an_empty_one_and_then_nothing(routing: Routing) -> None:
    await routing.hear(*(submitted(SPOKE, kind="complaint", topic="full") for _ in range(4)))
    assert [len(page) for page in await walk(routing, "?topic=full&limit=2")] == [2, 2, 0]


async def test_pages_hold_what_the_reader_may_see(routing: Routing) -> None:
    for service in ("passports", "pensions"):
        await routing.hear(*(submitted(SPOKE, kind="complaint", topic="mixed", service=service) for _ in range(5)))
    mine = await walk(routing, "?topic=mixed&limit=2", "agent", teams=("passports",))
    assert sum(len(page) for page in mine) == 5
    both = await ids(routing, "?topic=mixed", "supervisor", teams=("passports", "first-line"))
    assert len(both) == 10
    assert await ids(routing, "?topic=mixed", "agent") == set()
    assert await ids(routing, "?topic=mixed&team=first-line", "agent", teams=("passports",)) == set()


async def test_each_filter_narrows_and_all_must_hold(routing: Routing) -> None:
    said = {
        "kind": "complaint",
        "service": "pensions",
        "topic": "filters",
        "language": "fr",
        "external_reference": "CRM-77",
    }
    case = await routing.open(SPOKE, **said)
    other = await routing.open(SPOKE, kind="enquiry", service="passports", topic="filters", language="en")
    assert await ids(routing, "?topic=filters") == {case["id"], other["id"]}
    given = {**said, "state": "new", "team": "first-line", "reference": case["reference"]}
    given["feedback_id"] = case["feedback_id"]
    for name, value in given.items():
        assert await ids(routing, f"?topic=filters&{name}={value}") - {other["id"]} == {case["id"]}, name
        assert other["id"] not in await ids(routing, f"?{name}={value}") or name == "topic"
    assert await ids(routing, "?topic=filters&kind=complaint&language=en") == set()


async def test_a_language_finds_those_of_its_regions_and_a_region_itself_alone(routing: Routing) -> None:
    french, canadian, frisian = [
        (await routing.open(SPOKE, kind="complaint", topic="tongues", language=language))["id"]
        for language in ("fr", "fr-CA", "frr")
    ]
    assert await ids(routing, "?topic=tongues&language=fr") == {french, canadian}
    assert await ids(routing, "?topic=tongues&language=fr-ca") == {canadian}
    assert await ids(routing, "?topic=tongues&language=frr") == {frisian}


async def test_a_reference_finds_its_case_however_it_was_read_out(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", reference="EC-7K4Q-28M1")
    for typed in ("ec-7k4q-28m1", "EC7K4Q28M1", "7k4q 28ml"):
        assert await ids(routing, f"?reference={typed}") == {case["id"]}
    assert await ids(routing, "?reference=EC-7K4Q-28M2") == set()


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


@pytest.mark.parametrize(
    "query",
    [
        "?colour=red",
        "?limit=0",
        "?limit=201",
        "?wait=31",
        "?wait=NaN",
        "?state=lost",
        "?kind=rant",
        "?feedback_id=1",
        "?team=%00",
        "?reference=%00",
        "?external_reference=a%00b",
        "?language=%00",
        "?cursor=x",
        "?cursor=%00",
        "?cursor=é",
        f"?cursor={cursor(1, 2)}",
        f"?cursor={cursor('2026-03-09T11:00:00+00:00')}",
        f"?cursor={cursor(2**63, '2026-03-09T11:00:00Z', '2026-03-09T11:00:00Z', ANY_ID)}",
        f"?cursor={cursor('0001-01-01T00:00:00+14:00', ANY_ID)}",
        f"?cursor={cursor('9999-12-31T23:59:59-14:00', ANY_ID)}",
        f"?cursor={quote(base64.urlsafe_b64encode(b'[' * 90).decode())}",
    ],
)
async def test_a_question_without_sense_is_refused(routing: Routing, query: str) -> None:
    answer = await listed(routing, query)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_cursor_without_a_time_zone_asks_no_question_of_the_database_that_it_cannot_answer(
    routing: Routing,
) -> None:
    assert (await listed(routing, f"?cursor={cursor('2026-03-09T11:00:00', str(uuid4()))}")).status_code < 500


async def test_waiting_ends_as_soon_as_the_case_opens(routing: Routing) -> None:
    feedback = submitted(SPOKE, kind="complaint")
    waiting = asyncio.create_task(listed(routing, f"?feedback_id={feedback.subject}&wait=20"))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await routing.hear(feedback)
    async with routing.database.driver() as driver:
        while await sequence(driver, Floor()):
            pass
    answer = await waiting
    assert [case["feedback_id"] for case in answer.json()["items"]] == [str(feedback.subject)]
    assert time.monotonic() - started < 2


async def test_waiting_for_nothing_ends_in_time_with_an_empty_list(routing: Routing) -> None:
    started = time.monotonic()
    answer = await listed(routing, f"?feedback_id={uuid4()}&wait=0.3")
    assert answer.json()["items"] == []
    assert 0.3 <= time.monotonic() - started < 2


async def test_a_case_that_is_another_teams_is_not_waited_for_in_vain_nor_shown(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports")
    query = f"?feedback_id={case['feedback_id']}&wait=0.1"
    assert await ids(routing, query, "agent", teams=("letters",)) == set()


async def test_staff_see_the_teams_and_their_public_contact(routing: Routing) -> None:
    answer = await routing.http.get("/v1/teams", headers=routing.staff("analyst"))
    items = {team["code"]: team for team in answer.json()["items"]}
    assert list(items) == ["access", "complaints-office", "first-line", "letters", "passports"]
    assert items["passports"]["contact"] == {"phone": "1-800-555-0101", "email": None, "url": None}
    assert (await routing.http.get("/v1/teams")).status_code == 401
    assert (await routing.http.get("/v1/teams", headers=routing.staff("service"))).status_code == 403


async def test_the_log_is_read_by_services_alone(routing: Routing) -> None:
    for roles, status in ((("admin",), 403), (("service",), 200)):
        answer = await routing.http.get("/v1/case-events", headers=routing.staff(*roles))
        assert answer.status_code == status
    assert (await routing.http.get("/v1/case-events")).status_code == 401


# Whom a case is hidden from.


async def test_a_team_complained_about_never_sees_the_case_whatever_other_team_or_role_one_has(
    routing: Routing,
) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports", topic="hidden")
    async with routing.database.connection() as connection:
        await connection.execute(text("UPDATE cases SET hidden_from = '{letters}' WHERE id = :id"), {"id": case["id"]})
    assert await ids(routing, "?topic=hidden", "agent", teams=("passports",)) == {case["id"]}
    for roles in (("agent",), ("supervisor",), ("reviewer",), ("manager", "agent")):
        who = routing.staff(*roles, teams=("passports", "letters"))
        assert await ids(routing, "?topic=hidden", *roles, teams=("passports", "letters")) == set()
        for path in (f"/v1/cases/{case['id']}", f"/v1/cases/{case['id']}/timeline"):
            assert (await routing.http.get(path, headers=who)).status_code == 404
    both = routing.staff("agent", teams=("passports", "letters"))
    assert (await routing.do(case, "acknowledge", both)).status_code == 404


# The queue: its order, what is due, how many there are.


async def numbered(routing: Routing, query: str, *roles: str, teams: tuple[str, ...] = ()) -> dict[str, Any]:
    answer = await listed(routing, query, *roles, teams=teams)
    assert answer.status_code == 200, answer.text
    counts: dict[str, Any] = answer.json()["counts"]
    return counts


async def test_urgent_cases_come_first_and_then_what_is_due_next(routing: Routing) -> None:
    late = await routing.open(SPOKE + timedelta(days=2), kind="complaint", topic="order", service="passports")
    soon = await routing.open(SPOKE, kind="complaint", topic="order", service="passports")
    never = await routing.open(SPOKE, kind="suggestion", response_requested=True, topic="order", service="passports")
    urgent = await routing.open(SPOKE + timedelta(days=3), kind="complaint", topic="order", urgent="safety")
    raised = await routing.done(never, "escalate", priority="high")
    assert (raised["priority"], raised["next_due_at"], urgent["priority"]) == ("high", None, "urgent")
    (items,) = await walk(routing, "?topic=order")
    assert items == [one["id"] for one in (urgent, raised, soon, late)]
    assert await walk(routing, "?topic=order&limit=1") == [[one] for one in items] + [[]]
    again = await routing.do(never, "escalate", priority="high")
    assert (again.status_code, again.json()["type"]) == (422, "urn:ecoute:problem:priority-not-raised")


async def test_what_is_overdue_or_due_today_is_found_and_counted(routing: Routing) -> None:
    overdue = await routing.open(SPOKE, kind="complaint", topic="due")  # acknowledge: Wed 11 March 16:30
    today = await routing.open(SPOKE + timedelta(days=1), kind="complaint", topic="due")  # Thu 12
    later = await routing.open(SPOKE + timedelta(days=3), kind="complaint", topic="due")  # Mon 16
    routing.at(local("2026-03-12 10:00"))
    assert await ids(routing, "?topic=due&due=overdue") == {overdue["id"]}
    assert await ids(routing, "?topic=due&due=today") == {today["id"]}
    before = quote("2026-03-13T00:00:00-04:00")
    assert await ids(routing, f"?topic=due&due={before}") == {overdue["id"], today["id"]}
    assert await ids(routing, f"?topic=due&clock=reply&due={before}") == set()
    assert await ids(routing, "?topic=due&clock=acknowledge") == {overdue["id"], today["id"], later["id"]}
    assert await numbered(routing, "?topic=due&state=closed") == {
        "by_state": {"new": 3},
        "by_task": {},
        "overdue": 1,
        "due_today": 1,
        "urgent": 0,
    }
    answer = await listed(routing, "?topic=due&limit=1")
    second = await routing.http.get(answer.links["next"]["url"], headers=routing.staff("reviewer"))
    assert second.json()["counts"] is None
    routing.at(local("2026-03-10 10:00"))


async def test_a_clock_due_today_is_found_where_another_is_overdue_already(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", topic="two-clocks")
    routing.at(local("2026-03-30 09:00"))  # acknowledge: Wed 11; reply: Mon 30 at 16:30
    assert await ids(routing, "?topic=two-clocks&clock=reply&due=today") == {case["id"]}
    assert await ids(routing, "?topic=two-clocks&clock=acknowledge&due=today") == set()
    assert await ids(routing, "?topic=two-clocks&due=today") == set()
    routing.at(local("2026-03-10 10:00"))


async def test_a_case_that_waits_is_not_due(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", topic="waits", service="passports")
    until = local("2026-03-20 10:00").isoformat()
    await routing.done(case, "suspend", **{"for": "person", "reason": "lab", "until": until})
    routing.at(local("2026-03-18 10:00"))
    assert await ids(routing, "?topic=waits&due=overdue") == set()
    assert (await numbered(routing, "?topic=waits"))["overdue"] == 0
    routing.at(local("2026-03-10 10:00"))


async def test_counts_hold_what_the_reader_may_see_and_nothing_else(routing: Routing) -> None:
    await routing.open(SPOKE, kind="complaint", topic="counted", service="passports")
    await routing.open(SPOKE, kind="complaint", topic="counted")
    hidden = await routing.open(SPOKE, kind="complaint", topic="counted", service="passports", urgent="threat")
    async with routing.database.connection() as connection:
        values = {"id": hidden["id"]}
        await connection.execute(text("UPDATE cases SET hidden_from = '{passports}' WHERE id = :id"), values)
        await connection.execute(text("INSERT INTO case_task VALUES (:id, 'read_message', now())"), values)
    mine = await numbered(routing, "?topic=counted", "agent", teams=("passports",))
    assert (mine["by_state"], mine["by_task"], mine["urgent"]) == ({"assigned": 1}, {}, 0)
    everyone = await numbered(routing, "?topic=counted")
    assert (everyone["by_state"], everyone["by_task"], everyone["urgent"]) == (
        {"assigned": 2, "new": 1},
        {"read_message": 1},
        1,
    )
    assert await ids(routing, "?topic=counted&task=read_message") == {hidden["id"]}
    assert await ids(routing, "?topic=counted&priority=urgent", "agent", teams=("passports",)) == set()


@pytest.mark.parametrize("narrowed", ["", "team", "priority", "service", "topic", "kind"])
async def test_counts_read_an_index_and_no_rows_however_many_cases_are_closed(routing: Routing, narrowed: str) -> None:
    filters = CaseFilters.model_validate(
        {narrowed: "normal" if narrowed == "priority" else "enquiry"} if narrowed else {}
    )
    zoe = Principal("zoe", frozenset({"agent"}), frozenset({"passports", "letters"}))
    counted = _by_state(SPOKE, USUAL).where(counted_for(zoe), *common_conditions(filters))
    written = counted.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    async with routing.database.transaction() as session:
        for other_way in ("seqscan", "bitmapscan"):
            await session.execute(text(f"SET LOCAL enable_{other_way} = off"))
        plan = "\n".join(await session.scalars(text(f"EXPLAIN {written}".replace(":", r"\:"))))
    assert "Index Only Scan using ix_cases_team_state on cases" in plan


# The version of a case.


async def test_a_case_says_its_version_and_is_changed_from_no_other(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports")
    seen = await routing.http.get(f"/v1/cases/{case['id']}", headers=routing.staff("reviewer"))
    who = routing.staff("agent", teams=("passports",))
    first = await routing.do(case, "acknowledge", who | {"If-Match": seen.headers["ETag"]})
    assert first.status_code == 200
    stale = await routing.do(case, "note", who | {"If-Match": seen.headers["ETag"]}, note="x")
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:ecoute:problem:precondition-failed")
    assert (await routing.do(case, "note", who, note="x")).status_code == 200


# Giving it to others.


async def test_no_verb_gives_a_case_to_a_team_that_is_complained_about(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports")
    async with routing.database.connection() as connection:
        await connection.execute(text("UPDATE cases SET hidden_from = '{letters}' WHERE id = :id"), {"id": case["id"]})
    who = routing.staff("agent", teams=("passports",))
    for verb in ("assign", "transfer"):
        answer = await routing.do(case, verb, who, team="letters")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:team-is-complained-about")


async def test_cases_are_linked_to_those_that_one_may_see(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", service="passports")
    other = await routing.open(SPOKE, kind="complaint")
    mine = routing.staff("agent", teams=("passports",))
    for linked in (other["id"], case["id"], str(uuid4())):
        answer = await routing.do(case, "link", mine, case_id=linked)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:ecoute:problem:linked-case-unknown")
    await routing.done(case, "link", case_id=other["id"])
    assert (await routing.see(case["id"]))["linked"] == [other["id"]]


async def test_what_is_still_to_be_done_is_listed_apart_from_what_is_over(routing: Routing) -> None:
    new, answered, contested = [await routing.open(SPOKE, kind="complaint", topic="open") for _ in range(3)]
    for case in (answered, contested):
        await routing.done(case, "assign", team="letters")
        await routing.done(case, "reply", text="Voilà.", outcome="upheld")
    evaluated = FeedbackEvaluated(answer=1, solved="no")
    await routing.hear(received(evaluated, UUID(contested["feedback_id"])))
    assert await ids(routing, "?topic=open&open=true") == {new["id"], contested["id"]}
    assert await ids(routing, "?topic=open&open=false") == {answered["id"]}
    assert sum((await listed(routing, "?topic=open&open=true")).json()["counts"]["by_state"].values()) == 3
