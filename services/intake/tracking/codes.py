"""References and tracking codes: Crockford's base 32, with his check character, readable aloud.

A reference is public and confers nothing. A tracking code is the secret: `HMAC(secret, feedback id ‖ generation)`, so a
replay can show it again and nothing keeps it in clear.
"""

import hashlib
import hmac
import secrets
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_CODE_CHARACTERS = 16  # 80 bits


def new_reference() -> str:
    """`EC-7K4Q-29MX`: 35 random bits and a check character that is a letter or a figure."""
    while (check := (value := secrets.randbits(35)) % 37) >= 32:
        pass
    text = _encode(value, 7) + ALPHABET[check]
    return f"EC-{text[:4]}-{text[4:]}"


def tracking_code(secret: str, feedback_id: UUID, generation: int) -> str:
    """The tracking code of a feedback, in groups: 80 bits and a check character."""
    attempt = 0
    while True:
        message = b"tracking" + feedback_id.bytes + generation.to_bytes(4) + attempt.to_bytes(4)
        value = int.from_bytes(hmac.digest(secret.encode(), message, hashlib.sha256)[:10])
        if value % 37 < 32:  # Crockford's other five check symbols cannot be read aloud
            text = _encode(value, _CODE_CHARACTERS) + ALPHABET[value % 37]
            return "-".join((text[:4], text[4:8], text[8:12], text[12:]))
        attempt += 1


def normalise(code: str) -> str | None:
    """A code as somebody typed or heard it, in its one form; None when it cannot be a code (check character)."""
    values = [_VALUES.get(character) for character in code.upper() if character not in "- "]
    known = [value for value in values if value is not None]
    if len(known) != len(values) or len(known) != _CODE_CHARACTERS + 1:
        return None
    number = 0
    for value in known[:-1]:
        number = number * 32 + value
    return "".join(ALPHABET[value] for value in known) if number % 37 == known[-1] else None


def tracking_digest(secret: str, code: str) -> bytes:
    """What is kept of a code, and found by it: a keyed hash."""
    return hmac.digest(secret.encode(), b"digest" + (normalise(code) or "").encode(), hashlib.sha256)


def _encode(value: int, characters: int) -> str:
    return "".join(ALPHABET[value >> 5 * place & 31] for place in range(characters - 1, -1, -1))
