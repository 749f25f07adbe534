"""Pages may call from a browser where they come from the organisation or from a partner, and from nowhere else."""

import pytest

from services.intake.partners import keyring as rings
from tests.services.intake.house import COMPLAINT, Intake

OWN = "https://www.town.example"
PARTNERS = "https://forms.next-town.example"
STRANGER = "https://evil.example"


def preflight(origin: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,idempotency-key",
    }


@pytest.fixture(autouse=True, scope="module")
async def partner(intake: Intake) -> dict[str, str]:
    return await intake.key("next-town", origins=[PARTNERS])


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rings, "FRESH_SECONDS", -1.0)


@pytest.mark.parametrize("origin", [OWN, PARTNERS, "http://localhost:5173"])
async def test_a_browser_is_told_what_a_known_page_may_send(intake: Intake, origin: str) -> None:
    answer = await intake.http.options("/v1/feedback", headers=preflight(origin))
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == origin
    assert answer.headers["vary"] == "Origin"
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    needed = {"authorization", "tracking-code", "idempotency-key", "if-match", "acting-agent", "accept-language"}
    assert needed | {"content-type"} <= {*allowed}
    assert {"PUT", "PATCH", "DELETE"} <= {*answer.headers["access-control-allow-methods"].split(", ")}
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [STRANGER, "null", "*", f"{OWN}.evil.example", OWN.upper(), f"{OWN}:8443"])
async def test_a_page_from_elsewhere_is_told_nothing(intake: Intake, origin: str) -> None:
    answers = [
        await intake.http.options("/v1/feedback", headers=preflight(origin)),
        await intake.http.get("/v1/services", headers={"Origin": origin}),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"


async def test_a_page_reads_the_headers_that_it_needs_of_errors_too(intake: Intake) -> None:
    answers = [
        await intake.http.post("/v1/feedback", json=COMPLAINT, headers={"Origin": PARTNERS}),
        await intake.http.post("/v1/feedback", json={}, headers={"Origin": PARTNERS}),
        await intake.http.post("/v1/feedback", json={}, headers={"Origin": PARTNERS, "Authorization": "Bearer x"}),
        await intake.http.post("/v1/feedback", content=b"x" * 1_000_001, headers={"Origin": PARTNERS}),
        await intake.http.get("/v1/nowhere", headers={"Origin": PARTNERS}),
    ]
    assert [answer.status_code for answer in answers] == [201, 422, 401, 413, 404]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == PARTNERS
        exposed = {*answer.headers["access-control-expose-headers"].split(", ")}
        assert {"Location", "Link", "ETag", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"} <= exposed
        assert "X-Request-Id" in answer.headers


@pytest.mark.parametrize("body", [COMPLAINT, {}], ids=["the short way", "the long one"])
async def test_a_page_reads_that_something_went_wrong_on_our_side(
    intake: Intake, body: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake.app.state, "rate_limit", None)
    answer = await intake.http.post("/v1/feedback", json=body, headers={"Origin": PARTNERS})
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:ecoute:problem:internal-error")
    assert answer.headers["access-control-allow-origin"] == PARTNERS
    assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "Origin"
    stranger = await intake.http.post("/v1/feedback", json=body, headers={"Origin": STRANGER})
    assert (stranger.status_code, "access-control-allow-origin" in stranger.headers) == (500, False)


async def test_without_a_page_nothing_is_said_of_pages(intake: Intake) -> None:
    answer = await intake.http.get("/v1/services")
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["vary"] == "Origin", "what a cache keeps of it is not for a page"


async def test_the_pages_of_a_partner_that_is_retired_are_strangers(intake: Intake) -> None:
    admin = intake.staff("admin")
    origin = "https://gone.example"
    await intake.key("gone", origins=[origin])
    assert (
        "access-control-allow-origin" in (await intake.http.options("/v1/feedback", headers=preflight(origin))).headers
    )
    await intake.http.delete("/v1/partners/gone", headers={**admin, "If-Match": '"1"'})
    assert (
        "access-control-allow-origin"
        not in (await intake.http.options("/v1/feedback", headers=preflight(origin))).headers
    )


async def test_options_that_ask_nothing_of_cors_are_answered_as_ever(intake: Intake) -> None:
    assert (await intake.http.options("/v1/feedback", headers={"Origin": OWN})).status_code == 405
