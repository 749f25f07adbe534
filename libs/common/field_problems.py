"""What is wrong with one field of a request: where, and by which rule. What was sent is not echoed."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from libs.common.languages import Bilingual, language_of_request

_NO_EMAIL = "value is not a valid email address"
"""How the library begins what it says of an address: that has no code of its own."""
_SAFE_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")

# Where the library's own message quotes what was sent, or speaks of a text as of a list.
_ENGLISH_RULES = {
    "value_error": "This value is refused.",
    "email": "This is not a whole e-mail address.",
    "model_attributes_type": "A JSON object is expected, sent as `application/json`.",
    "uuid_parsing": "A UUID is expected.",
    "string_too_long": "This text is too long.",
    "string_too_short": "This text is too short.",
}

_FRENCH_RULES = {
    "email": "Cette adresse électronique n'est pas complète, ou un caractère est faux.",
    "model_attributes_type": "Un objet JSON est attendu, envoyé en « application/json ».",
    "less_than_equal": "Cette valeur dépasse le maximum permis.",
    "greater_than_equal": "Cette valeur est en dessous du minimum permis.",
    "missing": "Ce champ est obligatoire.",
    "extra_forbidden": "Ce champ n'existe pas.",
    "literal_error": "Cette valeur n'est pas dans la liste permise.",
    "enum": "Cette valeur n'est pas dans la liste permise.",
    "string_too_long": "Ce texte est trop long.",
    "string_too_short": "Ce texte est trop court.",
    "string_type": "Un texte est attendu.",
    "string_pattern_mismatch": "Ce texte n'a pas la forme voulue.",
    "int_type": "Un nombre entier est attendu.",
    "int_parsing": "Un nombre entier est attendu.",
    "bool_type": "Vrai ou faux est attendu.",
    "json_invalid": "Le corps n'est pas un document JSON.",
    "datetime_parsing": "Une date et une heure (RFC 3339) sont attendues.",
    "datetime_from_date_parsing": "Une date et une heure (RFC 3339) sont attendues.",
    "timezone_aware": "Le fuseau horaire est obligatoire.",
    "date_from_datetime_parsing": "Une date (AAAA-MM-JJ) est attendue.",
    "uuid_parsing": "Un UUID est attendu.",
    "too_long": "Il y a trop d'éléments.",
    "too_short": "Il y a trop peu d'éléments.",
}


class FieldProblem(BaseModel):
    """One thing that is wrong, and where."""

    pointer: str | None = Field(
        None, description="JSON pointer (RFC 6901) into the body", examples=["/ratings/0/value"]
    )
    parameter: str | None = Field(None, description="name of the query, path or header parameter")
    code: str = Field(description="stable name of the rule that was broken", examples=["missing"])
    detail: str


def field_problem(code: str, text: Bilingual, *, pointer: str | None = None) -> FieldProblem:
    return FieldProblem(pointer=pointer, code=code, detail=text.in_(language_of_request.get()))


def field_problem_of(error: Mapping[str, Any]) -> FieldProblem:
    """One of pydantic's errors, as it leaves the house."""
    place, *path = error["loc"]
    segments: list[str] = []
    for segment in path:
        if not (isinstance(segment, int) or _SAFE_SEGMENT.fullmatch(segment)):
            break
        segments.append(str(segment))
    code = str(error["type"])
    if code in ("too_long", "too_short") and isinstance(error.get("input"), str):
        code = f"string_{code}"
    rule = "email" if str(error["msg"]).startswith(_NO_EMAIL) else code
    message = _ENGLISH_RULES.get(rule) or str(error["msg"])
    if language_of_request.get() == "fr":
        message = error.get("ctx", {}).get("fr") or _FRENCH_RULES.get(rule, "Cette valeur est refusée.")
    if place == "body":
        pointer = "" if code == "json_invalid" else "".join(f"/{segment}" for segment in segments)
        return FieldProblem(pointer=pointer, code=code, detail=message)
    return FieldProblem(parameter=segments[0] if segments else None, code=code, detail=message)
