"""Partners and devices come with keys of their own, that administrators give and take away."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from services.intake.partners import keyring as rings
from tests.services.intake.house import COMPLAINT, Intake

PARTNER = {"name": {"fr": "Ville voisine", "en": "Next town"}, "scopes": ["feedback:write"]}
KIOSK = {"name": {"fr": "Borne", "en": "Kiosk"}, "scopes": ["feedback:write"], "touchpoint": "kiosk-downtown"}


@pytest.fixture
def admin(intake: Intake) -> dict[str, str]:
    return intake.staff("admin")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if two seconds had gone by since the last request."""
    monkeypatch.setattr(rings, "FRESH_SECONDS", -1.0)


Put = Callable[..., Awaitable[Any]]


@pytest.fixture
def put(intake: Intake, admin: dict[str, str]) -> Put:
    """Makes or changes, as an administrator."""

    async def send(path: str, body: dict[str, Any], **headers: str) -> Any:
        return await intake.http.put(path, json=body, headers={**admin, **headers})

    return send


async def test_a_partner_is_made_read_listed_and_changed(intake: Intake, admin: dict[str, str], put: Put) -> None:
    made = await put("/v1/partners/next-town", {**PARTNER, "origins": ["https://forms.example.org"]})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json()["quota_per_minute"] is None
    again = await put("/v1/partners/next-town", PARTNER | {"quota_per_minute": 5}, **{"If-Match": '"1"'})
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')
    read = await intake.http.get("/v1/partners/next-town", headers=admin)
    assert read.json() == again.json()
    assert (read.json()["quota_per_minute"], read.json()["origins"]) == (5, [])
    listed = await intake.http.get("/v1/partners", headers=admin)
    assert read.json() in listed.json()["items"]


async def test_a_change_says_which_version_it_changes(put: Put) -> None:
    await put("/v1/partners/versions", PARTNER)
    assert (await put("/v1/partners/versions", PARTNER)).json()["type"].endswith(":precondition-required")
    assert (await put("/v1/partners/versions", PARTNER, **{"If-None-Match": "*"})).status_code == 412
    assert (await put("/v1/partners/versions-2", PARTNER, **{"If-Match": '"1"'})).status_code == 412
    stale = await put("/v1/partners/versions", PARTNER, **{"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:ecoute:problem:precondition-failed")


async def test_lists_are_paged_in_the_order_of_codes(intake: Intake, admin: dict[str, str], put: Put) -> None:
    for code in ("page-c", "page-a", "page-b"):
        await put(f"/v1/devices/{code}", KIOSK)
    url, codes = "/v1/devices?limit=1", []
    while url:
        page = await intake.http.get(url, headers=admin)
        codes += [item["code"] for item in page.json()["items"]]
        url = page.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert codes == sorted(codes)
    assert {"page-a", "page-b", "page-c"} <= {*codes}
    wrong = await intake.http.get("/v1/devices?cursor=zzz", headers=admin)
    assert wrong.json()["type"].endswith(":invalid-cursor")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("scopes", []),
        ("scopes", ["everything"]),
        ("origins", ["https://forms.example.org/path"]),
        ("origins", ["http://forms.example.org"]),
        ("origins", ["*"]),
        ("origins", ["null"]),
        ("quota_per_minute", 0),
        ("name", {"fr": "Une\nligne", "en": "x"}),
        ("name", {"fr": "nul \u0000", "en": "x"}),
        ("name", {"en": "only English"}),
        ("scopes", ["cases:work"]),
        ("touchpoint", "nowhere"),
        ("colour", "red"),
    ],
)
async def test_a_partner_that_makes_no_sense_is_refused(put: Put, field: str, value: Any) -> None:
    answer = await put("/v1/partners/nonsense", {**PARTNER, field: value})
    assert answer.status_code == 422, answer.text


async def test_who_only_follows_what_it_sent_needs_no_team(put: Put) -> None:
    made = await put("/v1/partners/follows", {**PARTNER, "scopes": ["feedback:write", "cases:read"]})
    assert (made.status_code, made.json()["teams"]) == (201, [])


async def test_a_device_belongs_to_a_partner_or_to_the_organisation(
    intake: Intake, admin: dict[str, str], put: Put
) -> None:
    await put("/v1/partners/owner", PARTNER)
    assert (await put("/v1/devices/kiosk-1", {**KIOSK, "partner": "owner"})).json()["partner"] == "owner"
    assert (await put("/v1/devices/kiosk-2", KIOSK)).json()["partner"] is None
    for other in ("nobody", "kiosk-2"):
        refused = await put("/v1/devices/kiosk-3", {**KIOSK, "partner": other})
        assert refused.json()["type"].endswith(":unknown-owner")
    assert (await put("/v1/partners/kiosk-2", PARTNER)).json()["type"].endswith(":code-taken")
    for path in ("/v1/partners/kiosk-1", "/v1/devices/owner", "/v1/devices/none", "/v1/partners/kiosk-1/keys"):
        assert (await intake.http.get(path, headers=admin)).status_code == 404


async def test_a_key_signs_in_as_its_holder_with_its_scopes(intake: Intake) -> None:
    with_key = await intake.key("signs-in")
    receipt = await intake.submit(COMPLAINT, with_key)
    refused = await intake.http.get(f"/v1/feedback/{receipt['id']}", headers=with_key)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:ecoute:problem:forbidden")
    for path in ("/v1/partners", "/v1/partners/signs-in", "/v1/partners/signs-in/keys", "/v1/devices"):
        assert (await intake.http.get(path, headers=with_key)).status_code == 403


async def test_only_administrators_give_keys(intake: Intake, put: Put) -> None:
    await put("/v1/partners/guarded", PARTNER)
    for who in ("agent", "supervisor", "reviewer", "manager", "analyst", "importer", "auditor", "service"):
        answer = await intake.http.post("/v1/partners/guarded/keys", json={}, headers=intake.staff(who))
        assert answer.status_code == 403
    assert (await intake.http.post("/v1/partners/guarded/keys", json={})).status_code == 401


async def test_what_was_never_given_out_is_no_key(intake: Intake) -> None:
    header = await intake.key("real")
    key = header["Authorization"].removeprefix("Bearer ")
    _, key_id, secret = key.split("_", 2)
    other = (await intake.key("another"))["Authorization"].removeprefix("Bearer ")
    forged = [
        f"eck_{key_id}_{secret[:-2]}xx",
        f"eck_{key_id}_{other.split('_', 2)[2]}",
        f"eck_{key_id}",
        f"eck_{key_id}_",
        "eck_",
        "eck__",
        f"{key}x",
        key.replace("eck_", "ECK_"),
        f"eck_{'0' * 16}_{secret}",
    ]
    for one in forged:
        answer = await intake.http.post("/v1/feedback", json=COMPLAINT, headers={"Authorization": f"Bearer {one}"})
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:ecoute:problem:unauthenticated"), one
    nonsense = await intake.http.post("/v1/feedback", json=COMPLAINT, headers={"Authorization": b"Bearer eck_\xe9"})
    assert nonsense.status_code == 401


async def test_two_keys_are_live_at_once_and_a_third_waits_for_one_to_be_revoked(
    intake: Intake, admin: dict[str, str], at_once: None
) -> None:
    first, second = await intake.key("rotates"), await intake.key("rotates")
    third = await intake.http.post("/v1/partners/rotates/keys", json={}, headers=admin)
    assert (third.status_code, third.json()["type"]) == (409, "urn:ecoute:problem:two-live-keys")
    for header in (first, second):
        await intake.submit(COMPLAINT, header)
    listed = (await intake.http.get("/v1/partners/rotates/keys", headers=admin)).json()["items"]
    oldest = listed[-1]["id"]
    assert oldest in first["Authorization"]
    for _ in range(2):
        revoked = await intake.http.delete(f"/v1/partners/rotates/keys/{oldest}", headers=admin)
        assert revoked.status_code == 204
    refused = await intake.http.post("/v1/feedback", json=COMPLAINT, headers=first)
    assert refused.status_code == 401
    await intake.submit(COMPLAINT, second)
    third = await intake.http.post("/v1/partners/rotates/keys", json={"label": "third"}, headers=admin)
    assert third.status_code == 201
    listed = (await intake.http.get("/v1/partners/rotates/keys", headers=admin)).json()["items"]
    assert [(one["label"], one["revoked_at"] is None) for one in listed] == [
        ("third", True),
        (None, True),
        (None, False),
    ]


async def test_a_key_of_another_is_not_there(intake: Intake, admin: dict[str, str]) -> None:
    header = await intake.key("mine")
    await intake.key("theirs")
    key_id = header["Authorization"].split("_")[1]
    for path in (f"/v1/partners/theirs/keys/{key_id}", f"/v1/devices/mine/keys/{key_id}", "/v1/partners/mine/keys/0"):
        assert (await intake.http.delete(path, headers=admin)).status_code == 404


async def test_the_retry_of_a_request_for_a_key_shows_the_same_key(
    intake: Intake, admin: dict[str, str], put: Put
) -> None:
    await put("/v1/partners/retries", PARTNER)
    headers = {**admin, "Idempotency-Key": str(uuid4())}
    first, second = [await intake.http.post("/v1/partners/retries/keys", json={}, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert first.status_code == second.status_code == 201
    other = await intake.http.post("/v1/partners/retries/keys", json={"label": "x"}, headers=headers)
    assert other.status_code == 422
    secret = first.json()["key"].split("_", 2)[2]
    for table in ("idempotency_key", "access_key", "event_pending"):
        assert await intake.count(f"{table} WHERE {table}::text LIKE :secret", secret=f"%{secret}%") == 0


async def test_who_is_retired_is_refused_with_its_devices_and_can_come_back(
    intake: Intake, admin: dict[str, str], put: Put, at_once: None
) -> None:
    own = await intake.key("leaves")
    device = await intake.key("leaves-kiosk", kind="device", partner="leaves")
    for header in (own, device):
        await intake.submit(COMPLAINT, header | {"Idempotency-Key": str(uuid4())})
    missing = await intake.http.delete("/v1/partners/leaves", headers=admin)
    assert missing.status_code == 428
    retired = await intake.http.delete("/v1/partners/leaves", headers={**admin, "If-Match": '"1"'})
    assert retired.json()["retired"] is True
    for header in (own, device):
        assert (await intake.http.post("/v1/feedback", json=COMPLAINT, headers=header)).status_code == 401
    assert (await intake.http.post("/v1/partners/leaves/keys", json={}, headers=admin)).status_code == 409
    listed = await intake.http.get("/v1/partners?retired=true", headers=admin)
    assert [one["code"] for one in listed.json()["items"]] == ["leaves"]
    assert (await put("/v1/partners/leaves", PARTNER, **{"If-Match": '"2"'})).json()["retired"] is False
    for header in (own, device):
        await intake.submit(COMPLAINT, header | {"Idempotency-Key": str(uuid4())})


async def test_scopes_that_are_taken_away_are_gone_within_seconds(intake: Intake, put: Put, at_once: None) -> None:
    header = await intake.key("narrowed", "cases:read", "feedback:write", teams=["passports"])
    await intake.submit(COMPLAINT, header)
    await put("/v1/partners/narrowed", {**PARTNER, "scopes": ["interactions:write"]}, **{"If-Match": '"1"'})
    key = header["Authorization"].removeprefix("Bearer ")
    assert (await intake.app.state.keyring.principal_of(key)).scopes == {"interactions:write"}


async def test_a_request_with_a_key_asks_the_database_nothing_about_it(intake: Intake) -> None:
    header = await intake.key("busy")
    await intake.submit(COMPLAINT, header)
    asked: list[str] = []

    def listen(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    engine = intake.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", listen)
    for _ in range(3):
        await intake.app.state.keyring.principal_of(header["Authorization"].removeprefix("Bearer "))
    event.remove(engine, "before_cursor_execute", listen)
    assert asked == []


async def test_the_day_of_the_last_use_is_written_down_once(
    intake: Intake, admin: dict[str, str], at_once: None
) -> None:
    header = await intake.key("used")
    for _ in range(3):
        await intake.submit(COMPLAINT, header)
    [key] = (await intake.http.get("/v1/partners/used/keys", headers=admin)).json()["items"]
    today = intake.app.state.clock().date().isoformat()
    assert key["last_used_on"] == today
    assert intake.app.state.keyring._noted[key["id"]].isoformat() == today


async def test_an_agent_behind_a_tool_has_a_name_of_a_known_form(intake: Intake) -> None:
    header = await intake.key("tool", "cases:work", "feedback:write", teams=["passports"])
    for name in ("", "a b", "x" * 65, "é"):
        answer = await intake.http.post(
            "/v1/feedback", json=COMPLAINT, headers={**header, "Acting-Agent": name.encode()}
        )
        assert answer.status_code == 422, name
        assert answer.json()["errors"][0]["parameter"] == "acting-agent"
    path = f"/v1/feedback/{uuid4()}"
    unnamed = await intake.http.get(path, headers=header)
    assert (unnamed.status_code, unnamed.json()["type"]) == (403, "urn:ecoute:problem:acting-agent-missing")
    named = await intake.http.get(path, headers={**header, "Acting-Agent": "zoe@next-town"})
    assert named.status_code == 404


async def test_a_scope_for_cases_gives_no_role_without_an_agent(intake: Intake) -> None:
    header = await intake.key("tool-2", "cases:work", teams=["passports"])
    principal = await intake.app.state.keyring.principal_of(header["Authorization"].removeprefix("Bearer "))
    assert (principal.roles, principal.actor) == (frozenset(), "tool-2")
    acting = principal.acting("zoe")
    assert (acting.roles, acting.teams, acting.actor, acting.subject) == (
        {"agent"},
        {"passports"},
        "tool-2/zoe",
        "tool-2",
    )
    other = await intake.key("tool-3", "feedback:write")
    principal = await intake.app.state.keyring.principal_of(other["Authorization"].removeprefix("Bearer "))
    assert principal.acting("zoe").roles == frozenset()
