"""Crockford's base 32 with his check character: what people read, hear and type."""

from functools import reduce

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def encode(value: int, characters: int) -> str:
    """So many characters, five bits each."""
    pairs = [_PAIRS[value >> 10 * place & 1023] for place in range((characters - 1) // 2, -1, -1)]
    return "".join(pairs)[-characters:]


def checked(text: str, characters: int) -> str | None:
    """So many characters with their check character, in the alphabet's own; None where they do not agree."""
    values = [_VALUES[character] for character in text if character in _VALUES]
    if len(text) != characters + 1 or len(values) != len(text):
        return None
    number = reduce(lambda number, value: number * 32 + value, values[:-1], 0)
    return "".join(ALPHABET[value] for value in values) if number % 37 == values[-1] else None


def bare(typed: str) -> str:
    """Without case, hyphens and spaces."""
    return typed.upper().replace("-", "").replace(" ", "")
