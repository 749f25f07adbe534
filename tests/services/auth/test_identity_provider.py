"""Any identity provider's tokens are understood: its keys over HTTP, its algorithms, its words for roles and teams."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from libs.common.auth import jwks
from libs.common.auth.tokens import Tokens, Unauthenticated
from libs.common.problems import ServiceUnavailable
from services.routing.settings import RoutingSettings

ISSUER = "https://login.example.org/realms/town"
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
EC_384 = ec.generate_private_key(ec.SECP384R1())
ED = ed25519.Ed25519PrivateKey.generate()


class Provider:
    """An identity provider's key set, served over HTTP."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.fetches = 0
        self.status = 200
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.fetches += 1
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(json.dumps({"keys": provider.keys}).encode())

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def tokens(self, **settings: str) -> Tokens:
        """What a service that trusts this provider verifies tokens with."""
        return Tokens.of(
            RoutingSettings.load(
                {
                    "ECOUTE_ROUTING_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
                    "ECOUTE_ROUTING_SECRET": "of no importance, but long enough",
                    "ECOUTE_JWKS_URL": f"http://127.0.0.1:{self.server.server_address[1]}/jwks",
                    "ECOUTE_TOKEN_ISSUER": ISSUER,
                    **settings,
                }
            )
        )


@pytest.fixture
def provider() -> Iterator[Provider]:
    started = Provider()
    yield started
    started.server.shutdown()
    started.server.server_close()


def public(key: Any, kid: str | None, **fields: str) -> dict[str, Any]:
    kind: Any = {rsa.RSAPrivateKey: RSAAlgorithm, ec.EllipticCurvePrivateKey: ECAlgorithm}
    algorithm = next((a for k, a in kind.items() if isinstance(key, k)), OKPAlgorithm)
    named = {"kid": kid} if kid else {}
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), **named, **fields}


def signed(key: Any, algorithm: str, kid: str | None, /, **changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "ecoute", "sub": "zoe", "iat": now, "exp": now + 60, "roles": ["agent"]}
    made = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(made, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (RSA, "RS512"), (RSA, "PS256"), (EC, "ES256"), (EC_384, "ES384"), (ED, "EdDSA")],
)
@pytest.mark.parametrize("says_algorithm", [True, False])
async def test_tokens_of_the_usual_algorithms_are_understood(
    provider: Provider, key: Any, algorithm: str, says_algorithm: bool
) -> None:
    provider.keys = [
        public(OTHER_RSA, "encrypts", use="enc", alg="RSA-OAEP"),
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        public(key, "one", use="sig", **({"alg": algorithm} if says_algorithm else {})),
    ]
    principal = await provider.tokens().principal_of(signed(key, algorithm, "one"))
    assert (principal.subject, principal.roles, principal.kind) == ("zoe", {"agent"}, "staff")


async def test_a_token_without_a_key_id_is_of_the_only_key_that_fits(provider: Provider) -> None:
    provider.keys = [public(RSA, None), public(EC, "other")]
    tokens = provider.tokens()
    assert (await tokens.principal_of(signed(RSA, "RS256", None))).subject == "zoe"
    provider.keys = [public(RSA, None), public(OTHER_RSA, None)]
    with pytest.raises(Unauthenticated):
        await provider.tokens().principal_of(signed(RSA, "RS256", None))


async def test_keys_are_fetched_once_and_again_when_one_is_new(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.keys = [public(RSA, "old", alg="RS256")]
    tokens = provider.tokens()
    for _ in range(5):
        await tokens.principal_of(signed(RSA, "RS256", "old"))
    assert provider.fetches == 1
    provider.keys = [public(EC, "new", alg="ES256")]
    with pytest.raises(Unauthenticated):
        await tokens.principal_of(signed(EC, "ES256", "new"))
    assert provider.fetches == 1, "a made-up key id must not make us ask at each request"
    monkeypatch.setattr(jwks, "PAUSE_SECONDS", 0.0)
    assert (await tokens.principal_of(signed(EC, "ES256", "new"))).subject == "zoe"
    assert provider.fetches == 2
    with pytest.raises(Unauthenticated):
        await tokens.principal_of(signed(RSA, "RS256", "old"))


async def test_an_outage_of_the_provider_stops_nobody_whose_key_is_known(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(jwks, "FRESH_SECONDS", -1.0)
    provider.keys, provider.status = [public(RSA, "one")], 500
    tokens = provider.tokens()
    with pytest.raises(ServiceUnavailable):
        await tokens.principal_of(signed(RSA, "RS256", "one"))
    provider.status = 200
    await tokens.principal_of(signed(RSA, "RS256", "one"))
    provider.status = 500
    assert (await tokens.principal_of(signed(RSA, "RS256", "one"))).subject == "zoe"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"aud": "another"},
        {"exp": 1},
        {"sub": None},
        {"iat": None},
        {"roles": {"agent": True}},
        {"roles": [1]},
    ],
)
async def test_a_token_that_is_not_for_us_or_not_valid_is_refused(provider: Provider, changes: dict[str, Any]) -> None:
    provider.keys = [public(RSA, "one")]
    with pytest.raises(Unauthenticated):
        await provider.tokens().principal_of(signed(RSA, "RS256", "one", **changes))


async def test_what_is_signed_otherwise_is_refused(provider: Provider) -> None:
    provider.keys = [public(RSA, "one", alg="RS256"), public(EC, "two")]
    tokens = provider.tokens()
    forgeries = [
        signed(OTHER_RSA, "RS256", "one"),
        signed(RSA, "RS512", "one"),
        signed("x" * 64, "HS256", "one"),
        jwt.encode({"sub": "zoe"}, None, algorithm="none", headers={"kid": "one"}),
        "no.token.atall",
        "",
    ]
    for token in forgeries:
        with pytest.raises(Unauthenticated):
            await tokens.principal_of(token)


async def test_roles_and_teams_are_found_where_the_provider_puts_them(provider: Provider) -> None:
    provider.keys = [public(RSA, "one")]
    keycloak = provider.tokens(
        ECOUTE_TOKEN_ROLES_CLAIM="realm_access.roles", ECOUTE_TOKEN_TEAMS_CLAIM="groups", ECOUTE_TOKEN_AUDIENCE="a, b"
    )
    claims = {"roles": None, "realm_access": {"roles": ["supervisor"]}, "groups": ["passports"], "aud": ["b", "c"]}
    principal = await keycloak.principal_of(signed(RSA, "RS256", "one", **claims))
    assert (principal.roles, principal.teams) == ({"supervisor"}, {"passports"})
    for other in ({"realm_access": None}, {"realm_access": []}, {"realm_access": {}}):
        principal = await keycloak.principal_of(signed(RSA, "RS256", "one", **{**claims, **other}))
        assert principal.roles == frozenset()
    spaced = provider.tokens(ECOUTE_TOKEN_ROLES_CLAIM="https://example.org/roles")
    principal = await spaced.principal_of(
        signed(RSA, "RS256", "one", **{"roles": ["admin"], "https://example.org/roles": "agent reviewer"})
    )
    assert principal.roles == {"agent", "reviewer"}


async def test_the_providers_words_can_be_given_a_meaning(provider: Provider) -> None:
    provider.keys = [public(RSA, "one")]
    tokens = provider.tokens(
        ECOUTE_TOKEN_ROLES="ecoute-agents=agent, ecoute-chefs=supervisor",
        ECOUTE_TOKEN_TEAMS="/town/passports=passports",
    )
    claims = {"roles": ["ecoute-agents", "admin", "offline_access"], "teams": ["/town/passports", "letters"]}
    principal = await tokens.principal_of(signed(RSA, "RS256", "one", **claims))
    assert (principal.roles, principal.teams) == ({"agent"}, {"passports"})


async def test_a_program_of_the_house_is_known_by_its_only_role(provider: Provider) -> None:
    provider.keys = [public(RSA, "one")]
    principal = await provider.tokens().principal_of(signed(RSA, "RS256", "one", roles=["service"]))
    assert principal.kind == "service"


async def test_claims_that_only_partners_have_mean_nothing_in_a_providers_token(provider: Provider) -> None:
    provider.keys = [public(RSA, "one")]
    claims = {"kind": "partner", "scope": "cases:work feedback:write", "key": "x", "quota": 1}
    principal = await provider.tokens().principal_of(signed(RSA, "RS256", "one", **claims))
    assert (principal.kind, principal.scopes, principal.key_id, principal.quota) == ("staff", frozenset(), None, None)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ECOUTE_TOKEN_ROLES", "agents", "pairs such as"),
        ("ECOUTE_TOKEN_TEAMS", "a=b,,", "pairs such as"),
        ("ECOUTE_PARTNER_TOKEN_KEYS", "nothing", "a JWK set"),
        ("ECOUTE_PARTNER_TOKEN_KEYS", '{"keys": [{"kty": "RSA"}]}', "a JWK set"),
        ("ECOUTE_PARTNER_TOKEN_KEYS", '{"keys": [{"kty": "OKP", "kid": "x", "d": "hidden"}]}', "private key"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(
    provider: Provider, name: str, value: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        provider.tokens(**{name: value})
    [line] = capsys.readouterr().err.splitlines()
    assert name in line
    assert says in line
    assert "hidden" not in line
