"""Personal data taken out of the words of a person, by rules.

Only what has a form of its own is found: names, addresses of houses and dates of birth stay in the text.

Every rule decides on the characters that it takes, on the text that is already redacted to their left and on the very
next word to their right. A marker's brackets end every look to the left. So a text once redacted stays as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.intake.verbatims.digits import without_numbers
from services.intake.verbatims.emails import emails
from services.intake.verbatims.ibans import ibans
from services.intake.verbatims.nirs import nirs
from services.intake.verbatims.spans import Kind, Span

_DIGIT: Final = re.compile(r"\d")


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


def redact(text: str, regions: Sequence[str] = ("FR", "CA")) -> Redacted:
    """The text with telephone numbers, e-mail addresses, IBANs, payment cards, SINs and NIRs replaced by markers.

    `regions` (ISO 3166) are those whose national ways of writing a telephone number are recognised; a number with its
    country code is found whatever they are. A nine-digit Canadian social insurance number needs a cue word, or "CA"
    among the regions and its grouping by three. In a text of very many numbers, what has the form of a telephone number
    is taken for one from some place on. Never raises; takes time in proportion to the length of the text.
    """
    digits = len(_DIGIT.findall(text))
    counted: Counter[Kind] = Counter()
    if digits >= 7:
        text = _replace(text, ibans(text), counted)
    if "@" in text:
        text = _replace(text, emails(text), counted)
    if digits >= 7:
        text = _replace(text, nirs(text), counted)
        text = without_numbers(text, tuple(regions), counted)
    return Redacted(text, tuple(Removal(kind, counted[kind]) for kind in sorted(counted)))


def _replace(text: str, spans: Iterator[Span], counted: Counter[Kind]) -> str:
    parts, done = [], 0
    for span in spans:
        parts += [text[done : span.start], f"[{span.kind}]"]
        counted[span.kind] += 1
        done = span.end
    return "".join([*parts, text[done:]])
