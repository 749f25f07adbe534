"""What kinds of personal data are taken out, and where in a text one stands."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a removed span was; its value in brackets is the marker that takes its place."""

    TELEPHONE = "telephone"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    SOCIAL_INSURANCE_NUMBER = "social_insurance_number"
    NIR = "nir"


@dataclass(frozen=True)
class Span:
    start: int
    end: int
    kind: Kind
