"""The catalogue: trees, in French and English, dated; changed by the API and by YAML, and told as events."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from libs.common.clock import utc_now
from libs.common.documents import read_document
from libs.contracts.catalogue import entry_id_of
from services.intake.catalogue.schemas import CatalogueDocument
from services.intake.catalogue.service import publish
from tests.services.intake.conftest import CATALOGUE
from tests.services.intake.house import Intake

NAME = {"fr": "Un service", "en": "A service"}


async def put(intake: Intake, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
    given = {**intake.staff("admin"), **headers}
    return await intake.http.put(f"/v1/{path}", json={"name": NAME, **(body or {})}, headers=given)


async def delete(intake: Intake, path: str, version: int = 1) -> httpx.Response:
    given = {**intake.staff("admin"), "If-Match": f'"{version}"'}
    return await intake.http.delete(f"/v1/{path}", headers=given)


async def codes(intake: Intake, query: str) -> list[str]:
    return [item["code"] for item in (await intake.http.get(f"/v1/{query}")).json()["items"]]


async def told(intake: Intake, kind: str, code: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Version, type and data of every event of an entry."""
    return [(one["version"], one["type"], one["data"]) for one in await intake.events(str(entry_id_of(kind, code)))]


async def refuses(intake: Intake, **feedback: str) -> bool:
    """Whether new feedback that names it is refused, as soon as every process has seen the change."""
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    answer = await intake.http.post("/v1/feedback", json={"channel": "web", "text": "x", **feedback})
    assert answer.status_code in (201, 422)
    return answer.status_code == 422


async def test_an_entry_is_made_changed_retired_and_brought_back_and_each_is_told(intake: Intake) -> None:
    made = await put(intake, "services/bicycles")
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert not await refuses(intake, service="bicycles")
    changed = await put(intake, "services/bicycles", {"parent": "passports"}, **{"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"], changed.json()["parent"]) == (200, '"2"', "passports")
    same = await put(intake, "services/bicycles", {"parent": "passports"}, **{"If-Match": '"2"'})
    assert same.headers["etag"] == '"2"'
    assert (await delete(intake, "services/bicycles", 2)).json()["retired"] is True
    assert "bicycles" not in await codes(intake, "services")
    assert "bicycles" in await codes(intake, "services?everything=true")
    assert (await intake.http.get("/v1/services/bicycles")).json()["retired"] is True
    assert await refuses(intake, service="bicycles")
    assert (await put(intake, "services/bicycles", **{"If-Match": '"3"'})).json()["retired"] is False
    events = await told(intake, "service", "bicycles")
    assert [(version, kind) for version, kind, _ in events] == [
        (version, "ca.ecoute.service.changed.v1") for version in (1, 2, 3, 4)
    ]
    assert [(data.get("parent"), data["retired"]) for _, _, data in events] == [
        (None, False),
        ("passports", False),
        ("passports", True),
        (None, False),
    ]


async def test_what_was_said_before_a_code_was_retired_is_taken_however_late_it_arrives(intake: Intake) -> None:
    await put(intake, "services/trams")
    await put(intake, "touchpoints/pier", {"channel": "counter"})
    kiosk = await intake.key("pier-kiosk", "feedback:write", "tracking-codes:write", kind="device", touchpoint="pier")
    partner, agent = await intake.key("pier-partner"), intake.staff("agent")
    slips = await intake.http.post("/v1/tracking-codes", json={"count": 1}, headers=kiosk)
    before = utc_now()
    for path in ("services/trams", "touchpoints/pier"):
        assert (await delete(intake, path)).status_code == 200
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")

    late = {"kind": "complaint", "service": "trams", "text": "x", "submitted_at": before.isoformat()}
    [code] = slips.json()["tracking_codes"]
    receipt = await intake.submit({**late, "tracking_code": code}, kiosk | {"Idempotency-Key": str(uuid4())})
    [event] = await intake.events(receipt["id"])
    said = {name: event["data"][name] for name in ("service", "touchpoint", "channel")}
    assert said == {"service": "trams", "touchpoint": "pier", "channel": "counter"}
    for who in (partner, agent):
        await intake.submit({**late, "channel": "phone"}, who)
        for now in ({"submitted_at": utc_now().isoformat()}, {"submitted_at": None}):
            answer = await intake.http.post("/v1/feedback", json={**late, "channel": "phone", **now}, headers=who)
            assert [one["pointer"] for one in answer.json()["errors"]] == ["/service"]
    assert await refuses(intake, service="trams")
    await put(intake, "services/trams", **{"If-Match": '"2"'})
    assert not await refuses(intake, service="trams")


async def test_what_was_said_of_a_service_before_it_went_out_of_scope_is_taken_however_late_it_arrives(
    intake: Intake,
) -> None:
    await put(intake, "services/steamers")
    before = utc_now()
    elsewhere = {"out_of_scope": True, "where_to_turn": {"fr": "Au port.", "en": "At the port."}}
    await put(intake, "services/steamers", elsewhere, **{"If-Match": '"1"'})
    await put(intake, "services/barges", elsewhere)  # it never was in scope
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")

    async def taken(service: str, said_at: datetime | None) -> int:
        said = {"channel": "phone", "kind": "complaint", "text": "x", "service": service}
        at = {"submitted_at": said_at.isoformat()} if said_at else {}
        return (await intake.http.post("/v1/feedback", json=said | at, headers=intake.staff("agent"))).status_code

    assert [await taken("steamers", at) for at in (before, utc_now(), None)] == [201, 422, 422]
    assert await taken("barges", before) == 422
    await put(intake, "services/steamers", elsewhere | {"parent": "barges"}, **{"If-Match": '"2"'})
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    assert [await taken("steamers", at) for at in (before, utc_now())] == [201, 422]


async def test_a_change_names_the_version_that_it_changes(intake: Intake) -> None:
    await put(intake, "topics/noise")
    assert (await put(intake, "topics/noise")).status_code == 428
    stale = await put(intake, "topics/noise", **{"If-Match": '"9"'})
    assert (stale.status_code, "detail" in stale.json()) == (412, False)
    there = await put(intake, "topics/noise", **{"If-None-Match": "*"})
    said = "There is one already: change it with `If-Match`."
    assert (there.status_code, there.json()["detail"]) == (412, said)
    nothing = await put(intake, "topics/smell", **{"If-Match": '"1"'})
    said = "There is nothing here to change: send it without `If-Match`."
    assert (nothing.status_code, nothing.json()["detail"]) == (412, said)
    assert (await put(intake, "topics/smell", **{"If-None-Match": "*"})).status_code == 201
    assert (await delete(intake, "topics/noise", 9)).status_code == 412
    assert (await delete(intake, "topics/nothing")).json()["type"].endswith(":entry-not-found")


@pytest.mark.parametrize("role", ["agent", "manager", "importer", "service"])
async def test_only_administrators_change_the_catalogue(intake: Intake, role: str) -> None:
    headers = intake.staff(role)
    answer = await intake.http.put("/v1/services/x", json={"name": NAME}, headers=headers)
    assert answer.status_code == 403
    assert (await intake.http.delete("/v1/services/passports", headers=headers)).status_code == 403
    assert (await intake.http.put("/v1/services/x", json={"name": NAME})).status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("services/n", {"parent": "nowhere"}, "/parent"),
        ("services/passports", {"parent": "passport-renewal"}, "/parent"),
        ("services/passports", {"parent": "passports"}, "/parent"),
        ("services/n", {"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, ""),
        ("services/n", {"out_of_scope": True}, ""),
        ("services/n", {"where_to_turn": {"fr": "Là", "en": "There"}}, ""),
        ("services/n", {"name": {"fr": "x"}}, "/name/en"),
        ("services/n", {"name": {"fr": "x", "en": " "}}, "/name/en"),
        ("services/n", {"channel": "web"}, "/channel"),
        ("touchpoints/n", {}, "/channel"),
        ("touchpoints/n", {"channel": "web", "service": "nowhere"}, "/service"),
        ("touchpoints/n", {"channel": "web", "service_point": "passports"}, "/service_point"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_said_where(
    intake: Intake, path: str, body: dict[str, Any], wrong: str
) -> None:
    answer = await put(intake, path, body, **({"If-Match": '"1"'} if path.endswith("passports") else {}))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [wrong]


async def test_what_others_lean_on_is_not_retired_before_them(intake: Intake) -> None:
    await put(intake, "services/trunk")
    await put(intake, "services/branch", {"parent": "trunk"})
    await put(intake, "touchpoints/desk", {"channel": "counter", "service": "branch"})
    assert (await delete(intake, "services/trunk")).json()["type"].endswith(":entry-in-use")
    assert (await delete(intake, "services/branch")).status_code == 409
    for path in ("touchpoints/desk", "services/branch", "services/trunk"):
        assert (await delete(intake, path)).status_code == 200


async def test_a_tree_has_each_entry_within_its_parent(intake: Intake) -> None:
    await put(intake, "service-points/region", {"name": {"fr": "Région", "en": "Region"}})
    await put(intake, "service-points/town", {"parent": "region"})
    await put(intake, "service-points/desk-1", {"parent": "town"})
    tree = (await intake.http.get("/v1/service-points?tree=true")).json()["items"]
    [region] = [item for item in tree if item["code"] == "region"]
    assert [(one["code"], [deeper["code"] for deeper in one["children"]]) for one in region["children"]] == [
        ("town", ["desk-1"])
    ]
    assert not {"town", "desk-1"} & {item["code"] for item in tree}
    flat = (await intake.http.get("/v1/service-points")).json()["items"]
    assert all("children" not in item for item in flat)


async def test_what_was_said_by_the_last_day_of_a_code_is_taken_after_it(intake: Intake) -> None:
    await put(intake, "topics/season", {"valid_until": "2026-03-31"})
    await put(intake, "topics/future", {"valid_from": "2999-03-01", "valid_until": "2999-03-31"})
    intake.app.state.desk.codes._refreshing._read_at = float("-inf")
    for topic, said_at, taken in (
        ("season", "2026-03-31T23:59:59-04:00", True),
        ("season", "2026-04-01T00:00:00-04:00", False),
        ("future", "2026-03-31T23:59:59-04:00", False),
    ):
        body = {"channel": "web", "text": "x", "topic": topic, "submitted_at": said_at}
        answer = await intake.http.post("/v1/feedback", json=body, headers=intake.staff("agent"))
        assert (answer.status_code == 201) is taken, answer.text


async def test_an_entry_counts_from_its_first_day_to_its_last(intake: Intake) -> None:
    await put(intake, "topics/dated", {"valid_from": "2026-03-01", "valid_until": "2026-03-31"})
    for day, there in (("2026-02-28", False), ("2026-03-01", True), ("2026-03-31", True), ("2026-04-01", False)):
        assert ("dated" in await codes(intake, f"topics?on={day}")) is there
    clock = intake.app.state.clock
    try:
        for moment, there in (
            (datetime(2026, 4, 1, 3, 59, tzinfo=UTC), True),  # still the 31st in Toronto
            (datetime(2026, 4, 1, 4, 1, tzinfo=UTC), False),
        ):
            intake.app.state.clock = lambda now=moment: now
            assert ("dated" in await codes(intake, "topics")) is there
            assert await refuses(intake, topic="dated") is not there
    finally:
        intake.app.state.clock = clock
    [(_, _, data)] = await told(intake, "topic", "dated")
    assert (data["valid_from"], data["valid_until"]) == ("2026-03-01", "2026-03-31")
    assert (await intake.http.get("/v1/topics?on=2026-02-30")).status_code == 422


async def test_a_service_that_is_somebody_elses_says_where_to_turn(intake: Intake) -> None:
    turn = {"fr": "Écrivez à la région.", "en": "Write to the region."}
    await put(intake, "services/ferries", {"out_of_scope": True, "where_to_turn": turn})
    read = (await intake.http.get("/v1/services/ferries")).json()
    assert (read["out_of_scope"], read["where_to_turn"]) == (True, turn)
    [(_, _, data)] = await told(intake, "service", "ferries")
    assert data["where_to_turn"] == turn


async def test_a_touchpoint_fills_in_what_it_says(intake: Intake) -> None:
    body = {"channel": "app", "service": "passports", "phase": "delivery"}
    assert (await put(intake, "touchpoints/parcel", body)).status_code == 201
    read = (await intake.http.get("/v1/touchpoints/parcel")).json()
    assert {name: read[name] for name in body} == body
    assert "parcel" in await codes(intake, "touchpoints")
    [(version, kind, data)] = await told(intake, "touchpoint", "parcel")
    assert (version, kind, data["channel"]) == (1, "ca.ecoute.touchpoint.changed.v1", "app")


async def test_long_lists_are_paged(intake: Intake) -> None:
    whole = await codes(intake, "topics")
    url, seen = "/v1/topics?limit=2", []
    while url:
        page = await intake.http.get(url)
        seen += [item["code"] for item in page.json()["items"]]
        url = page.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert seen == whole


async def test_who_has_read_it_already_is_told_so(intake: Intake) -> None:
    for path in ("/v1/topics", "/v1/topics/decision", "/v1/services?tree=true"):
        first = await intake.http.get(path)
        assert first.headers["cache-control"] == "public, max-age=60"
        again = await intake.http.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    tag = (await intake.http.get("/v1/topics")).headers["etag"]
    await put(intake, "topics/new-one")
    assert (await intake.http.get("/v1/topics", headers={"If-None-Match": tag})).status_code == 200


async def test_a_document_tells_what_it_changes_and_no_more(intake: Intake) -> None:
    document = read_document(CATALOGUE, CatalogueDocument)
    before = await told(intake, "service", "passports")
    assert [version for version, _, _ in before] == [1]
    async with intake.database.transaction() as session:
        await publish(session, document)  # what the other tests made is retired by it
    assert await told(intake, "service", "passports") == before
    waiting = await intake.count("event_pending")
    async with intake.database.transaction() as session:
        await publish(session, document)
    assert await intake.count("event_pending") == waiting
    dated = document.model_copy(
        update={"topics": [one.model_copy(update={"valid_until": date(2030, 1, 1)}) for one in document.topics]}
    )
    async with intake.database.transaction() as session:
        await publish(session, dated)
    assert await intake.count("event_pending") == waiting + len(document.topics)


async def test_what_is_put_into_the_catalogue_can_be_spoken_about_at_once(intake: Intake) -> None:
    said = {"channel": "web", "service": "canals", "text": "L'écluse est fermée."}
    assert (await intake.http.post("/v1/feedback", json=said)).status_code == 422
    await put(intake, "services/canals")
    assert (await intake.http.post("/v1/feedback", json=said)).status_code == 201
