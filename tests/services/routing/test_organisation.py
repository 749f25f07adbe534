"""The organisation: refused when it makes no sense, in force as soon as it is published, and never backwards."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import yaml
from sqlalchemy import text

from libs.common.db import Database
from libs.common.documents import read_document
from libs.common.stream.errors import StreamStopped
from libs.contracts.cases import CaseAssigned
from libs.contracts.feedback import FeedbackEvaluated, ReplyDelivered
from services.routing.cases.hiding import look_through
from services.routing.cases.terms import USUAL
from services.routing.handlers import on_feedback
from services.routing.organisation.schemas import OrganisationDocument
from tests.services.routing.office import ORGANISATION, Routing, clock, due, local, received, submitted, utc
from tests.services.routing.test_working import FINAL

SPOKE = local("2026-01-13 10:00")
NOW = local("2026-02-01 10:00")


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """The organisation with another value in one place."""
    document = deepcopy(ORGANISATION)
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return document


ANY = {"name": {"fr": "x", "en": "x"}}
REPLY = {"clock": "reply", "within": {"business_days": 1}}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param(changed("rules", 3, "when", to={"kind": ["complaint"]}), "catch-all", id="no catch-all"),
        pytest.param(changed("rules", to=[]), "rules", id="no rule"),
        pytest.param(changed("rules", 0, "team", to="ghosts"), "ghosts", id="an unknown team"),
        pytest.param(changed("teams", to=[]), "teams", id="no team"),
        pytest.param(changed("teams", 1, "code", to="first-line"), "first-line is there twice", id="a team twice"),
        pytest.param(
            changed("standards", 1, "code", to="complaints"), "complaints is there twice", id="a standard twice"
        ),
        pytest.param(changed("standards", 0, "clocks", to=[REPLY, REPLY]), "a clock twice", id="a clock twice"),
        pytest.param(changed("standards", 0, "clocks", to=[]), "clocks", id="a standard without a clock"),
        pytest.param(
            changed("standards", 0, "clocks", 0, "within", to={}),
            "One of business_days and calendar_days",
            id="no span",
        ),
        pytest.param(
            changed("standards", 0, "clocks", 0, "within", to={"business_days": 1, "calendar_days": 1}),
            "One of business_days and calendar_days",
            id="two spans",
        ),
        pytest.param(changed("standards", 0, "clocks", 0, "within", to={"business_days": 0}), "within", id="no day"),
        pytest.param(changed("standards", 0, "clocks", 0, "starts", to="someday"), "starts", id="another start"),
        pytest.param(changed("standards", 0, "name", to={"fr": "x"}), "name.en", id="no English name"),
        pytest.param(changed("calendar", "weekly_hours", to={}), "open hour", id="no open hour"),
        pytest.param(changed("calendar", "weekly_hours", to={"monday": []}), "open hour", id="a day without hours"),
        pytest.param(changed("calendar", "weekly_hours", "monday", to=["17:00-08:00"]), "opens before", id="backwards"),
        pytest.param(
            changed("calendar", "weekly_hours", "monday", to=["08:00-12:00", "11:00-13:00"]), "overlap", id="overlap"
        ),
        pytest.param(changed("calendar", "weekly_hours", "monday", to=["8-12"]), "weekly_hours", id="hours"),
        pytest.param(changed("calendar", "weekly_hours", to={"lundi": ["08:00-12:00"]}), "lundi", id="a day in French"),
        pytest.param(changed("calendar", "time_zone", to="Montréal"), "time zone", id="an unknown zone"),
        pytest.param(changed("calendar", "holidays", "country", to="XX"), "holidays", id="an unknown country"),
        pytest.param(changed("calendar", "holidays", "subdivision", to="ZZ"), "holidays", id="an unknown subdivision"),
        pytest.param(
            changed("calendar", "holidays", "categories", to=["feasts"]), "holidays", id="an unknown category"
        ),
        pytest.param(changed("calendar", "holidays", "also", to=["2026-02-30"]), "also", id="a day that is none"),
        pytest.param(changed("colour", to="red"), "colour", id="an unknown word"),
    ],
)
def test_an_organisation_that_makes_no_sense_is_refused_with_one_line_that_says_why(
    document: dict[str, Any], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "organisation.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        read_document(path, OrganisationDocument)
    assert stopped.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"ecoute: {path} is refused")
    assert says in line


def test_the_example_makes_sense() -> None:
    example = Path(__file__).parents[3] / "examples" / "passport-office" / "organisation.yaml"
    organisation = read_document(example, OrganisationDocument)
    assert organisation.rules[-1].team == "first-line"
    last = [one for one in organisation.teams if one.restricted or one.code == "first-line"]
    assert all(one.alert_email for one in last)  # after them nobody is left to be told


async def versions(routing: Routing) -> dict[str, Any]:
    """The newest versions, and the standards in force, in their order."""
    [row] = await routing.rows("SELECT (SELECT max(version) FROM calendar), (SELECT max(version) FROM rule_set)")
    standards = await routing.rows("SELECT code, version FROM service_standard WHERE NOT retired ORDER BY code")
    return {"calendar": row[0], "rules": row[1], "standards": [(one.code, one.version) for one in standards]}


async def test_the_same_document_again_makes_no_new_version(routing: Routing) -> None:
    before = await versions(routing)
    assert before == {"calendar": 1, "rules": 1, "standards": [("complaints", 1), ("enquiries", 1), ("requests", 1)]}
    await routing.publish(ORGANISATION, NOW)
    await routing.publish(deepcopy(ORGANISATION), NOW)
    assert await versions(routing) == before


async def test_another_document_makes_a_version_2_of_what_differs_and_open_cases_keep_their_promises(
    routing: Routing,
) -> None:
    routing.at(NOW)
    kept = await routing.open(SPOKE, kind="complaint", service="passports")
    waiting = await routing.open(SPOKE, kind="enquiry")
    stricter = changed("standards", 0, "clocks", 1, "within", to={"business_days": 5})
    stricter["standards"][2]["clocks"][1]["within"] = {"business_days": 1}
    await routing.publish(stricter, NOW)
    assert await versions(routing) == {
        "calendar": 1,
        "rules": 1,
        "standards": [("complaints", 2), ("enquiries", 2), ("requests", 1)],
    }
    assert await routing.see(kept["id"]) == kept
    assert due(kept, "reply") == utc("2026-02-03 21:30")
    fresh = await routing.open(SPOKE, kind="complaint")
    assert (due(fresh, "reply"), clock(fresh, "reply")["standard_version"]) == (utc("2026-01-20 21:30"), 2)
    # A promise of three days from the assignment stays three, though the assignment comes after.
    assigned = await routing.done(waiting, "assign", team="letters", effective_at=local("2026-02-01 09:00").isoformat())
    assert (due(assigned, "reply"), clock(assigned, "reply")["standard_version"]) == (utc("2026-02-04 21:30"), 1)
    answered = await routing.done(kept, "reply", text="Voilà.", outcome="upheld")
    assert clock(answered, "reply")["met"] is True
    *_, (_, _, event) = await routing.events(kept)
    assert {one.standard_version for one in event.ended} == {1}


async def test_what_comes_back_is_the_version_that_it_was_or_a_new_one_and_never_an_old_number_reused(
    routing: Routing,
) -> None:
    before = await versions(routing)
    without = changed("standards", to=ORGANISATION["standards"][1:])
    await routing.publish(without, NOW)
    assert (await routing.open(SPOKE, kind="complaint"))["clocks"] == []
    await routing.publish(ORGANISATION, NOW)
    after = await versions(routing)
    assert after["standards"][0] == ("complaints", dict(before["standards"])["complaints"] + 2)
    await routing.publish(ORGANISATION, NOW)
    assert await versions(routing) == after


async def test_a_new_holiday_moves_no_promise_that_was_given(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint")
    await routing.publish(changed("calendar", "holidays", "also", to=["2026-01-15"]), NOW)
    assert (await versions(routing))["calendar"] == 2
    assert await routing.see(case["id"]) == case
    assert due(await routing.open(SPOKE, kind="complaint"), "acknowledge") == utc("2026-01-16 21:30")
    await routing.publish(ORGANISATION, NOW)


WITHOUT_LETTERS = changed("rules", to=[ORGANISATION["rules"][0], ORGANISATION["rules"][3]])
WITHOUT_LETTERS["teams"] = [team for team in ORGANISATION["teams"] if team["code"] not in ("letters", "access")]


async def test_a_team_that_is_gone_gets_no_new_cases(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", channel="letter")
    await routing.publish(WITHOUT_LETTERS, NOW)
    assert (await routing.see(case["id"]))["team"]["name"]["en"] == "Letters"
    other = await routing.open(SPOKE, kind="complaint", channel="letter")
    assert (other["team"]["code"], other["state"]) == ("first-line", "new")
    assert (await routing.do(other, "assign", team="letters")).status_code == 422
    await routing.done(case, "assign", team="passports")
    listed = await routing.http.get("/v1/teams", headers=routing.staff("agent"))
    assert [team["code"] for team in listed.json()["items"]] == ["complaints-office", "first-line", "passports"]
    await routing.publish(ORGANISATION, NOW)


async def test_what_a_team_that_is_gone_has_open_or_to_be_seen_to_goes_to_another(routing: Routing) -> None:
    routing.at(NOW)
    await look_through(routing.database, lambda: NOW, USUAL)
    in_hand, waiting, contested, answered, urgent = [
        await routing.open(SPOKE, kind="complaint", channel="letter", reply_by="letter", urgent=one)
        for one in (None, None, None, None, "safety")
    ]
    await routing.done(in_hand, "acknowledge")
    until = local("2026-03-20 10:00").isoformat()
    await routing.done(waiting, "suspend", **{"for": "third_party", "reason": "lab", "until": until})
    for case in (contested, answered):
        await routing.done(case, "reply", **FINAL)
        brought = ReplyDelivered(reply_id=uuid4(), answer=1, by="letter", delivered_at=NOW)
        await routing.hear(received(brought, UUID(case["feedback_id"])))
    await routing.hear(received(FeedbackEvaluated(answer=1, solved="no"), UUID(contested["feedback_id"])))
    before = [await routing.see(one["id"]) for one in (in_hand, waiting, contested, answered, urgent)]

    await routing.publish(WITHOUT_LETTERS, NOW)
    remaining = routing.staff("supervisor", teams=["first-line", "passports", "complaints-office"])
    assert (await routing.do(in_hand, "assign", remaining, team="passports")).status_code == 404
    assert await look_through(routing.database, lambda: NOW, USUAL)
    after = [await routing.see(one["id"]) for one in before]
    assert [one["team"]["code"] for one in after] == [*["first-line"] * 3, "letters", "first-line"]
    assert [one["state"] for one in after] == ["acknowledged", "waiting", "answered", "answered", "assigned"]
    assert [one["clocks"] for one in after] == [one["clocks"] for one in before]
    assert [task["task"] for task in after[0]["tasks"]] == ["bring_transfer"]
    assert (await routing.timeline(in_hand))[-1]["verb"] == "assign"
    *_, (_, at, told) = await routing.events(in_hand)
    assert (type(told), told.assigned_by, told.team, at) == (CaseAssigned, "rule", "first-line", NOW)
    alerts = await routing.rows("SELECT team FROM alert WHERE case_id = :id ORDER BY team", id=urgent["id"])
    assert [row.team for row in alerts] == ["first-line", "letters"]
    assert (await routing.do(in_hand, "assign", remaining, team="passports")).status_code == 200
    versions_told = len(await routing.told(urgent["id"]))
    assert not await look_through(routing.database, lambda: NOW, USUAL)
    assert await look_through(routing.database, lambda: NOW, USUAL, anyway=True)
    assert len(await routing.told(urgent["id"])) == versions_told
    await routing.publish(ORGANISATION, NOW)


async def test_what_a_worker_of_another_release_left_behind_is_found_at_the_start(routing: Routing) -> None:
    case = await routing.open(SPOKE, kind="complaint", channel="letter")
    await routing.publish(WITHOUT_LETTERS, NOW)
    async with routing.database.connection() as connection:
        await connection.execute(text("UPDATE organisation SET looked_through = (SELECT count(*) FROM team_version)"))
        await connection.execute(
            text("UPDATE organisation SET looked_through = looked_through + (SELECT count(*) FROM rule_set)")
        )
    assert not await look_through(routing.database, lambda: NOW, USUAL)
    assert await look_through(routing.database, lambda: NOW, USUAL, anyway=True)
    assert (await routing.see(case["id"]))["team"]["code"] == "first-line"
    await routing.publish(ORGANISATION, NOW)


async def test_a_case_that_is_just_being_opened_keeps_its_team_from_being_retired(routing: Routing) -> None:
    admin = routing.staff("admin") | {"If-Match": "*"}

    async def retire() -> httpx.Response:
        rules = {"rules": WITHOUT_LETTERS["rules"]}
        assert (await routing.http.put("/v1/rules", json=rules, headers=admin)).status_code == 200
        return await routing.http.delete("/v1/teams/letters", headers=admin)

    async with routing.database.transaction() as session:
        await on_feedback(session, [submitted(SPOKE, kind="complaint", channel="letter")])
        meanwhile, waits = asyncio.create_task(retire()), "SELECT 1 FROM pg_locks WHERE NOT granted"
        while not meanwhile.done() and not await routing.rows(waits):  # noqa: ASYNC110 - what waits is the database
            await asyncio.sleep(0.05)
        assert not meanwhile.done()
    refused = await meanwhile
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:ecoute:problem:team-has-open-cases")
    await routing.publish(ORGANISATION, NOW)


async def test_without_an_organisation_feedback_waits_in_the_log_rather_than_being_parked(
    new_database: Callable[[str], str],
) -> None:
    database = Database(new_database("routing"), pool_size=1, application="test")
    async with database.transaction() as session:
        with pytest.raises(StreamStopped):
            await on_feedback(session, [submitted(SPOKE, kind="complaint")])
    await database.close()
