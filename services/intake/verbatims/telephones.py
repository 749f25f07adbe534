"""Telephone numbers, by the numbering plans of the regions."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import phonenumbers

from services.intake.verbatims.characters import START
from services.intake.verbatims.windows import ODD, PLUS, UNIT, Window

_TELEPHONE_CUE: Final = re.compile(
    rf"{START}(?:t[ée]l|t[ée]l[ée]phon\w+|phone|call|text|sms|cell\w*|mobile|portable|fax|whatsapp|(?:r?appel|joindre|"
    r"contact)[^\W\d_]*)(?![^\W\d_])[^\d\[\]@\n]{0,20}$",
    re.IGNORECASE,
)
_FRENCH: Final = re.compile(r"0[1-9]\d{8}")


def may_begin(first: tuple[str, ...], before: str, regions: tuple[str, ...]) -> bool:
    """Whether a telephone number in groups of any size can begin with these; others have the groups of North America.

    It says no at once to most places of a long run of digits, at each of which many windows begin.
    """
    digits = "".join(first)
    if digits.startswith("00"):
        return digits[2:3] != "0" or bool(PLUS.search(before))
    plans = [plan for plan in map(_plan, regions) if plan and plan.country_code != 1]
    if any(first[0] == str(plan.country_code) or (plan.trunk and digits.startswith(plan.trunk)) for plan in plans):
        return True
    return bool(PLUS.search(before) or (plans and _TELEPHONE_CUE.search(before)))


def is_telephone(window: Window) -> bool:
    digits = window.digits
    odd = [join for join in window.joins if ODD.search(join)]
    if odd and not (set(window.sizes) == {2} and len(set(window.joins)) == 1 == len(odd[0])):
        return False
    if UNIT.match(window.after) or window.before.endswith("$") or window.is_reference:
        return False
    if PLUS.search(window.before) and _is_assigned(window, "+" + digits, None):
        return True
    if digits.startswith("00"):
        return digits[2] != "0" and _is_assigned(window, "+" + digits[2:], None)
    return any(_is_national(window, digits, region) for region in window.regions)


def _is_national(window: Window, digits: str, region: str) -> bool:
    plan = _plan(region)
    if plan is None:
        return False
    if plan.country_code == 1:
        return _is_north_american(window, digits, region)
    code, trunk = str(plan.country_code), plan.trunk
    if digits.startswith(code) and len(digits) - len(code) in plan.lengths and _is_assigned(window, "+" + digits, None):
        return (window.groups[0] == code and len(window.groups) >= 5) or bool(_TELEPHONE_CUE.search(window.before))
    if trunk:
        written = digits.startswith(trunk) and len(digits) - len(trunk) in plan.lengths
        return written and not _is_decimal_or_postcodes(window) and _is_assigned(window, digits, region)
    cued = len(digits) in plan.lengths and _TELEPHONE_CUE.search(window.before)
    return bool(cued) and _is_assigned(window, digits, region)


def _is_north_american(window: Window, digits: str, region: str) -> bool:
    """Grouped 3-3-4, the area code apart, or in one piece; in one piece only a number of the region, or after a cue."""
    grouped = window.sizes in {(3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (1, 10), (10,), (11,)}
    if not grouped or len(digits) != 10 + (digits[0] == "1") or not _is_assigned(window, digits, region):
        return False
    if window.sizes in {(3, 3, 4), (1, 3, 3, 4)} or _TELEPHONE_CUE.search(window.before):
        return True
    if window.patience.is_over():
        return True
    return phonenumbers.is_valid_number_for_region(phonenumbers.parse(digits, region), region)


def _is_decimal_or_postcodes(window: Window) -> bool:
    return window.sizes == (5, 5) or (window.groups[0] == "0" and window.joins[:1] in {(".",), (",",)})


@dataclass(frozen=True)
class _Plan:
    country_code: int
    trunk: str
    lengths: frozenset[int]


@cache
def _plan(region: str) -> _Plan | None:
    """A region's country code, the digit that begins a national number, and how many digits may follow it."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region.upper(), None)
    if metadata is None or metadata.general_desc is None:
        return None
    lengths = frozenset(metadata.general_desc.possible_length) & frozenset(range(8, 13))
    return _Plan(metadata.country_code or 0, metadata.national_prefix or "", lengths)


def _is_assigned(window: Window, number: str, region: str | None) -> bool:
    """In use in some numbering plan; of France's closed plan of ten digits (ARCEP), also what is not yet assigned.

    Where the patience with the text is over, whatever has come so far is taken for one.
    """
    if (region == "FR" and _FRENCH.fullmatch(number)) or window.patience.is_over():
        return True
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) or (
        parsed.country_code == 33 and phonenumbers.is_possible_number(parsed)
    )
