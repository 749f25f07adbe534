"""Characters that stand around and between those of a number or an address: pieces of patterns."""

from typing import Final

START: Final = r"(?<![^\W\d_])"  # no letter before: a digit or a marker may be glued to a cue
BLANK: Final = r"\u200b-\u200f\u202a-\u202e\u2060\ufeff"  # characters without width
DASH: Final = r"\-\u2010-\u2015\u2212"
