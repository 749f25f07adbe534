"""What can be wrong with feedback."""

from typing import ClassVar

from libs.common.problems import Problem


class FeedbackNotFound(Problem):
    """There is no such feedback, or it is not yours to read."""

    status: ClassVar[int] = 404
    fr = "Ce retour n'existe pas, ou il n'est pas pour vous."


class NotAvailableYet(Problem):
    """This field belongs to the contract, but its meaning is not built yet: nothing was kept."""

    status: ClassVar[int] = 422
    fr = "Ce champ fait partie du contrat, mais ce qu'il signifie n'existe pas encore : rien n'a été gardé."


class UnknownCode(Problem):
    """A code is not in the catalogue, or is retired: see `errors`."""

    status: ClassVar[int] = 422
    fr = "Un code n'est pas au catalogue, ou n'y est plus : voir « errors »."


class NotYoursToSet(Problem):
    """A field may be set by staff only: see `errors`."""

    status: ClassVar[int] = 422
    fr = "Un champ ne peut être rempli que par le personnel : voir « errors »."


class SubmittedInTheFuture(Problem):
    """`submitted_at` is more than five minutes ahead of our clock."""

    status: ClassVar[int] = 422
    fr = "« submitted_at » a plus de cinq minutes d'avance sur notre horloge."
