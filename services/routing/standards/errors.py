"""Why a service standard cannot be read, published or retired."""

from typing import ClassVar

from libs.common.problems import Problem


class StandardNotFound(Problem):
    """There is no such service standard."""

    status: ClassVar[int] = 404
    fr = "Cette norme de service n'existe pas."


class StandardsUndecided(Problem):
    """Another standard is as specific, has the same rank and can hold for the same feedback: which one promises?"""

    status: ClassVar[int] = 409
    fr = "Une autre norme est aussi précise, a le même rang et peut valoir pour le même retour : laquelle promet ?"
