"""The token with which a worker reads another service's log."""

import time
from collections.abc import Callable

from libs.common.auth.development import DevelopmentIssuer
from libs.common.auth.identity import SERVICE_ROLE
from libs.common.settings import ServiceSettings, stop

LIFETIME_SECONDS = 3600


def service_token(service: str, settings: ServiceSettings) -> Callable[[], str]:
    """Gives a valid token whenever it is asked: signed here on one machine, else the one from the settings."""
    if settings.development_issuer is None:
        if settings.service_token is None:
            stop("set ECOUTE_SERVICE_TOKEN: without the development issuer a worker cannot read the other's log")
        return settings.service_token.get_secret_value
    issuer = DevelopmentIssuer(settings.development_issuer)
    token, signed_at = "", float("-inf")

    def give() -> str:
        nonlocal token, signed_at
        if time.monotonic() - signed_at > LIFETIME_SECONDS / 2:
            token = issuer.sign(
                subject=service,
                roles=[SERVICE_ROLE],
                issuer=settings.token_issuer,
                audience=settings.token_audience,
                lifetime_seconds=LIFETIME_SECONDS,
            )
            signed_at = time.monotonic()
        return token

    return give
