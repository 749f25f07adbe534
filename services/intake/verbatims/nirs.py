"""French social security numbers in a text."""

import re
from collections.abc import Iterator
from typing import Final

from services.intake.verbatims.characters import BLANK, DASH, START
from services.intake.verbatims.spans import Kind, Span

_JOIN: Final = rf"[^\S\n]?+[ .{DASH}{BLANK}]?+"
_NIR_13: Final = rf"(?<!\d)[1-478](?:{_JOIN}[0-9]){{4}}{_JOIN}(?:[0-9]{_JOIN}[0-9]|2{_JOIN}[ABab])(?:{_JOIN}[0-9]){{6}}"
_NIR: Final = re.compile(rf"{_NIR_13}(?:(?:{_JOIN}[0-9]){{2}})?(?!\d)")
_NIR_WITHOUT_KEY: Final = re.compile(rf"{_NIR_13}(?!\d)")
_NIR_CUE: Final = re.compile(
    rf"{START}(?:nir|insee|s[ée]cu|s[ée]curit[ée] sociale|ss)(?![^\W\d_])[^\d\[\]@\n]{{0,30}}$", re.IGNORECASE
)


def nirs(text: str) -> Iterator[Span]:
    """With their key, in any grouping; without it only after a word that announces one."""
    found = _NIR.search(text)
    while found:
        end = found.end()
        if not _is_nir(_code(found[0])):
            short = _NIR_WITHOUT_KEY.match(text, found.start())
            announced = short and _NIR_CUE.search(text[max(0, found.start() - 60) : found.start()])
            end = short.end() if short and announced and _has_month(_code(short[0])) else 0
        if end:
            yield Span(found.start(), end, Kind.NIR)
        found = _NIR.search(text, end or found.start() + 1)


def _code(written: str) -> str:
    return "".join(char for char in written.upper() if char.isascii() and char.isalnum())


def _has_month(nir: str) -> bool:
    """A month of birth, or one of the values INSEE gives where it is unknown."""
    month = int(nir[3:5])
    return 1 <= month <= 12 or 20 <= month <= 42 or month >= 50


def _is_nir(nir: str) -> bool:
    """Key: 97 minus the thirteen digits mod 97, Corsica's 2A and 2B counting as 19 and 18 (decree 82-103, INSEE)."""
    if len(nir) != 15 or not _has_month(nir):
        return False
    number = int(nir[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(nir[13:])
