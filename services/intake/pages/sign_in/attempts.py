"""A sign-in on its way: kept by the browser that began it, for ten minutes, in a cookie that nobody else can make."""

import hashlib
import hmac
from dataclasses import asdict
from datetime import datetime

import jwt
from starlette.requests import Request
from starlette.responses import Response

from libs.common.auth.oidc import Attempt, SignInRefused
from services.intake.settings import IntakeSettings

SECONDS = 600
AUDIENCE = "ecoute-sign-in"


def keep(response: Response, attempt: Attempt, back: str | None, settings: IntakeSettings, now: datetime) -> None:
    """Until it comes back; `Lax`, since it comes back from elsewhere."""
    claims = {**asdict(attempt), "back": back, "aud": AUDIENCE, "exp": int(now.timestamp()) + SECONDS}
    response.set_cookie(
        _name(settings),
        jwt.encode(claims, _key(settings), algorithm="HS256"),
        max_age=SECONDS,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def take(request: Request, settings: IntakeSettings) -> tuple[Attempt, str | None]:
    """The attempt, and where it goes back to. `SignInRefused` where this browser has begun none, or long ago."""
    try:
        kept = jwt.decode(
            request.cookies.get(_name(settings), ""), _key(settings), algorithms=["HS256"], audience=AUDIENCE
        )
    except jwt.PyJWTError as none:
        raise SignInRefused from none
    return Attempt(kept["state"], kept["nonce"], kept["verifier"]), kept["back"]


def forget(response: Response, settings: IntakeSettings) -> None:
    """It serves once."""
    response.delete_cookie(_name(settings), path="/", secure=settings.is_https, httponly=True, samesite="lax")


def _name(settings: IntakeSettings) -> str:
    return "__Host-ecoute-sign-in" if settings.is_https else "ecoute-sign-in"


def _key(settings: IntakeSettings) -> bytes:
    """Of its own: what is signed here is good for nothing else."""
    return hmac.digest(settings.secret.get_secret_value().encode(), b"sign-in", hashlib.sha256)
