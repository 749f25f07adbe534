"""Why rules cannot be read or tried."""

from typing import ClassVar

from libs.common.problems import Problem


class NoRules(Problem):
    """No rules are in force yet: what is taken in waits until they are published."""

    status: ClassVar[int] = 404
    fr = "Aucune règle n'est encore en vigueur : ce qui est reçu attend leur publication."
