"""References and tracking codes: Crockford's base 32, with his check character, readable aloud.

A reference is public and confers nothing. A tracking code is the secret: `HMAC(secret, feedback id ‖ generation)`, so a
replay can show it again and nothing keeps it in clear.
"""

import hashlib
import hmac
import secrets
from functools import reduce
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_REFERENCE_CHARACTERS = 7  # 35 bits
_CODE_CHARACTERS = 16  # 80 bits


def new_reference() -> str:
    """`EC-7K4Q-29MX`: 35 random bits and a check character that is a letter or a figure."""
    while (check := (value := secrets.randbits(35)) % 37) >= 32:
        pass
    text = _encode(value, _REFERENCE_CHARACTERS) + ALPHABET[check]
    return f"EC-{text[:4]}-{text[4:]}"


def normalise_reference(reference: str) -> str | None:
    """A reference as somebody typed or heard it, as it is printed; None when it cannot be one (check character)."""
    bare = reference.upper().replace("-", "").replace(" ", "")
    text = _checked(bare.removeprefix("EC") if len(bare) > _REFERENCE_CHARACTERS + 1 else bare, _REFERENCE_CHARACTERS)
    return f"EC-{text[:4]}-{text[4:]}" if text else None


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
    return _checked(code.upper().replace("-", "").replace(" ", ""), _CODE_CHARACTERS)


def tracking_digest(secret: str, code: str) -> bytes:
    """What is kept of a code, and found by it: a keyed hash."""
    return _digest(secret, normalise(code) or "")


def own_tracking_digest(secret: str, code: str) -> bytes:
    """The same for a code as `tracking_code` gives it: it has its one form."""
    return _digest(secret, code.replace("-", ""))


def _digest(secret: str, bare: str) -> bytes:
    return hmac.digest(secret.encode(), b"digest" + bare.encode(), hashlib.sha256)


def _checked(text: str, characters: int) -> str | None:
    """So many characters with their check character, in the alphabet's own; None where they do not agree."""
    values = [_VALUES[character] for character in text if character in _VALUES]
    if len(text) != characters + 1 or len(values) != len(text):
        return None
    number = reduce(lambda number, value: number * 32 + value, values[:-1], 0)
    return "".join(ALPHABET[value] for value in values) if number % 37 == values[-1] else None


def _encode(value: int, characters: int) -> str:
    pairs = [_PAIRS[value >> 10 * place & 1023] for place in range((characters - 1) // 2, -1, -1)]
    return "".join(pairs)[-characters:]
