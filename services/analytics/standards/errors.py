"""What cannot be published."""

from typing import ClassVar

from libs.common.problems import Problem


class SpanNotPublished(Problem):
    """Results are published for whole calendar months, quarters or years that are over, whichever the organisation has
    chosen, one at a time: so that nothing small can be computed from two spans that overlap."""

    status: ClassVar[int] = 422
    fr = (
        "Les résultats sont publiés par mois, trimestre ou année civils entiers et révolus, selon le choix de "
        "l'organisation, un à la fois : afin que rien de petit ne se déduise de deux périodes qui se recouvrent."
    )
