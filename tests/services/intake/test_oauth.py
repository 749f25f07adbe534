"""A partner exchanges its key for a token, as any OAuth client does (RFC 6749, client credentials)."""

import base64
from typing import Any

import httpx
import jwt
import pytest

from libs.common.auth.partner_tokens import ISSUER, PartnerTokenSigner
from services.intake.partners import keyring as rings
from tests.keys import PARTNER_TOKEN_KEY
from tests.services.intake.house import COMPLAINT, Intake


@pytest.fixture(scope="module")
async def key(intake: Intake) -> str:
    """Of the partner `helpdesk`."""
    header = await intake.key("helpdesk", "feedback:write", "cases:work", "cases:read", teams=["passports"])
    return header["Authorization"].removeprefix("Bearer ")


async def ask(intake: Intake, key: str, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
    given = {"grant_type": "client_credentials", "client_id": "helpdesk", "client_secret": key, **form}
    body = {name: value for name, value in given.items() if value}
    return await intake.http.post("/v1/oauth/token", data=body, headers=headers)


def basic(code: str, key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{code}:{key}".encode()).decode()}


async def test_a_key_is_exchanged_for_a_token_with_its_scopes_and_teams(intake: Intake, key: str) -> None:
    answer = await ask(intake, key)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 1800)
    assert given["scope"] == "cases:read cases:work feedback:write"
    [public] = (await intake.http.get("/v1/oauth/jwks")).json()["keys"]
    assert "d" not in public
    claims = jwt.decode(given["access_token"], jwt.PyJWK(public), algorithms=["EdDSA"], audience="ecoute")
    assert (claims["iss"], claims["sub"], claims["kind"], claims["teams"]) == (
        ISSUER,
        "helpdesk",
        "partner",
        ["passports"],
    )
    assert claims["exp"] - claims["iat"] == 1800
    await intake.submit(COMPLAINT, {"Authorization": f"Bearer {given['access_token']}"})


async def test_http_basic_is_another_way_to_show_the_key(intake: Intake, key: str) -> None:
    answer = await ask(intake, "", basic("helpdesk", key), client_id="")
    assert answer.status_code == 200
    twice = await ask(intake, key, basic("helpdesk", key))
    assert twice.json()["error"] == "invalid_request"


async def test_a_token_may_have_fewer_scopes_and_never_more(intake: Intake, key: str) -> None:
    narrow = await ask(intake, key, scope="cases:read")
    assert narrow.json()["scope"] == "cases:read"
    header = {"Authorization": f"Bearer {narrow.json()['access_token']}"}
    principal = await intake.app.state.tokens.principal_of(narrow.json()["access_token"])
    assert (principal.scopes, principal.acting("zoe").roles) == ({"cases:read"}, frozenset())
    assert (await intake.http.get("/v1/partners", headers=header)).status_code == 403
    wide = await ask(intake, key, scope="cases:read feedback:historical")
    assert (wide.status_code, wide.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"client_secret": "eck_0123456789abcdef_x"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_secret": "é"}, 401, "invalid_client"),
    ],
)
async def test_errors_are_problems_that_standard_clients_understand(
    intake: Intake, key: str, form: dict[str, str], status: int, error: str
) -> None:
    answer = await ask(intake, key, {"Accept-Language": "fr"}, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] != answer.json()["error_description"]
    assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", {}),
        (b"grant_type=%FF", {}),
        (b"grant_type=client_credentials\xff", {}),
        (b"&".join([b"a=1"] * 30), {}),
        (b'{"grant_type": "client_credentials"}', {"Content-Type": "application/json"}),
        (b"", {}),
    ],
)
async def test_what_is_no_form_is_refused_in_good_order(intake: Intake, body: bytes, headers: dict[str, str]) -> None:
    given = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    answer = await intake.http.post("/v1/oauth/token", content=body, headers=given)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


@pytest.mark.parametrize("shown", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer eck_x", "Basic /w=="])
async def test_credentials_that_cannot_be_read_are_refused(intake: Intake, shown: str) -> None:
    answer = await ask(intake, "", {"Authorization": shown})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_at_intake_a_token_ends_with_its_key(intake: Intake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rings, "FRESH_SECONDS", -1.0)
    admin = intake.staff("admin")
    shown = (await intake.key("brief"))["Authorization"].removeprefix("Bearer ")
    token = (await ask(intake, shown, client_id="brief")).json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    await intake.submit(COMPLAINT, header)
    body = {"name": {"fr": "x", "en": "x"}, "scopes": ["interactions:write"]}
    changed = await intake.http.put("/v1/partners/brief", json=body, headers={**admin, "If-Match": '"1"'})
    assert changed.status_code == 200
    principal = await intake.app.state.tokens.principal_of(token)
    assert (await intake.app.state.keyring.still(principal)).scopes == frozenset()
    await intake.http.delete(f"/v1/partners/brief/keys/{shown.split('_')[1]}", headers=admin)
    assert (await intake.http.post("/v1/feedback", json=COMPLAINT, headers=header)).status_code == 401
    assert (await ask(intake, shown, client_id="brief")).status_code == 401


def forged(**changes: Any) -> str:
    """A token of our signer's with other claims."""
    signer = PartnerTokenSigner(PARTNER_TOKEN_KEY)
    claims: dict[str, Any] = {
        "iss": ISSUER, "sub": "helpdesk", "aud": ["ecoute"], "iat": 1, "exp": 2**31, "kind": "partner",
        "scope": "feedback:write", "teams": [], "key": "0" * 16,
    }  # fmt: skip
    made = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(made, signer._private, algorithm="EdDSA", headers={"kid": signer.public["kid"]})


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 5},
        {"aud": ["another"]},
        {"iss": "https://issuer.ecoute.invalid"},
        {"kind": None},
        {"key": None},
        {},
    ],
)
async def test_a_token_that_is_not_valid_or_of_no_key_is_refused(intake: Intake, changes: dict[str, Any]) -> None:
    header = {"Authorization": f"Bearer {forged(**changes)}"}
    assert (await intake.http.post("/v1/feedback", json=COMPLAINT, headers=header)).status_code == 401


async def test_the_identity_providers_key_cannot_make_a_partner_nor_a_partners_key_staff(intake: Intake) -> None:
    as_staff = forged(roles=["admin"], teams=["passports"], key="0" * 16)
    assert (await intake.app.state.tokens.principal_of(as_staff)).roles == frozenset()
    issuer = intake.staff("agent")["Authorization"].removeprefix("Bearer ")
    claims = jwt.decode(issuer, options={"verify_signature": False})
    assert "kind" not in claims
    assert (await intake.app.state.tokens.principal_of(issuer)).scopes == frozenset()


async def test_a_partners_mark_in_logs_is_never_its_key(intake: Intake, key: str, logs: Any) -> None:
    await ask(intake, key)
    await intake.http.post("/v1/feedback", json=COMPLAINT, headers={"Authorization": f"Bearer {key}"})
    assert key.split("_", 2)[2] not in logs.getvalue()
