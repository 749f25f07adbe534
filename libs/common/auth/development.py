"""The development issuer: signs any role, for one machine. Settings refuse it off loopback."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt import PyJWK
from jwt.algorithms import ECAlgorithm

KEY_ID = "development"


class DevelopmentIssuer:
    """A P-256 key in a folder that only its owner reads; made at the first use."""

    def __init__(self, folder: Path) -> None:
        self._private = _load_or_make(folder / "key.pem")
        own = ECAlgorithm.to_jwk(self._private.public_key(), as_dict=True)
        self.public: dict[str, Any] = own | {"kid": KEY_ID, "alg": "ES256", "use": "sig"}

    async def key_of(self, token: str) -> PyJWK:
        if jwt.get_unverified_header(token).get("kid") != KEY_ID:
            raise jwt.InvalidKeyError("unknown key")
        return PyJWK(self.public)

    def sign(
        self,
        *,
        subject: str,
        roles: Iterable[str],
        teams: Iterable[str] = (),
        issuer: str,
        audience: str,
        lifetime_seconds: int = 12 * 3600,
        nonce: str | None = None,
    ) -> str:
        """A token of the given roles and teams; with the nonce of a sign-in, an ID token."""
        now = int(time.time())
        claims = {
            "sub": subject,
            "roles": sorted(roles),
            "teams": sorted(teams),
            "iss": issuer,
            "aud": [one.strip() for one in audience.split(",")],
            "iat": now,
            "exp": now + lifetime_seconds,
            **({"nonce": nonce} if nonce else {}),
        }
        return jwt.encode(claims, self._private, algorithm="ES256", headers={"kid": KEY_ID})


def _load_or_make(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(pem)
        try:
            os.link(draft, path)  # whoever links first made the key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} is not a P-256 key")
    return key
