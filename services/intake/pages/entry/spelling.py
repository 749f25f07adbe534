"""How a reference and a code are read aloud, character by character: ICAO's alphabet, figures in both languages."""

from libs.common.languages import Bilingual

_WORDS = (
    "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo"
    " Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_FRENCH = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
_ENGLISH = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_SPOKEN = {word[0]: Bilingual(fr=word, en=word) for word in _WORDS.split()} | {
    str(figure): Bilingual(fr=fr, en=en) for figure, (fr, en) in enumerate(zip(_FRENCH, _ENGLISH, strict=True))
}


def spelled(code: str) -> list[list[tuple[str, Bilingual]]]:
    """The groups between hyphens; each character with its word."""
    return [[(character, _SPOKEN[character]) for character in group] for group in code.split("-")]
