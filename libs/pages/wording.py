"""The names that the API gives to things, in the words of those who fill in forms."""

import re
from collections.abc import Iterable, Mapping

from libs.common.idempotency import IdempotencyKeyReused, StillRunning
from libs.common.languages import Bilingual, Language, language_of_request, said
from libs.common.problems import TYPE_PREFIX, Problem, ServiceUnavailable, TooManyRequests
from libs.pages.codes import FIELDS, NAMES

_QUOTED = re.compile(r"«\s?(?P<fr>[\w.]+)\s?»|`(?P<en>[\w.]+)`")
"""A name of the API within what it says."""
_CALLED = (NAMES["verb"], NAMES["state"], FIELDS)
_NAMED_AS = {"for": "waiting_for", "submitted_by.role": "role", "submitted_by.authority": "authority"}
"""What the codes of a field are of, where that is not the field's own name."""
_TICKED = ("interim", "concerns_staff", "response_requested")
_YES = Bilingual(fr="oui", en="yes")
_SECRET = ("tracking_code",)

_IN_PLAIN_WORDS: Mapping[str, Bilingual] = {
    ServiceUnavailable.type: said(
        "Le service ne répond pas pour l'instant : réessayez dans un moment.",
        "The service does not answer just now: try again in a moment.",
    ),
    StillRunning.type: said(
        "Votre envoi est encore en cours : réessayez dans un instant.",
        "What you sent is still being taken in: try again in a moment.",
    ),
    IdempotencyKeyReused.type: said(
        "Ce formulaire est déjà parti, avec un autre contenu. Si vous avez autre chose à dire, envoyez-le de nouveau.",
        "This form was sent already, with another content. If you have something else to say, send it once more.",
    ),
    TooManyRequests.type: said(
        "Trop de demandes viennent de votre réseau en ce moment : réessayez dans une minute.",
        "Too many requests come from your network just now: try again in a minute.",
    ),
    f"{TYPE_PREFIX}figures-not-counted": said(
        "Les chiffres sont en train d'être comptés de nouveau : revenez dans quelques minutes.",
        "The figures are being counted anew: come back in a few minutes.",
    ),
}
"""What programs, and who runs them, are told, as a page says it: by the problem's type."""


def title_of(problem: Problem) -> str:
    """What it means, to somebody who fills in a form."""
    plain = _IN_PLAIN_WORDS.get(problem.type)
    return plain.in_(_language()) if plain else problem.title(_language())


def in_words(text: str) -> str:
    """With what people call the fields, states and verbs that the API quotes by their names."""
    return _QUOTED.sub(_in_words, text)


def _in_words(quoted: re.Match[str]) -> str:
    code = quoted["fr"] or quoted["en"]
    named = next((names[code] for names in _CALLED if code in names), None)
    if named is None:
        return quoted[0]
    return f"«\u00a0{named.fr}\u00a0»" if quoted["fr"] else f"“{named.en}”"


def with_label(field: str | None, detail: str, label: str | None = None) -> str:
    """What is said of a field, with what it is called, or its form calls it: many can lack the same."""
    name = FIELDS.get(field or "")
    called = label or (name.in_(_language()) if name else "")
    if not called:
        return detail
    if called.endswith("?"):
        return f"{called} {detail}"
    return Bilingual(fr=f"{called}\u00a0: {detail}", en=f"{called}: {detail}").in_(_language())


def typed_in(values: Iterable[tuple[str, object]]) -> list[tuple[str, str]]:
    """What somebody filled in, by what the fields are called, to be read where its form is no more. Nothing secret."""
    return [
        (FIELDS[name].in_(_language()), _said(name, value))
        for name, value in values
        if name in FIELDS and name not in _SECRET and isinstance(value, str) and value.strip()
    ]


def _said(field: str, value: str) -> str:
    name = _YES if field in _TICKED else NAMES.get(_NAMED_AS.get(field, field), {}).get(value)
    return name.in_(_language()) if name else value


def _language() -> Language:
    return language_of_request.get()
