"""Personal data taken out of the words of a person, by rules.

Only what has a form of its own is found: names, addresses of houses and dates of birth stay in the text.

Every rule decides on the characters that it takes, on the text that is already redacted to their left and on the very
next word to their right. A marker's brackets end every look to the left. So a text once redacted stays as it is.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Final

import phonenumbers


class Kind(StrEnum):
    """What a removed span was; its value in brackets is the marker that takes its place."""

    TELEPHONE = "telephone"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    SOCIAL_INSURANCE_NUMBER = "social_insurance_number"
    NIR = "nir"


@dataclass(frozen=True)
class Removal:
    """How many spans of one kind were removed."""

    kind: Kind
    count: int


@dataclass(frozen=True)
class Redacted:
    """The text with markers, and what was removed: sorted by kind, only the kinds that occurred."""

    text: str
    removed: tuple[Removal, ...]


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    kind: Kind


def redact(text: str, regions: Sequence[str] = ("FR", "CA")) -> Redacted:
    """The text with telephone numbers, e-mail addresses, IBANs, payment cards, SINs and NIRs replaced by markers.

    `regions` (ISO 3166) are those whose national ways of writing a telephone number are recognised; a number with its
    country code is found whatever they are. A nine-digit Canadian social insurance number needs a cue word, or "CA"
    among the regions and its grouping by three. Never raises; takes time in proportion to the length of the text.
    """
    digits = len(_DIGIT.findall(text))
    counted: Counter[Kind] = Counter()
    if digits >= 7:
        text = _replace(text, _ibans(text), counted)
    if "@" in text:
        text = _replace(text, _emails(text), counted)
    if digits >= 7:
        text = _replace(text, _nirs(text), counted)
        text = _without_numbers(text, tuple(regions), counted)
    return Redacted(text, tuple(Removal(kind, counted[kind]) for kind in sorted(counted)))


def _replace(text: str, spans: Iterator[_Span], counted: Counter[Kind]) -> str:
    parts, done = [], 0
    for span in spans:
        parts += [text[done : span.start], f"[{span.kind}]"]
        counted[span.kind] += 1
        done = span.end
    return "".join([*parts, text[done:]])


_DIGIT: Final = re.compile(r"\d")
_START: Final = r"(?<![^\W\d_])"  # no letter before: a digit or a marker may be glued to a cue
_BLANK: Final = r"\u200b-\u200f\u202a-\u202e\u2060\ufeff"  # characters without width
_DASH: Final = r"\-\u2010-\u2015\u2212"

# E-mail addresses

_LOCAL_PART: Final = re.compile(r"[\w.!#$%&'’\x92*+/=?^`{|}~-]+")
_DOMAIN: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_GLUED_CAPITAL: Final = re.compile(r"([a-z]+)[A-ZÀ-Þ]")
_GLUED_WORD: Final = re.compile(r"(?!free$|frl$|community|company|computer|networ|organic)(com|org|net|fr)[^\W\d_]")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_TOP_LEVEL: Final = frozenset(
    re.findall(r"\w+", "com org net info eu fr re gp mq gf nc pf yt ca be ch lu uk us de es it pt ma dz tn")
)


def _emails(text: str) -> Iterator[_Span]:
    """Addresses, also with a space typed beside the @, and glued to the next word."""
    done = 0
    at = text.find("@")
    while at >= 0:
        spaced = " " in {text[at - 1 : at], text[at + 1 : at + 2]}
        start, end = _local_part(text, done, at), _domain(text, at + 1, spaced)
        if start < at and end:
            yield _Span(start, end, Kind.EMAIL)
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


# IBANs

_IBAN: Final = re.compile(rf"[A-Za-z]{{2}}[0-9]{{2}}(?:[^\S\n]?[ .{_DASH}{_BLANK}]?[A-Za-z0-9]){{11,30}}")
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


def _ibans(text: str) -> Iterator[_Span]:
    found = _IBAN.search(text)
    while found:
        length = _IBAN_LENGTHS.get(found[0][:2].upper(), 0)
        places = [place for place, char in enumerate(found[0]) if char.isascii() and char.isalnum()][:length]
        end = found.start() + 1
        if length and len(places) == length and _is_iban("".join(found[0][place] for place in places)):
            end = found.start() + places[-1] + 1
            yield _Span(found.start(), end, Kind.IBAN)
        found = _IBAN.search(text, end)


def _is_iban(iban: str) -> bool:
    """ISO 7064 mod 97-10, and half of the account in digits: a sentence is none."""
    rotated = iban[4:] + iban[:4]
    account = sum(char.isdigit() for char in iban[4:])
    return 2 * account >= len(iban) - 4 and int("".join(str(int(char, 36)) for char in rotated)) % 97 == 1


# French social security numbers

_JOIN: Final = rf"[^\S\n]?[ .{_DASH}{_BLANK}]?"
_NIR_13: Final = rf"(?<!\d)[1-478](?:{_JOIN}[0-9]){{4}}{_JOIN}(?:[0-9]{_JOIN}[0-9]|2{_JOIN}[ABab])(?:{_JOIN}[0-9]){{6}}"
_NIR: Final = re.compile(rf"{_NIR_13}(?:(?:{_JOIN}[0-9]){{2}})?(?!\d)")
_NIR_WITHOUT_KEY: Final = re.compile(rf"{_NIR_13}(?!\d)")
_NIR_CUE: Final = re.compile(
    rf"{_START}(?:nir|insee|s[ée]cu|s[ée]curit[ée] sociale|ss)(?![^\W\d_])[^\d\[\]@\n]{{0,30}}$", re.IGNORECASE
)


def _nirs(text: str) -> Iterator[_Span]:
    """With their key, in any grouping; without it only after a word that announces one."""
    found = _NIR.search(text)
    while found:
        end = found.end()
        if not _is_nir(_code(found[0])):
            short = _NIR_WITHOUT_KEY.match(text, found.start())
            announced = short and _NIR_CUE.search(text[max(0, found.start() - 60) : found.start()])
            end = short.end() if short and announced and _has_month(_code(short[0])) else 0
        if end:
            yield _Span(found.start(), end, Kind.NIR)
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


# Runs of digits: cards, Canadian social insurance numbers, telephone numbers

_RUN: Final = re.compile(r"\d+(?:(?:_|[^\w\n\r\[\]@+#€$%&\"«»<>=?!;'’]){1,3}\d+)*")
_GROUP: Final = re.compile(r"\d+")
_LOOK_BACK: Final = 64  # characters; longer than any cue with what may follow it
_UNIT: Final = re.compile(r"[^\S\n]?(?:[€$%\x80]|(?:euros?|eur|dollars?|cad|km|kwh)\b)", re.IGNORECASE)
_PLUS: Final = re.compile(r"[+＋][\s(]{0,2}$")
_TELEPHONE_CUE: Final = re.compile(
    rf"{_START}(?:t[ée]l|t[ée]l[ée]phon\w+|phone|call|text|sms|cell\w*|mobile|portable|fax|whatsapp|(?:r?appel|joindre|"
    r"contact)[^\W\d_]*)(?![^\W\d_])[^\d\[\]@\n]{0,20}$",
    re.IGNORECASE,
)
_SIN_CUE: Final = re.compile(
    rf"{_START}(?:nas|sin|assurance[ -]sociale|social insurance)(?![^\W\d_])[^\d\[\]@\n]{{0,30}}$", re.IGNORECASE
)
_REFERENCE_CUE: Final = re.compile(
    rf"{_START}(?:dossier|r[ée]f|r[ée]f[ée]rences?|file|case|claim|facture|invoice|commande|order|ticket|demande|contrat|"
    r"contract|allocataire|client|customer|identifiant|matricule|siren|siret|rcs|fiscal|[ée]tranger|agdref|account|compte)"
    r"(?:[^\w\[\]@\n]{0,4}(?:n|n[°ºo]|nr|num|num[ée]ro|number|is|est|le|the|sous|under)?){0,3}[^\w\[\]@\n]{0,4}$",
    re.IGNORECASE,
)
_CODE_OR_LINK: Final = re.compile(
    r"(?:(?:https?://|www\.)[^\s\[\]]*|(?<![^\W\d_])(?!(?:TEL|TELEPHONE|PHONE|CELL|MOBILE|PORTABLE|GSM|FAX|AU|LE|N)$)[A-Z]+)$"
)


@dataclass(frozen=True)
class _Window:
    """Some neighbouring groups of digits of a run, what joins them, and the words on either side."""

    groups: tuple[str, ...]
    joins: tuple[str, ...]
    before: str
    after: str
    regions: tuple[str, ...]

    @property
    def digits(self) -> str:
        return "".join(self.groups)

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))

    @property
    def is_reference(self) -> bool:
        """Written in one piece after a word such as "dossier n°", glued to capitals, or in a link."""
        return len(self.groups) == 1 and bool(_REFERENCE_CUE.search(self.before) or _CODE_OR_LINK.search(self.before))


def _without_numbers(text: str, regions: tuple[str, ...], counted: Counter[Kind]) -> str:
    parts: list[str] = []
    done, tail = 0, ""
    for run in _RUN.finditer(text):
        groups = [(found.start() + run.start(), found.end() + run.start()) for found in _GROUP.finditer(run[0])]
        place = 0
        while place < len(groups):
            start = groups[place][0]
            before = (tail + text[max(done, start - _LOOK_BACK) : start])[-_LOOK_BACK:]
            taken, kind = _take(text, groups[place : place + 10], before, regions)
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
    plus = _PLUS.search(before[-3:])
    if plus:
        return len(plus[0])
    return int(before.endswith("(") and ")" in number)


def _take(text: str, groups: list[tuple[int, int]], before: str, regions: tuple[str, ...]) -> tuple[int, Kind | None]:
    """How many of the groups belong together, and as what; (1, None) if the first says nothing."""
    if sum(end - start for start, end in groups) < 7 or groups[0][1] - groups[0][0] > 19:
        return 1, None
    words = tuple("".join(str(int(char)) for char in text[start : min(end, start + 20)]) for start, end in groups)
    joins = tuple(text[left[1] : right[0]] for left, right in pairwise(groups))
    windows = [
        _Window(
            words[:count], joins[: count - 1], before, text[groups[count - 1][1] : groups[count - 1][1] + 12], regions
        )
        for count in range(len(words), 0, -1)
        if 7 <= sum(map(len, words[:count])) <= 19
    ]
    for rule, kind in _RULES:
        for window in windows:
            if rule(window):
                return len(window.groups), kind
    return 1, None


def _is_date(window: _Window) -> bool:
    if window.sizes not in {(1, 1, 4), (1, 2, 4), (2, 1, 4), (2, 2, 4), (4, 2, 2)} or len(set(window.joins)) > 1:
        return False
    year, one, other = (int(group) for group in sorted(window.groups, key=len, reverse=True))
    return 1900 <= year < 2100 and 1 <= min(one, other) <= 12 and 1 <= max(one, other) <= 31


def _is_siret(window: _Window) -> bool:
    """The number of a French establishment; its first nine digits look like a Canadian SIN."""
    return window.sizes in {(3, 3, 3, 5), (9, 5)} and _luhn(window.digits)


def _is_card(window: _Window) -> bool:
    """Length and first digits as Visa, Mastercard, Amex, Discover and UnionPay issue them, and Luhn's digit."""
    digits = window.digits
    grouped = len(window.groups) == 1 or window.sizes == (4, 6, 5) or set(window.sizes[:-1]) == {4}
    if not grouped or any(_ODD.search(join) for join in window.joins):
        return False
    four = int(digits[:4])
    issued = {
        15: four // 100 in {34, 37},
        16: digits[0] == "4" or 5100 <= four < 5600 or 2221 <= four <= 2720 or four // 100 in {60, 62, 64, 65},
        19: digits[0] == "4" or four // 100 == 62,
    }
    return issued.get(len(digits), False) and _luhn(digits)


def _is_social_insurance_number(window: _Window) -> bool:
    digits = window.digits
    if window.sizes not in {(9,), (3, 3, 3)} or digits.startswith("000") or not _luhn(digits):
        return False
    if _SIN_CUE.search(window.before):
        return True
    joined = window.joins and len(set(window.joins)) == 1 and re.fullmatch(rf"[^\S\n]|[{_DASH}]", window.joins[0])
    if not joined or "CA" not in window.regions or digits[0] in "08":
        return False
    return not (_UNIT.match(window.after) or _REFERENCE_CUE.search(window.before) or window.before.endswith("$"))


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


# Telephone numbers

_ODD: Final = re.compile(rf"[^\s.(){_DASH}{_BLANK}]")
_FRENCH: Final = re.compile(r"0[1-9]\d{8}")


def _is_telephone(window: _Window) -> bool:
    digits = window.digits
    odd = [join for join in window.joins if _ODD.search(join)]
    if odd and not (set(window.sizes) == {2} and len(set(window.joins)) == 1 == len(odd[0])):
        return False
    if _UNIT.match(window.after) or window.before.endswith("$") or window.is_reference:
        return False
    if _PLUS.search(window.before) and _is_assigned("+" + digits, None):
        return True
    if digits.startswith("00"):
        return _is_assigned("+" + digits[2:], None)
    return any(_is_national(window, digits, region) for region in window.regions)


def _is_national(window: _Window, digits: str, region: str) -> bool:
    plan = _plan(region)
    if plan is None:
        return False
    if plan.country_code == 1:
        return _is_north_american(window, digits, region)
    code, trunk = str(plan.country_code), plan.trunk
    if digits.startswith(code) and len(digits) - len(code) in plan.lengths and _is_assigned("+" + digits, None):
        return (window.groups[0] == code and len(window.groups) >= 5) or bool(_TELEPHONE_CUE.search(window.before))
    if trunk:
        written = digits.startswith(trunk) and len(digits) - len(trunk) in plan.lengths
        return written and not _is_decimal_or_postcodes(window) and _is_assigned(digits, region)
    cued = len(digits) in plan.lengths and _TELEPHONE_CUE.search(window.before)
    return bool(cued) and _is_assigned(digits, region)


def _is_north_american(window: _Window, digits: str, region: str) -> bool:
    """Grouped 3-3-4, the area code apart, or in one piece; in one piece only a number of the region, or after a cue."""
    grouped = window.sizes in {(3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7), (1, 10), (10,), (11,)}
    if not grouped or len(digits) != 10 + (digits[0] == "1") or not _is_assigned(digits, region):
        return False
    if window.sizes in {(3, 3, 4), (1, 3, 3, 4)} or _TELEPHONE_CUE.search(window.before):
        return True
    return phonenumbers.is_valid_number_for_region(phonenumbers.parse(digits, region), region)


def _is_decimal_or_postcodes(window: _Window) -> bool:
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


def _is_assigned(number: str, region: str | None) -> bool:
    """In use in some numbering plan; of France's closed plan of ten digits (ARCEP), also what is not yet assigned."""
    if region == "FR" and _FRENCH.fullmatch(number):
        return True
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) or (
        parsed.country_code == 33 and phonenumbers.is_possible_number(parsed)
    )


_RULES: Final[tuple[tuple[Callable[[_Window], bool], Kind | None], ...]] = (
    (_is_date, None),
    (_is_siret, None),
    (_is_card, Kind.CARD),
    (_is_social_insurance_number, Kind.SOCIAL_INSURANCE_NUMBER),
    (_is_telephone, Kind.TELEPHONE),
)
"""In this order; what a rule without a kind recognises stays in the text, and no other rule sees it."""
