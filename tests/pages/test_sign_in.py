"""Who signs in, and who does not: the whole way, over HTTP."""

import json
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.secrets import PARTNER_TOKEN_KEY, random_key
from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokenSigner
from libs.common.auth.sessions import sign_session
from tests.pages.signing_in import browser, hidden_fields, pick, sign_in
from tests.system import System

ZOE = Principal("zoe", frozenset({"agent"}), frozenset({"passports"}))
HOUR = 3600


@pytest.fixture
def http(system: System) -> Iterator[httpx.Client]:
    with browser(system) as opened:
        yield opened


@pytest.fixture
def own_key(system: System) -> str:
    """What this machine's sessions are signed with."""
    return str(json.loads((system.folder / "var" / "secrets.json").read_text())[PARTNER_TOKEN_KEY])


def session(key: str, *, age_hours: float = 0) -> str:
    at = int(time.time() - age_hours * HOUR)
    return sign_session(PartnerTokenSigner(key), ZOE, session_id="s", at=at, seconds=8 * HOUR)


def is_signed_in(http: httpx.Client) -> bool:
    return "/sign-out" in http.get("/").text


def callback(http: httpx.Client, form: httpx.Response) -> str:
    """Where the issuer sends a browser back to, before it goes there."""
    body = {**hidden_fields(form.text), "subject": "zoe", "roles": ["agent"]}
    answer = http.post("/development-issuer/authorize", data=body, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_somebody_signs_in_with_a_role_and_a_team_comes_back_to_the_page_and_signs_out(http: httpx.Client) -> None:
    landed = sign_in(http, "agent", teams=("passports",), back="/?from=here")
    assert landed.url.raw_path == b"/?from=here"
    assert "zoe" in landed.text
    kept = next(one for one in http.cookies.jar if one.name == "ecoute")
    assert kept.has_nonstandard_attr("HttpOnly")
    assert kept.get_nonstandard_attr("SameSite") == "lax"
    claims = jwt.decode(http.cookies["ecoute"], options={"verify_signature": False})
    assert (claims["roles"], claims["teams"], claims["exp"] - claims["iat"]) == (["agent"], ["passports"], 8 * HOUR)
    http.post("/sign-out", data={"csrf_token": hidden_fields(landed.text)["csrf_token"]})
    assert not is_signed_in(http)


def test_the_issuers_page_offers_the_teams_that_are_known(http: httpx.Client) -> None:
    assert "Passport team" in http.get("/sign-in").text


def test_who_signs_in_without_saying_where_to_comes_to_the_first_page_of_their_role(http: httpx.Client) -> None:
    assert sign_in(http, "manager").url.path == "/dashboard"


@pytest.mark.parametrize(
    "foreign",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/%5C/../\\evil", "javascript:alert(1)"],
)
def test_nobody_is_sent_elsewhere_after_signing_in(http: httpx.Client, foreign: str) -> None:
    landed = sign_in(http, "agent", back=foreign)
    assert landed.url.host == "127.0.0.1"
    assert landed.url.path == "/queue"


def test_a_sign_in_begun_under_another_name_of_the_house_goes_on_under_its_own(system: System) -> None:
    with httpx.Client(follow_redirects=False) as http:
        port = system.gateway.rpartition(":")[2]
        answer = http.get(f"http://localhost:{port}/sign-in?back=/queue")
    assert answer.headers["Location"] == f"{system.gateway}/sign-in?back=/queue"


def test_another_state_signs_nobody_in(http: httpx.Client) -> None:
    address = callback(http, http.get("/sign-in"))
    state = parse_qs(urlsplit(address).query)["state"][0]
    answer = http.get(address.replace(state, state[::-1]))
    assert (answer.status_code, is_signed_in(http)) == (400, False)


def test_what_one_browser_began_no_other_can_end(http: httpx.Client, system: System) -> None:
    address = callback(http, http.get("/sign-in"))
    with browser(system) as other:
        assert other.get(address).status_code == 400
        other.get("/sign-in")
        assert other.get(address).status_code == 400
        assert not is_signed_in(other)


def test_an_answer_in_the_name_of_another_provider_is_refused(http: httpx.Client) -> None:
    address = callback(http, http.get("/sign-in"))
    issuer = parse_qs(urlsplit(address).query)["iss"][0]
    assert issuer.endswith("/development-issuer")
    assert http.get(address.rpartition("&iss=")[0] + "&iss=https://evil.example").status_code == 400


def test_a_code_is_good_once(http: httpx.Client, system: System) -> None:
    form = http.get("/sign-in")
    begun = dict(http.cookies)
    address = callback(http, form)
    assert http.get(address).url.path == "/queue"
    with browser(system) as again:
        again.cookies.update(begun)
        assert again.get(address).status_code == 400
        assert not is_signed_in(again)


def test_an_answer_to_another_question_is_refused_by_its_nonce(http: httpx.Client) -> None:
    form = http.get("/sign-in")
    changed = httpx.Response(200, text=form.text.replace(hidden_fields(form.text)["nonce"], "another"))
    assert pick(http, changed, "agent").status_code == 400
    assert not is_signed_in(http)


def test_who_did_not_begin_the_sign_in_cannot_use_its_code(http: httpx.Client) -> None:
    form = http.get("/sign-in")
    challenge = hidden_fields(form.text)["code_challenge"]
    changed = httpx.Response(200, text=form.text.replace(challenge, challenge[::-1]))
    assert pick(http, changed, "agent").status_code == 400
    assert not is_signed_in(http)


def test_the_issuer_sends_codes_to_its_one_client_alone(http: httpx.Client) -> None:
    form = http.get("/sign-in")
    elsewhere = form.url.copy_merge_params({"redirect_uri": "https://evil.example/callback"})
    assert http.get(elsewhere).status_code == 400


def test_a_provider_that_says_no_signs_nobody_in(http: httpx.Client) -> None:
    state = parse_qs(urlsplit(callback(http, http.get("/sign-in"))).query)["state"][0]
    answer = http.get("/sign-in/callback", params={"error": "access_denied", "state": state})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")


def test_a_session_ends_after_eight_hours(http: httpx.Client, own_key: str) -> None:
    http.cookies.set("ecoute", session(own_key, age_hours=7.9))
    assert is_signed_in(http)
    http.cookies.clear()
    http.cookies.set("ecoute", session(own_key, age_hours=8.1))
    assert not is_signed_in(http)


def test_a_session_that_intake_did_not_sign_is_none(http: httpx.Client, own_key: str, system: System) -> None:
    header, claims, signature = session(own_key).split(".")
    public = PartnerTokenSigner(own_key).public
    forged = [
        session(random_key()),
        f"{header}.{claims}.{signature[::-1]}",
        jwt.encode({"sub": "zoe"}, "", algorithm="none"),
        jwt.encode(
            jwt.decode(session(own_key), options={"verify_signature": False}),
            Ed25519PrivateKey.generate(),
            algorithm="EdDSA",
            headers={"kid": public["kid"]},
        ),
        system.staff("agent")["Authorization"].removeprefix("Bearer "),
    ]
    for one in forged:
        http.cookies.clear()
        http.cookies.set("ecoute", one)
        assert not is_signed_in(http)


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/cases", "/v1/kpis?names=volume"])
def test_a_session_opens_no_call_of_the_api(http: httpx.Client, path: str) -> None:
    sign_in(http, "agent", "supervisor", "manager", teams=("passports",))
    assert http.get(path).status_code == 401
    assert http.get(path, headers={"Authorization": f"Bearer {http.cookies['ecoute']}"}).status_code == 401


@pytest.mark.parametrize(
    "said", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
)
def test_what_another_site_sends_in_somebodys_name_is_refused(http: httpx.Client, said: dict[str, str]) -> None:
    token = hidden_fields(sign_in(http, "agent", back="/").text)["csrf_token"]
    assert http.post("/sign-out", data={"csrf_token": token}, headers=said).status_code == 403
    assert http.post("/sign-out").status_code == 403
    assert http.post("/sign-out", data={"csrf_token": "é"}).status_code == 403
    assert is_signed_in(http)
