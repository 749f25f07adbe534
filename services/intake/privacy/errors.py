"""Problems of erasures."""

from collections.abc import Mapping
from typing import ClassVar

from libs.common.problems import Problem


class NewCodeNotTold(Problem):
    """A new tracking code was just given out. Everything can be erased with it once mail has told the person of it."""

    status: ClassVar[int] = 409
    fr = (
        "Un nouveau code de suivi vient d'être donné. On pourra tout effacer avec lui dès que la personne en aura été"
        " avertie par courriel."
    )
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "60"}
