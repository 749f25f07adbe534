"""What the provider does: checks who asks, gives a code, and an ID token for it."""

import secrets
from typing import Any, ClassVar
from urllib.parse import urlencode

from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.oidc import challenge_of
from libs.common.problems import Problem
from libs.common.settings import stop
from services.intake.pages.development_issuer.client import development_client
from services.intake.pages.development_issuer.codes import Codes, Granted
from services.intake.pages.development_issuer.forms import Asked, Exchange, Picked
from services.intake.settings import IntakeSettings

TOKEN_SECONDS = 300


class ClientUnknown(Problem):
    """This machine's issuer knows no such client, or not at that address."""

    status: ClassVar[int] = 400
    fr = "L'émetteur de cette machine ne connaît pas ce client, ou pas à cette adresse."


class DevelopmentProvider:
    """Signs with the key of this machine's issuer, for one client; not what the API takes for a token."""

    def __init__(self, settings: IntakeSettings) -> None:
        if settings.development_issuer is None:
            stop("ECOUTE_DEVELOPMENT_ISSUER is not set: there is no key to sign with")
        self._issuer = DevelopmentIssuer(settings.development_issuer)
        self._client = development_client(settings)
        self._codes = Codes()

    def document(self) -> dict[str, Any]:
        issuer = self._client.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self._issuer.public]}

    def check(self, asked: Asked) -> None:
        """Nobody is sent anywhere but to the one client's own address."""
        if (asked.client_id, asked.redirect_uri) != (self._client.client_id, self._client.redirect_uri):
            raise ClientUnknown

    def grant(self, picked: Picked) -> str:
        """The client's address, with a code."""
        self.check(picked)
        granted = Granted(picked.subject, tuple(picked.roles), tuple(picked.teams), picked.nonce, picked.code_challenge)
        back = {"code": self._codes.give(granted), "state": picked.state, "iss": self._client.issuer}
        return f"{picked.redirect_uri}?{urlencode(back)}"

    def exchange(self, asked: Exchange) -> tuple[int, dict[str, Any]]:
        """Status and body: an ID token, or an error in OAuth's words (RFC 6749, 5.2)."""
        if not secrets.compare_digest(f"{asked.client_id}:{asked.client_secret}".encode(), self._credentials):
            return 401, {"error": "invalid_client"}
        granted = self._codes.take(asked.code)
        if granted is None or asked.redirect_uri != self._client.redirect_uri:
            return 400, {"error": "invalid_grant"}
        if not secrets.compare_digest(challenge_of(asked.code_verifier), granted.challenge):
            return 400, {"error": "invalid_grant"}
        token = self._issuer.sign(
            subject=granted.subject,
            roles=granted.roles,
            teams=granted.teams,
            issuer=self._client.issuer,
            audience=self._client.client_id,
            lifetime_seconds=TOKEN_SECONDS,
            nonce=granted.nonce,
        )
        return 200, {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token}

    @property
    def _credentials(self) -> bytes:
        return f"{self._client.client_id}:{self._client.client_secret}".encode()
