"""Tracking codes: Crockford's base 32, with his check character, readable aloud.

A code is the secret: `HMAC(secret, feedback id ‖ generation)`, so a replay can show it again and nothing keeps it in
clear.
"""

import hashlib
import hmac
from uuid import UUID

from libs.common.crockford import ALPHABET, bare, checked, encode

_CODE_CHARACTERS = 16  # 80 bits


def tracking_code(secret: str, feedback_id: UUID, generation: int) -> str:
    """The tracking code of a feedback, in groups: 80 bits and a check character."""
    attempt = 0
    while True:
        message = b"tracking" + feedback_id.bytes + generation.to_bytes(4) + attempt.to_bytes(4)
        value = int.from_bytes(hmac.digest(secret.encode(), message, hashlib.sha256)[:10])
        if value % 37 < 32:  # Crockford's other five check symbols cannot be read aloud
            text = encode(value, _CODE_CHARACTERS) + ALPHABET[value % 37]
            return "-".join((text[:4], text[4:8], text[8:12], text[12:]))
        attempt += 1


def normalise(code: str) -> str | None:
    """A code as somebody typed or heard it, in its one form; None when it cannot be a code (check character)."""
    return checked(bare(code), _CODE_CHARACTERS)


def tracking_digest(secret: str, code: str) -> bytes:
    """What is kept of a code, and found by it: a keyed hash."""
    return _digest(secret, normalise(code) or "")


def own_tracking_digest(secret: str, code: str) -> bytes:
    """The same for a code as `tracking_code` gives it: it has its one form."""
    return _digest(secret, code.replace("-", ""))


def _digest(secret: str, code: str) -> bytes:
    return hmac.digest(secret.encode(), b"digest" + code.encode(), hashlib.sha256)
