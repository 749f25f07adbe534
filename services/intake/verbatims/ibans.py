"""IBANs in a text."""

import re
from collections.abc import Iterator
from typing import Final

from services.intake.verbatims.characters import BLANK, DASH
from services.intake.verbatims.spans import Kind, Span

_IBAN: Final = re.compile(rf"[A-Za-z]{{2}}[0-9]{{2}}(?:[^\S\n]?+[ .{DASH}{BLANK}]?+[A-Za-z0-9]){{11,30}}")
_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""Characters of an IBAN by country. Source: SWIFT, IBAN Registry (ISO 13616)."""


def ibans(text: str) -> Iterator[Span]:
    found = _IBAN.search(text)
    while found:
        length = _IBAN_LENGTHS.get(found[0][:2].upper(), 0)
        places = [place for place, char in enumerate(found[0]) if char.isascii() and char.isalnum()][:length]
        end = found.start() + 1
        if length and len(places) == length and _is_iban("".join(found[0][place] for place in places)):
            end = found.start() + places[-1] + 1
            yield Span(found.start(), end, Kind.IBAN)
        found = _IBAN.search(text, end)


def _is_iban(iban: str) -> bool:
    """ISO 7064 mod 97-10, and half of the account in digits: a sentence is none."""
    rotated = iban[4:] + iban[:4]
    account = sum(char.isdigit() for char in iban[4:])
    return 2 * account >= len(iban) - 4 and int("".join(str(int(char, 36)) for char in rotated)) % 97 == 1
