"""What cannot be answered."""

from libs.common.problems import Problem


class UnknownKpi(Problem):
    """There is no figure of that name: `GET /v1/kpis/definitions` lists them."""

    status = 422
    fr = "Il n'y a pas d'indicateur de ce nom : « GET /v1/kpis/definitions » en donne la liste."


class UnknownDimension(Problem):
    """Figures cannot be broken down by that dimension."""

    status = 422
    fr = "Les indicateurs ne peuvent être ventilés selon cette dimension."


class EmptySpan(Problem):
    """The span has no day: `to` is exclusive, and must be after `from`."""

    status = 422
    fr = "La période n'a aucun jour : « to » est exclu, et doit suivre « from »."


class SpanTooLong(Problem):
    """The span is longer than 20 years."""

    status = 422
    fr = "La période dépasse 20 ans."
