"""What is wrong with one field of a request: where, and by which rule. What was sent is not echoed."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from libs.common.languages import Bilingual, language_of_request

_NO_EMAIL = "value is not a valid email address"
"""How the library begins what it says of an address: that has no code of its own."""
_SAFE_SEGMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def _said(fr: str, en: str) -> Bilingual:
    return Bilingual(fr=fr, en=en)


_OBJECT = _said("Un objet JSON est attendu.", "A JSON object is expected.")
_LIST = _said("Une liste est attendue.", "A list is expected.")
_ONE_OF = _said("Une de ces valeurs est attendue : {expected}.", "One of these values is expected: {expected}.")
_WHOLE_NUMBER = _said("Un nombre entier est attendu.", "A whole number is expected.")
_NUMBER = _said("Un nombre est attendu.", "A number is expected.")
_YES_OR_NO = _said("Vrai ou faux est attendu.", "True or false is expected.")
_UUID = _said("Un UUID est attendu.", "A UUID is expected.")
_DAY = _said("Une date (AAAA-MM-JJ) est attendue.", "A date (YYYY-MM-DD) is expected.")
_MOMENT = _said("Une date et une heure (RFC 3339) sont attendues.", "A date and a time (RFC 3339) are expected.")

_RULES: Mapping[str, Bilingual] = {
    "bool_parsing": _YES_OR_NO,
    "bool_type": _YES_OR_NO,
    "date_from_datetime_inexact": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_parsing": _DAY,
    "date_type": _DAY,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_type": _MOMENT,
    "dict_type": _OBJECT,
    "email": _said(
        "Cette adresse électronique n'est pas complète, ou un caractère est faux.",
        "This is not a whole e-mail address.",
    ),
    "enum": _ONE_OF,
    "extra_forbidden": _said(
        "Il n'y a ni champ ni paramètre de ce nom.", "There is no field or parameter of this name."
    ),
    "finite_number": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "frozen_set_type": _LIST,
    "greater_than_equal": _said("Cette valeur est trop petite : le minimum est {ge}.", "The least allowed is {ge}."),
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_type": _WHOLE_NUMBER,
    "json_invalid": _said("Le corps n'est pas un document JSON.", "The body is not a JSON document."),
    "less_than_equal": _said("Cette valeur est trop grande : le maximum est {le}.", "The most allowed is {le}."),
    "list_type": _LIST,
    "literal_error": _ONE_OF,
    "missing": _said("Ce champ est obligatoire.", "This field is required."),
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "not_json": _said(
        "Un objet JSON est attendu, envoyé en « application/json ».",
        "A JSON object is expected, sent as `application/json`.",
    ),
    "set_type": _LIST,
    "string_pattern_mismatch": _said(
        "Ce texte n'a pas la forme voulue : {pattern}", "This text does not have the form that is asked for: {pattern}"
    ),
    "string_too_long": _said(
        "Ce texte est trop long : {max_length} caractères au plus.",
        "This text is too long: {max_length} characters at most.",
    ),
    "string_too_short": _said("Ce texte est trop court.", "This text is too short."),
    "string_type": _said("Un texte est attendu.", "A text is expected."),
    "timezone_aware": _said(
        "Le fuseau horaire est obligatoire, comme dans 2026-12-01T09:00:00-05:00.",
        "The time zone is required, as in 2026-12-01T09:00:00-05:00.",
    ),
    "too_long": _said(
        "Il y a trop d'éléments : {max_length} au plus.", "There are too many items: {max_length} at most."
    ),
    "too_short": _said(
        "Il y a trop peu d'éléments : {min_length} au moins.", "There are too few items: {min_length} at least."
    ),
    "tuple_type": _LIST,
    "uuid_parsing": _UUID,
    "uuid_type": _UUID,
}
"""What a rule of the library asks for. It fills in what the schema says; its own messages quote what was sent."""

_REFUSED = _said("Cette valeur est refusée.", "This value is refused.")


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
    message = _message_of(error, code)
    if place == "body":
        pointer = "" if code == "json_invalid" else "".join(f"/{segment}" for segment in segments)
        return FieldProblem(pointer=pointer, code=code, detail=message)
    return FieldProblem(parameter=segments[0] if segments else None, code=code, detail=message)


def _message_of(error: Mapping[str, Any], code: str) -> str:
    """In the words of the rule: of one of ours, which come with it, or of one of the library's."""
    language, known = language_of_request.get(), error.get("ctx", {})
    if "fr" in known:
        return str(known["fr"] if language == "fr" else error["msg"])
    rule = code
    if str(error["msg"]).startswith(_NO_EMAIL):
        rule = "email"
    elif code == "model_attributes_type" and isinstance(error.get("input"), bytes):  # nobody took it for JSON
        rule = "not_json"
    asked = {name: value.isoformat() if isinstance(value, date) else str(value) for name, value in known.items()}
    if language == "fr" and "expected" in asked:
        asked["expected"] = asked["expected"].replace(" or ", " ou ")
    return _RULES.get(rule, _REFUSED).in_(language).format_map(asked)
