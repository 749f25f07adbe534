"""What goes over the wire: nothing unknown, no control characters that no text needs."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from libs.common.languages import Bilingual

_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_FIRST_HALF = "\ud800"  # JSON can write one surrogate without the other; no encoding can
_SEEN = re.compile(
    "[^\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)  # what is left of a text without its blanks and what has no shape
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_DATED = re.compile(r"\d{4}-")


class Wire(BaseModel):
    """Base of every request body: an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _without_controls(text: str) -> str:
    if text.isprintable():  # as many are, and quickly found to be
        return text
    found = _REFUSED.search(text)
    if found and found[0] >= _FIRST_HALF:
        raise PydanticCustomError(
            "half_character",
            "Half of a surrogate pair is no character.",
            {"fr": "La moitié d'une paire de substitution n'est pas un caractère."},
        )
    if found:
        raise PydanticCustomError(
            "control_character",
            "Control characters other than tab and line ends are refused.",
            {"fr": "Les caractères de contrôle autres que la tabulation et les fins de ligne sont refusés."},
        )
    return text


def _on_one_line(text: str) -> str:
    if _BREAKS.search(text):
        raise PydanticCustomError(
            "control_character",
            "One line without control characters is expected.",
            {"fr": "Une seule ligne sans caractères de contrôle est attendue."},
        )
    return text


def _not_blank(text: str) -> str:
    if text and not _SEEN.search(text):
        raise PydanticCustomError("blank", "There is nothing to read in it.", {"fr": "Il n'y a rien à y lire."})
    return text


Words = Annotated[str, AfterValidator(_without_controls), AfterValidator(_not_blank)]
"""Text of any number of lines, not blank."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_on_one_line)]
"""Text of one line, not empty."""


def _not_a_number(sent: Any) -> Any:
    if isinstance(sent, date) or (isinstance(sent, str) and _DATED.match(sent)):
        return sent
    raise PydanticCustomError(
        "not_dated",
        "A date is expected, as RFC 3339 writes it.",
        {"fr": "Une date est attendue, comme l'écrit la RFC 3339."},
    )


DATED = BeforeValidator(_not_a_number)
"""Beside a day or a moment and its bounds: a number is none, as nobody knows whether it counts seconds or days."""


def _not_a_truth(sent: Any) -> Any:
    if isinstance(sent, bool):
        raise PydanticCustomError("int_type", "A whole number is expected.", {"fr": "Un nombre entier est attendu."})
    return sent


COUNTED = BeforeValidator(_not_a_truth)
"""Beside a number that figures are made of: `true` is none, and would be taken for 1."""


class Name(Bilingual):
    """What something is called, in French and in English: one short line each."""

    fr: Annotated[Line, Field(max_length=200)]
    en: Annotated[Line, Field(max_length=200)]


READ_LATER = WrapValidator(lambda sent, _: sent)
"""Beside a model: documented as that model and kept as it was sent, for a batch that reads each item by itself."""
