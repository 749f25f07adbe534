"""Why a team cannot be read, changed or retired."""

from typing import ClassVar

from libs.common.problems import Problem


class TeamNotFound(Problem):
    """There is no such team."""

    status: ClassVar[int] = 404
    fr = "Cette équipe n'existe pas."


class TeamInRules(Problem):
    """The rules in force give cases to this team: publish other rules first."""

    status: ClassVar[int] = 409
    fr = "Les règles en vigueur confient des dossiers à cette équipe : publiez d'abord d'autres règles."


class TeamHasOpenCases(Problem):
    """This team still has open cases, or closed ones with something to read: see to them first."""

    status: ClassVar[int] = 409
    fr = "Cette équipe a encore des dossiers ouverts, ou des dossiers fermés avec des messages à lire."


class RestrictedTeamMissing(Problem):
    """As soon as there is more than one team, one must be `restricted`: it takes what is hidden from the others."""

    status: ClassVar[int] = 409
    fr = "Dès qu'il y a plus d'une équipe, il en faut une « restricted » : elle prend ce qui est caché aux autres."
