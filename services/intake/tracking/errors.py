"""What can be wrong with a tracking code, or with what is said with it."""

from collections.abc import Mapping
from typing import ClassVar

from libs.common.problems import Problem


class TrackingCodeMissing(Problem):
    """The header `Tracking-Code` is needed here."""

    status: ClassVar[int] = 401
    fr = "L'en-tête « Tracking-Code » est nécessaire ici."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Tracking-Code"}


class TrackingCodeMistyped(Problem):
    """This cannot be a tracking code: a character is wrong or missing."""

    status: ClassVar[int] = 422
    fr = "Ceci ne peut pas être un code de suivi : un caractère est faux ou manque."


class TrackingCodeUnknown(Problem):
    """No feedback has this tracking code."""

    status: ClassVar[int] = 404
    fr = "Aucun retour n'a ce code de suivi."


class NotAnsweredYet(Problem):
    """There is no answer yet that could be evaluated."""

    status: ClassVar[int] = 409
    fr = "Il n'y a pas encore de réponse à évaluer."


class AlreadyEvaluated(Problem):
    """This answer has been evaluated already, in another way."""

    status: ClassVar[int] = 409
    fr = "Cette réponse a déjà été évaluée, autrement."
