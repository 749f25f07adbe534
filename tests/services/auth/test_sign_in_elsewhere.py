"""Signing in at a provider that is not ours: what it says of itself, how it wants to be asked, what is refused."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from libs.common.auth.oidc import Attempt, Client, IdentityProvider, IdentityProviderUnreachable, SignInRefused

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
SECRET = "s3cret:/&é"


class Elsewhere:
    """An identity provider over HTTP; `says` changes its discovery document, `claims` its ID token."""

    def __init__(self) -> None:
        self.says: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.key, self.status = KEY, 200
        self.asked: list[tuple[str | None, dict[str, str]]] = []
        elsewhere = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("/.well-known/openid-configuration"):
                    self.answer(elsewhere.document())
                else:
                    own = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
                    self.answer({"keys": [own | {"kid": "one", "alg": "RS256", "use": "sig"}]})

            def do_POST(self) -> None:
                body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                form = {name: values[0] for name, values in body.items()}
                elsewhere.asked.append((self.headers["Authorization"], form))
                self.answer({"id_token": elsewhere.token()} if elsewhere.status == 200 else {"error": "invalid_grant"})

            def answer(self, body: dict[str, Any]) -> None:
                self.send_response(elsewhere.status if self.command == "POST" else 200)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}/realms/town"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?realm=town",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.says,
        }

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "ecoute", "sub": "zoe", "iat": now, "exp": now + 60, "nonce": "of mine"}
        made = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return jwt.encode(made, self.key, algorithm="RS256", headers={"kid": "one"})

    def provider(self, secret: str | None = SECRET) -> IdentityProvider:
        return IdentityProvider(Client(self.issuer, "ecoute", secret, "https://ours/sign-in/callback", "openid groups"))


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    started = Elsewhere()
    yield started
    started.server.shutdown()
    started.server.server_close()


ATTEMPT = Attempt(state="state", nonce="of mine", verifier="v" * 43)


async def test_somebody_is_sent_to_the_address_that_the_provider_gives(elsewhere: Elsewhere) -> None:
    address = await elsewhere.provider().address_for(ATTEMPT)
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{elsewhere.issuer}/authorize?realm=town&")
    assert (query["scope"], query["code_challenge_method"]) == ("openid groups", "S256")
    assert ATTEMPT.verifier not in address


@pytest.mark.parametrize(
    ("methods", "secret", "header", "form"),
    [
        (None, SECRET, "ecoute:s3cret%3A%2F%26%C3%A9", {}),
        (["client_secret_post"], SECRET, None, {"client_id": "ecoute", "client_secret": SECRET}),
        (["client_secret_basic"], None, None, {"client_id": "ecoute"}),
    ],
)
async def test_the_code_is_exchanged_in_the_way_that_the_provider_takes(
    elsewhere: Elsewhere, methods: list[str] | None, secret: str | None, header: str | None, form: dict[str, str]
) -> None:
    elsewhere.says = {"token_endpoint_auth_methods_supported": methods} if methods else {}
    claims = await elsewhere.provider(secret).claims_for("the code", ATTEMPT)
    assert claims["sub"] == "zoe"
    shown, body = elsewhere.asked[0]
    assert (base64.b64decode(shown.removeprefix("Basic ")).decode() if shown else None) == header
    assert {name: body[name] for name in body if name.startswith("client_")} == form
    assert (body["code"], body["code_verifier"]) == ("the code", ATTEMPT.verifier)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example.org"},
        {"aud": "another client"},
        {"aud": ["ecoute", "another client"], "azp": "another client"},
        {"nonce": "of another"},
        {"nonce": None},
        {"exp": int(time.time()) - 3600},
        {"sub": None},
    ],
)
async def test_a_token_for_another_sign_in_signs_nobody_in(elsewhere: Elsewhere, claims: dict[str, Any]) -> None:
    elsewhere.claims = claims
    with pytest.raises(SignInRefused):
        await elsewhere.provider().claims_for("the code", ATTEMPT)


async def test_a_token_under_another_key_or_none_signs_nobody_in(elsewhere: Elsewhere) -> None:
    elsewhere.key = OTHER_KEY
    with pytest.raises(SignInRefused):
        await elsewhere.provider().claims_for("the code", ATTEMPT)
    elsewhere.status = 400
    with pytest.raises(SignInRefused):
        await elsewhere.provider().claims_for("the code", ATTEMPT)


async def test_a_provider_that_is_away_or_calls_itself_something_else_is_said_to_be_so(elsewhere: Elsewhere) -> None:
    elsewhere.says = {"issuer": "https://other.example.org"}
    with pytest.raises(IdentityProviderUnreachable):
        await elsewhere.provider().address_for(ATTEMPT)
    away = IdentityProvider(Client("http://127.0.0.1:1", "ecoute", None, "https://ours/sign-in/callback", "openid"))
    with pytest.raises(IdentityProviderUnreachable):
        await away.address_for(ATTEMPT)
