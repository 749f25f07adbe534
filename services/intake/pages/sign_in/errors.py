"""Why somebody cannot sign in."""

from typing import ClassVar

from libs.common.problems import Problem


class SignInNotSet(Problem):
    """Nobody can sign in here yet: ECOUTE_INTAKE_OIDC_ISSUER and ECOUTE_INTAKE_PARTNER_TOKEN_KEY are to be set."""

    status: ClassVar[int] = 503
    fr = (
        "Personne ne peut encore se connecter ici : ECOUTE_INTAKE_OIDC_ISSUER et ECOUTE_INTAKE_PARTNER_TOKEN_KEY "
        "sont à régler."
    )


class NoRole(Problem):
    """You have signed in, but have no role here: whoever looks after your account can give you one."""

    status: ClassVar[int] = 403
    fr = (
        "Vous vous êtes connecté, mais n'avez aucun rôle ici : la personne qui s'occupe de votre compte peut vous en "
        "donner un."
    )
