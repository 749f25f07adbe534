"""Its one client: the pages."""

import hashlib
import hmac

from libs.common.auth.oidc import Client
from services.intake.settings import IntakeSettings

PATH = "/development-issuer"


def development_client(settings: IntakeSettings) -> Client:
    """With a secret, as the clients of real providers have one."""
    secret = hmac.digest(settings.secret.get_secret_value().encode(), b"development-client", hashlib.sha256).hex()
    return Client(
        issuer=f"{settings.public_url}{PATH}",
        client_id="ecoute-pages",
        client_secret=secret,
        redirect_uri=settings.sign_in_callback,
        scopes="openid profile",
    )
