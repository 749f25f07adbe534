"""Every text shown to a person exists in French and English."""

from contextvars import ContextVar
from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["fr", "en"]

language_of_request: ContextVar[Language] = ContextVar("language_of_request", default="en")


class Bilingual(BaseModel):
    """The same text in French and in English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: str
    en: str

    def in_(self, language: Language) -> str:
        return self.fr if language == "fr" else self.en


def choose_language(accept_language: str | None) -> Language:
    """French or English, whichever an `Accept-Language` header (RFC 9110, 12.5.4) ranks first; else English."""
    ranked: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accept_language or "").split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        primary, quality = tag.strip().lower().split("-")[0], _quality(parameters)
        if primary in ("fr", "en", "*") and quality > 0:
            ranked.append((-quality, place, "fr" if primary == "fr" else "en"))
    return min(ranked)[2] if ranked else "en"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
