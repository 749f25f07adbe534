"""The keys that an identity provider publishes at an address (JWKS, RFC 7517)."""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any

import httpx
import jwt
import structlog
from jwt import PyJWK

from libs.common.problems import ServiceUnavailable

FRESH_SECONDS = 300.0
STALE_SECONDS = 24 * 3600.0
"""For so long the keys stay good while the provider cannot be reached."""

PAUSE_SECONDS = 10.0
"""The least between two fetches: a token of an unknown key costs no more than that."""

ALGORITHMS: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
"""By kind of key. Nothing symmetric: who can verify must not be able to sign."""

log = structlog.get_logger("jwks")


class RemoteKeys:
    """Fetched at the first token, then every five minutes, and when a token names a key that is not known yet."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: list[dict[str, Any]] = []
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()

    async def key_of(self, token: str) -> PyJWK:
        """The key that the token says it was signed with. PyJWTError where there is none."""
        header = jwt.get_unverified_header(token)
        if monotonic() - self._fetched_at > FRESH_SECONDS or self._find(header) is None:
            await self._fetch()
        if monotonic() - self._fetched_at > STALE_SECONDS:
            raise ServiceUnavailable
        key = self._find(header)
        if key is None:
            raise jwt.InvalidKeyError("unknown key")
        return PyJWK(key, algorithm=key.get("alg") or header["alg"])

    def _find(self, header: Mapping[str, Any]) -> dict[str, Any] | None:
        """By `kid`; a token without one can only be of the only key that signs as it does."""
        fitting = [
            key
            for key in self._keys
            if header.get("alg") in ((key["alg"],) if "alg" in key else ALGORITHMS[key["kty"]])
            and ("kid" not in header or key.get("kid") == header["kid"])
        ]
        return fitting[0] if len(fitting) == 1 else None

    async def _fetch(self) -> None:
        asked_at = monotonic()
        async with self._fetching:
            if self._tried_at > asked_at or monotonic() - self._tried_at < PAUSE_SECONDS:
                return
            try:
                async with httpx.AsyncClient(timeout=5, follow_redirects=True) as client:
                    answer = (await client.get(self._url)).raise_for_status().json()
                self._keys = [key for key in answer["keys"] if _signs(key)]
                self._fetched_at = monotonic()
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                log.warning("identity_provider_unreachable", error=type(error).__name__)
            self._tried_at = monotonic()


def _signs(key: Mapping[str, Any]) -> bool:
    kind = ALGORITHMS.get(key["kty"], ())
    return key.get("use", "sig") == "sig" and bool(kind) and key.get("alg", kind[0]) in kind
