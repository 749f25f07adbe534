"""Why no token is given: problem documents that a standard OAuth client understands as well."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from libs.common.languages import Language
from libs.common.problems import Problem, ProblemDetails


class OAuthProblemDetails(ProblemDetails):
    """RFC 9457 problem details with what RFC 6749 (5.2) asks for."""

    error: str = Field(examples=["invalid_client"])
    error_description: str


class OAuthProblem(Problem):
    """No token was given."""

    status: ClassVar[int] = 400
    fr = "Aucun jeton n'a été donné."
    error: ClassVar[str] = "invalid_request"

    def body(self, language: Language) -> ProblemDetails:
        plain = super().body(language)
        return OAuthProblemDetails(**plain.model_dump(), error=self.error, error_description=type(self).title("en"))


class TokenRequestUnreadable(OAuthProblem):
    """Ask for a token with a form: `grant_type=client_credentials`, each field once, the credentials in one place."""

    status: ClassVar[int] = 400
    fr = (
        "Un jeton se demande par un formulaire : « grant_type=client_credentials », chaque champ une fois, "
        "les identifiants à un seul endroit."
    )


class GrantTypeUnsupported(OAuthProblem):
    """The only grant here is `client_credentials`."""

    status: ClassVar[int] = 400
    fr = "La seule autorisation possible ici est « client_credentials »."
    error: ClassVar[str] = "unsupported_grant_type"


class ClientRefused(OAuthProblem):
    """`client_id` is the code of a partner or a device, `client_secret` one of its live keys."""

    status: ClassVar[int] = 401
    fr = "« client_id » est le code d'un partenaire ou d'un appareil, « client_secret » l'une de ses clés valides."
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": 'Basic realm="ecoute", charset="UTF-8"'}
    error: ClassVar[str] = "invalid_client"


class ScopeRefused(OAuthProblem):
    """A scope was asked for that the partner or device does not have."""

    status: ClassVar[int] = 400
    fr = "Une portée a été demandée que le partenaire ou l'appareil n'a pas."
    error: ClassVar[str] = "invalid_scope"


class TokensNotGiven(OAuthProblem):
    """No tokens are given here: the organisation has not set up a key to sign them with."""

    status: ClassVar[int] = 501
    fr = "Aucun jeton n'est donné ici : l'organisation n'a pas prévu de clé pour les signer."
    error: ClassVar[str] = "temporarily_unavailable"
