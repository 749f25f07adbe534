"""The language in which a person wrote."""

import re
import threading
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNDETERMINED: Final = "und"
"""The BCP 47 tag of a text about whose language nothing can be said."""

_READ: Final = 4_000  # characters; more of them change no answer
_SURE: Final = 0.6  # below, the model has guessed
_SURE_AGAINST_PRIOR: Final = 0.8  # against a form's language that the model does not know
_PRIMARY_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?=[-_]|$)")
_SAY_NOTHING: Final = frozenset({"und", "mul", "mis", "zxx"})
_VARIETIES: Final = {"ary": "ar", "arz": "ar"}  # their macrolanguage in the BCP 47 registry
_SYLLABICS: Final = "CANADIAN"
_SCRIPTS: Final = frozenset(
    re.findall(
        r"\w+",
        "LATIN FULLWIDTH CYRILLIC GREEK ARABIC HEBREW DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU KANNADA "
        "MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR GEORGIAN ARMENIAN HANGUL ETHIOPIC KHMER CJK HIRAGANA KATAKANA",
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
    scores = _scores(text[:_READ])
    if form in scores:
        scores = _with_prior(scores, form)
    code, confidence = max(scores.items(), key=lambda score: score[1])
    if confidence < (_SURE if form is None or form in scores else _SURE_AGAINST_PRIOR):
        return Language(form, scores.get(form, 0.5)) if form else Language(UNDETERMINED, 0.0)
    return Language(UNDETERMINED, 0.0) if code in _SAY_NOTHING else Language(code, min(confidence, 1.0))


def load_model() -> None:
    """Read the model now, which takes a second, and not with the first text."""
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
    if script == _SYLLABICS and form in {None, "iu"} | set(_model().labels):
        return Language("iu", 0.7)
    return Language(form, 0.5) if form and form not in _model().labels else Language(UNDETERMINED, 0.0)


def _scores(text: str) -> dict[str, float]:
    scores: dict[str, float] = {}
    for label, score in _model().rank(text):
        code = _VARIETIES.get(label, label)
        scores[code] = scores.get(code, 0.0) + score
    return scores


def _with_prior(scores: dict[str, float], form: str) -> dict[str, float]:
    weighted = {code: score * (len(scores) - 1 if code == form else 1) for code, score in scores.items()}
    total = sum(weighted.values())
    return {code: score / total for code, score in weighted.items()}


def _model() -> "LanguageIdentifier":
    with _lock:
        return _load()


@cache
def _load() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - reads 4.5 MB, only when asked

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
