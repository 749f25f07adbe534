"""Staff's sessions in the pages: signed where they sign in, believed by all three services, for the pages alone."""

from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokens, PartnerTokenSigner

ISSUER = "urn:ecoute:pages"
AUDIENCE = "ecoute-pages"
"""Not the audience of the API: a cookie opens no call."""


def sign_session(signer: PartnerTokenSigner, principal: Principal, *, session_id: str, at: int, seconds: int) -> str:
    """A session with which somebody, who has signed in, sees for so long what their roles and teams allow."""
    return signer.encode(
        {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": principal.subject,
            "roles": sorted(principal.roles),
            "teams": sorted(principal.teams),
            "name": principal.name,
            "iat": at,
            "exp": at + seconds,
            "jti": session_id,
        }
    )


class Sessions:
    """Verifies them by the keys that all services know."""

    def __init__(self, keys: PartnerTokens) -> None:
        self._keys = keys

    def principal_of(self, session: str) -> Principal:
        """Who is signed in. PyJWTError when the session is not valid, or over."""
        claims = self._keys.decode(
            session, audience=[AUDIENCE], issuer=ISSUER, require=["exp", "iat", "sub", "roles", "teams", "jti"]
        )
        return Principal(claims["sub"], frozenset(claims["roles"]), frozenset(claims["teams"]), name=claims.get("name"))
