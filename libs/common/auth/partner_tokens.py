"""The tokens that partners and devices get for their keys: signed by one service, believed by all.

Ed25519 (RFC 8037). The private key is known where tokens are given out; its public part is a setting of every service,
so that nobody asks anybody while a request waits. `kid`, the key's thumbprint (RFC 7638), tells these tokens from those
of the identity provider.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm

from libs.common.auth.identity import Principal, PrincipalKind

ISSUER = "urn:ecoute:partners"
ALGORITHM = "EdDSA"
LEEWAY_SECONDS = 30
KINDS: Mapping[str, PrincipalKind] = {"partner": "partner", "device": "device"}


class PartnerTokenSigner:
    """Signs. Made from 32 bytes in base64; ValueError when they are none."""

    def __init__(self, key: str) -> None:
        try:
            self._private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key, validate=True))
        except (binascii.Error, ValueError) as wrong:
            raise ValueError("32 bytes in base64 are expected") from wrong
        own = OKPAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        self.public: dict[str, Any] = own | {"kid": _thumbprint(own), "alg": ALGORITHM, "use": "sig"}

    def sign(self, principal: Principal, *, token_id: str, audience: list[str], at: int, seconds: int) -> str:
        """A token with which its holder can do, for so long, what the principal may."""
        claims = {
            "iss": ISSUER,
            "sub": principal.subject,
            "aud": audience,
            "iat": at,
            "exp": at + seconds,
            "jti": token_id,
            "kind": principal.kind,
            "scope": " ".join(sorted(principal.scopes)),
            "teams": sorted(principal.teams),
            "key": principal.key_id,
            "quota": principal.quota,
        }
        return self.encode(claims)

    def encode(self, claims: Mapping[str, Any]) -> str:
        """The claims as a signed token."""
        return jwt.encode(dict(claims), self._private, algorithm=ALGORITHM, headers={"kid": self.public["kid"]})


class PartnerTokens:
    """Verifies by a set of public keys (JWKS, RFC 7517): the next one can be known before the first token of it."""

    def __init__(self, jwks: str, audience: list[str]) -> None:
        self.jwks = parse_jwks(jwks)
        self._keys = {key["kid"]: PyJWK(key) for key in self.jwks["keys"]}
        self._audience = audience

    def are_signed_by(self, key_id: object) -> bool:
        return key_id in self._keys

    def principal_of(self, token: str) -> Principal:
        """Whose token it is. PyJWTError when it is not valid."""
        claims = self.decode(
            token,
            audience=self._audience,
            issuer=ISSUER,
            require=["exp", "iat", "sub", "kind", "scope", "teams", "key"],
        )
        return Principal(
            subject=claims["sub"],
            roles=frozenset(),
            teams=frozenset(claims["teams"]),
            kind=KINDS[claims["kind"]],
            scopes=frozenset(claims["scope"].split()),
            key_id=claims["key"],
            quota=claims.get("quota"),
        )

    def decode(self, token: str, *, audience: list[str], issuer: str, require: list[str]) -> dict[str, Any]:
        """The claims of a token that one of the keys has signed. PyJWTError when it is not valid."""
        key_id = jwt.get_unverified_header(token).get("kid")
        if key_id not in self._keys:
            raise jwt.InvalidKeyError("unknown key")
        claims: dict[str, Any] = jwt.decode(
            token,
            self._keys[key_id],
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": require},
        )
        return claims


def public_keys(key: str) -> str:
    """The set of keys with which everybody believes what is signed with this one. ValueError when it is none."""
    return json.dumps({"keys": [PartnerTokenSigner(key).public]})


def parse_jwks(text: str) -> dict[str, Any]:
    """A set of public Ed25519 keys, each with its `kid`. ValueError, in one line, for anything else."""
    try:
        document = json.loads(text)
        for key in document["keys"]:
            if "d" in key:
                raise ValueError("this is a private key: only its public part belongs here")
            if key["kty"] != "OKP" or not isinstance(key["kid"], str):
                raise KeyError
            PyJWK(key)
    except (json.JSONDecodeError, KeyError, TypeError, jwt.PyJWTError) as wrong:
        raise ValueError("a JWK set of Ed25519 keys is expected, as /v1/oauth/jwks gives it") from wrong
    return {"keys": document["keys"]}


def _thumbprint(key: Mapping[str, Any]) -> str:
    needed = json.dumps({name: key[name] for name in ("crv", "kty", "x")}, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(needed.encode()).digest()).decode().rstrip("=")
