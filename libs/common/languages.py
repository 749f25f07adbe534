"""Every text shown to a person exists in French and English."""

import re
from contextvars import ContextVar
from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["fr", "en"]

NO_BREAK, NARROW_NO_BREAK = "\u00a0", "\u202f"
_HIGH_MARKS = re.compile(r" ([;!?])")
_COLONS = re.compile(r" ([:»])|(«) ")

language_of_request: ContextVar[Language] = ContextVar("language_of_request", default="en")


class Bilingual(BaseModel):
    """The same text in French and in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: str
    en: str

    def in_(self, language: Language) -> str:
        return self.fr if language == "fr" else self.en


def said(fr: str, en: str) -> Bilingual:
    """A text in both languages, the French one with its unbreakable spaces."""
    return Bilingual(fr=in_french_type(fr), en=en)


def in_french_type(text: str) -> str:
    """Spaces that keep punctuation with its word, as French typography asks."""
    narrow = _HIGH_MARKS.sub(NARROW_NO_BREAK + r"\1", text)
    return _COLONS.sub(lambda found: f"«{NO_BREAK}" if found[2] else f"{NO_BREAK}{found[1]}", narrow)


def language_of(tag: str | None) -> Language | None:
    """French or English, where that is the language of a tag (BCP 47), whatever the region; None for any other."""
    primary = (tag or "").split("-")[0].lower()
    return "fr" if primary == "fr" else "en" if primary == "en" else None


def choose_language(accept_language: str | None) -> Language:
    """French or English, whichever an `Accept-Language` header (RFC 9110, 12.5.4) ranks first; else English."""
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        tag, quality = tag.strip(), _quality(parameters)
        language = "en" if tag == "*" else language_of(tag)
        if language and quality > 0:
            ranked.append((-quality, place, language))
    return min(ranked)[2] if ranked else "en"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
