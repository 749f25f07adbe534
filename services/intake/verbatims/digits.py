"""Runs of digits: cards, Canadian social insurance numbers, telephone numbers."""

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Final

from services.intake.verbatims.characters import DASH, START
from services.intake.verbatims.spans import Kind
from services.intake.verbatims.telephones import is_telephone, may_begin
from services.intake.verbatims.windows import ODD, PLUS, REFERENCE_CUE, UNIT, Patience, Window

_RUN: Final = re.compile(r"\d+(?:(?:_|[^\w\n\r\[\]@+#€$%&\"«»<>=?!;'’]){1,3}\d+)*")
_GROUP: Final = re.compile(r"\d+")
_LONGEST_JOIN: Final = 3
_MOST_GROUPS: Final = 10
_MOST_GROUPS_OF_A_FORM: Final = 5
"""Of what has groups of its own: dates, cards, numbers of persons, telephone numbers as North America writes them."""
_LOOK_BACK: Final = 64  # characters; longer than any cue with what may follow it
_SIN_CUE: Final = re.compile(
    rf"{START}(?:nas|sin|assurance[ -]sociale|social insurance)(?![^\W\d_])[^\d\[\]@\n]{{0,30}}$", re.IGNORECASE
)


def without_numbers(text: str, regions: tuple[str, ...], counted: Counter[Kind]) -> str:
    parts: list[str] = []
    done, tail = 0, ""
    patience = Patience()
    for run in _RUN.finditer(text):
        groups = [(found.start() + run.start(), found.end() + run.start()) for found in _GROUP.finditer(run[0])]
        place = 0
        while place < len(groups):
            start = groups[place][0]
            before = (tail + text[max(done, start - _LOOK_BACK) : start])[-_LOOK_BACK:]
            some = groups[place : place + _MOST_GROUPS]
            taken, kind = _take(text, some, before, regions, patience, is_first=place == 0)
            end = groups[place + taken - 1][1]
            if kind:
                opening = _opening(text[done:start], text[start:end])
                parts += [text[done : start - opening], f"[{kind}]"]
                tail = (tail + parts[-2] + parts[-1])[-_LOOK_BACK:]
                counted[kind] += 1
                done = end
            place += taken
    return "".join([*parts, text[done:]])


def _opening(before: str, number: str) -> int:
    """How many characters before a number's first digit belong to it: its plus, or the bracket it closes itself."""
    plus = PLUS.search(before[-3:])
    if plus:
        return len(plus[0])
    return int(before.endswith("(") and ")" in number)


def _take(
    text: str,
    groups: list[tuple[int, int]],
    before: str,
    regions: tuple[str, ...],
    patience: Patience,
    *,
    is_first: bool,
) -> tuple[int, Kind | None]:
    """How many of the groups belong together, and as what; (1, None) if the first says nothing.

    A cue can stand only before the first of a run: within it there are no words.
    """
    if _digits_in(groups) < 7 or groups[0][1] - groups[0][0] > 19:
        return 1, None
    if not may_begin(_words(text, groups[:3]), before if is_first else before[-_LONGEST_JOIN:], regions):
        groups = groups[:_MOST_GROUPS_OF_A_FORM]
        if _digits_in(groups) < 7:
            return 1, None
    words = _words(text, groups)
    joins = tuple(text[left[1] : right[0]] for left, right in pairwise(groups))
    windows = [
        Window(
            words[:count],
            joins[: count - 1],
            before,
            text[groups[count - 1][1] : groups[count - 1][1] + 12],
            regions,
            patience,
        )
        for count in range(len(words), 0, -1)
        if 7 <= sum(map(len, words[:count])) <= 19
    ]
    for rule, kind in _RULES:
        for window in windows:
            if rule(window):
                return len(window.groups), kind
    return 1, None


def _digits_in(groups: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in groups)


def _words(text: str, groups: list[tuple[int, int]]) -> tuple[str, ...]:
    """The groups in ASCII, whatever digits they are written with."""
    words = (text[start : min(end, start + 20)] for start, end in groups)
    return tuple(word if word.isascii() else "".join(str(int(char)) for char in word) for word in words)


def _is_date(window: Window) -> bool:
    if window.sizes not in {(1, 1, 4), (1, 2, 4), (2, 1, 4), (2, 2, 4), (4, 2, 2)} or len(set(window.joins)) > 1:
        return False
    year, one, other = (int(group) for group in sorted(window.groups, key=len, reverse=True))
    return 1900 <= year < 2100 and 1 <= min(one, other) <= 12 and 1 <= max(one, other) <= 31


def _is_siret(window: Window) -> bool:
    """The number of a French establishment; its first nine digits look like a Canadian SIN."""
    return window.sizes in {(3, 3, 3, 5), (9, 5)} and _luhn(window.digits)


def _is_card(window: Window) -> bool:
    """Length and first digits as Visa, Mastercard, Amex, Discover and UnionPay issue them, and Luhn's digit."""
    digits = window.digits
    grouped = len(window.groups) == 1 or window.sizes == (4, 6, 5) or set(window.sizes[:-1]) == {4}
    if not grouped or any(ODD.search(join) for join in window.joins):
        return False
    four = int(digits[:4])
    issued = {
        15: four // 100 in {34, 37},
        16: digits[0] == "4" or 5100 <= four < 5600 or 2221 <= four <= 2720 or four // 100 in {60, 62, 64, 65},
        19: digits[0] == "4" or four // 100 == 62,
    }
    return issued.get(len(digits), False) and _luhn(digits)


def _is_social_insurance_number(window: Window) -> bool:
    digits = window.digits
    if window.sizes not in {(9,), (3, 3, 3)} or digits.startswith("000") or not _luhn(digits):
        return False
    if _SIN_CUE.search(window.before):
        return True
    joined = window.joins and len(set(window.joins)) == 1 and re.fullmatch(rf"[^\S\n]|[{DASH}]", window.joins[0])
    if not joined or "CA" not in window.regions or digits[0] in "08":
        return False
    return not (UNIT.match(window.after) or REFERENCE_CUE.search(window.before) or window.before.endswith("$"))


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


_RULES: Final[tuple[tuple[Callable[[Window], bool], Kind | None], ...]] = (
    (_is_date, None),
    (_is_siret, None),
    (_is_card, Kind.CARD),
    (_is_social_insurance_number, Kind.SOCIAL_INSURANCE_NUMBER),
    (is_telephone, Kind.TELEPHONE),
)
"""In this order; what a rule without a kind recognises stays in the text, and no other rule sees it."""
