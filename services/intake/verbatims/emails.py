"""E-mail addresses in a text."""

import re
from collections.abc import Iterator
from typing import Final

from services.intake.verbatims.spans import Kind, Span

_LOCAL_PART: Final = re.compile(r"[\w.!#$%&'’\x92*+/=?^`{|}~-]+")
_DOMAIN: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_GLUED_CAPITAL: Final = re.compile(r"([a-z]+)[A-ZÀ-Þ]")
_GLUED_WORD: Final = re.compile(r"(?!free$|frl$|community|company|computer|networ|organic)(com|org|net|fr)[^\W\d_]")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_TOP_LEVEL: Final = frozenset(
    re.findall(r"\w+", "com org net info eu fr re gp mq gf nc pf yt ca be ch lu uk us de es it pt ma dz tn")
)


def emails(text: str) -> Iterator[Span]:
    """Addresses, also with a space typed beside the @, and glued to the next word."""
    done = 0
    at = text.find("@")
    while at >= 0:
        spaced = " " in {text[at - 1 : at], text[at + 1 : at + 2]}
        start, end = _local_part(text, done, at), _domain(text, at + 1, spaced)
        if start < at and end:
            yield Span(start, end, Kind.EMAIL)
            done = end
        at = text.find("@", max(at + 1, done))


def _local_part(text: str, done: int, at: int) -> int:
    """Where the part before the @ begins; `at` if there is none. RFC 5321 allows it 64 characters."""
    stop = at - 1 if at > done and text[at - 1] == " " else at
    found = _LOCAL_PART.match(text[max(done, stop - 64) : stop][::-1])
    part = found[0][::-1].lstrip("'’\x92`.!?/=*-") if found else ""
    return stop - len(part) if part else at


def _domain(text: str, start: int, spaced: bool) -> int:
    """Where the domain that begins at `start` ends, without the word that is glued to it; 0 if there is none.

    Beside a space, it must end in a well-known top level.
    """
    found = _DOMAIN.match(text, start + (text[start : start + 1] == " "))
    labels = found[0].split(".") if found else []
    while len(labels) > 1 and not labels[-1][0].isalpha():
        labels.pop()
    if not found or len(labels) < 2:
        return 0
    if spaced:
        ends = (place + 1 for place in range(1, len(labels)) if _top_level(labels[place]) in _TOP_LEVEL)
        labels = labels[: next(ends, 0)]
    else:
        glued = (n for n in range(2, len(labels)) if labels[n - 1] in _TOP_LEVEL and labels[n][0].isupper())
        labels = labels[: next(glued, len(labels))]
    return found.start() + len(".".join(labels)) - len(labels[-1]) + len(_top_level(labels[-1])) if labels else 0


def _top_level(label: str) -> str:
    """A last label without what is glued to it: "f" of "fMalgré", "com" of "comje", "info" of "info"."""
    found = _LETTERS.match(label)
    letters = found[0] if found else ""
    glued = _GLUED_CAPITAL.match(letters) or (None if letters in _TOP_LEVEL else _GLUED_WORD.match(letters))
    return glued[1] if glued else letters
