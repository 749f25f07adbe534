"""What cannot be answered."""

from libs.common.problems import Problem


class ParameterTwice(Problem):
    """A parameter is in the address twice: several values of one are separated by commas."""

    status = 422
    fr = "Un paramètre est deux fois dans l'adresse : plusieurs valeurs d'un même sont séparées par des virgules."


class UnknownKpi(Problem):
    """There is no figure of that name: `GET /v1/kpis/definitions` lists them."""

    status = 422
    fr = "Il n'y a pas d'indicateur de ce nom : « GET /v1/kpis/definitions » en donne la liste."


class UnknownDimension(Problem):
    """Figures cannot be broken down or narrowed by that dimension."""

    status = 422
    fr = "Les indicateurs ne peuvent être ventilés ni restreints selon cette dimension."


class TooManyDimensions(Problem):
    """Figures are broken down by two dimensions at most, each once."""

    status = 422
    fr = "Les indicateurs se ventilent selon deux dimensions au plus, chacune une fois."


class UnreadableWhere(Problem):
    """`where` is a list of `dimension:value`, separated by commas: `service:passports,channel:web`."""

    status = 422
    fr = "« where » liste des « dimension:valeur » séparées par des virgules : « service:passports,channel:web »."


class UnreadableCompare(Problem):
    """`compare` is `previous`, `previous_year`, or two days as in `2026-01-01..2026-04-01`."""

    status = 422
    fr = "« compare » est « previous », « previous_year », ou deux jours : « 2026-01-01..2026-04-01 »."


class EmptySpan(Problem):
    """The span has no day: `to` is exclusive, and must be after `from`."""

    status = 422
    fr = "La période n'a aucun jour : « to » est exclu, et doit suivre « from »."


class SpanTooLong(Problem):
    """The span is longer than 20 years."""

    status = 422
    fr = "La période dépasse 20 ans."


class TooFineForSpan(Problem):
    """Too many feedbacks must be read for this: ask for a shorter span, whole months, or fewer dimensions."""

    status = 422
    fr = (
        "Trop de retours devraient être lus pour cela : demandez une période plus courte, des mois entiers, "
        "ou moins de dimensions."
    )


class TooManyPoints(Problem):
    """The series has more than 1,000 points: ask for a shorter span, or a coarser grain."""

    status = 422
    fr = "La série a plus de 1 000 points : demandez une période plus courte, ou un grain plus gros."
