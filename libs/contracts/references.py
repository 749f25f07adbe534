"""The public reference of a feedback and its case: printed on everything, confers nothing."""

import secrets

from libs.common.crockford import ALPHABET, bare, checked, encode

_CHARACTERS = 7  # 35 bits


def new_reference() -> str:
    """`EC-7K4Q-28M1`: 35 random bits and a check character that is a letter or a figure."""
    while (check := (value := secrets.randbits(35)) % 37) >= 32:
        pass
    return _printed(encode(value, _CHARACTERS) + ALPHABET[check])


def normalise_reference(reference: str) -> str | None:
    """A reference as somebody typed or heard it, as it is printed; None when it cannot be one (check character)."""
    typed = bare(reference)
    text = checked(typed.removeprefix("EC") if len(typed) > _CHARACTERS + 1 else typed, _CHARACTERS)
    return _printed(text) if text else None


def _printed(text: str) -> str:
    return f"EC-{text[:4]}-{text[4:]}"
