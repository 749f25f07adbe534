"""Neighbouring groups of digits, and what the characters around them say of them."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from services.intake.verbatims.characters import BLANK, DASH, START

UNIT: Final = re.compile(r"[^\S\n]?(?:[€$%\x80]|(?:euros?|eur|dollars?|cad|km|kwh)\b)", re.IGNORECASE)
PLUS: Final = re.compile(r"[+＋][\s(]{0,2}$")
ODD: Final = re.compile(rf"[^\s.(){DASH}{BLANK}]")
REFERENCE_CUE: Final = re.compile(
    rf"{START}(?:dossier|r[ée]f|r[ée]f[ée]rences?|file|case|claim|facture|invoice|commande|order|ticket|demande|contrat|"
    r"contract|allocataire|client|customer|identifiant|matricule|siren|siret|rcs|fiscal|[ée]tranger|agdref|account|compte)"
    r"(?:[^\w\[\]@\n]{0,4}(?:n|n[°ºo]|nr|num|num[ée]ro|number|is|est|le|the|sous|under)?){0,3}[^\w\[\]@\n]{0,4}$",
    re.IGNORECASE,
)
_CODE_OR_LINK: Final = re.compile(
    r"(?:(?:https?://|www\.)[^\s\[\]]*|(?<![^\W\d_])(?!(?:TEL|TELEPHONE|PHONE|CELL|MOBILE|PORTABLE|GSM|FAX|AU|LE|N)$)[A-Z]+)$"
)


MOST_LOOKED_UP: Final = 500
"""Numbers of a text, in the numbering plans of telephones. Real stories need a tenth of it at most."""


@dataclass
class Patience:
    """How many numbers of a text are still looked up: each takes long, and a text can be made of nothing else."""

    left: int = MOST_LOOKED_UP

    def is_over(self) -> bool:
        """Ask before each."""
        self.left -= 1
        return self.left < 0


@dataclass(frozen=True)
class Window:
    """Some neighbouring groups of digits of a run, what joins them, and the words on either side."""

    groups: tuple[str, ...]
    joins: tuple[str, ...]
    before: str
    after: str
    regions: tuple[str, ...]
    patience: Patience

    @cached_property
    def digits(self) -> str:
        return "".join(self.groups)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.groups))

    @property
    def is_reference(self) -> bool:
        """Written in one piece after a word such as "dossier n°", glued to capitals, or in a link."""
        return len(self.groups) == 1 and bool(REFERENCE_CUE.search(self.before) or _CODE_OR_LINK.search(self.before))
