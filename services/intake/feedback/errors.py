"""What can be wrong with feedback."""

from collections.abc import Sequence
from typing import ClassVar

from libs.common.field_problems import FieldProblem
from libs.common.languages import Bilingual, Language
from libs.common.problems import Problem, ProblemDetails


class FeedbackNotFound(Problem):
    """There is no such feedback, or it is not yours to read."""

    status: ClassVar[int] = 404
    fr = "Ce retour n'existe pas, ou il n'est pas pour vous."


class NotAvailableYet(Problem):
    """Answers to questionnaires are not taken in yet: nothing was kept."""

    status: ClassVar[int] = 422
    fr = "Les réponses aux questionnaires ne sont pas encore reçues : rien n'a été gardé."


class NotYoursToSet(Problem):
    """A field is for others to set, by their role or scope: see `errors`."""

    status: ClassVar[int] = 422
    fr = "Un de ces champs demande un autre rôle ou une autre portée que les vôtres : voir « errors »."


class SubmittedInTheFuture(Problem):
    """`submitted_at` is more than five minutes ahead of our clock."""

    status: ClassVar[int] = 422
    fr = "« submitted_at » a plus de cinq minutes d'avance sur notre horloge."


class ReplyCannotReach(Problem):
    """The reply could not reach whom it is for: see `errors`."""

    status: ClassVar[int] = 422
    fr = "La réponse ne pourrait pas parvenir à qui elle est destinée : voir « errors »."


class IdempotencyKeyMissing(Problem):
    """A device must send an Idempotency-Key: its network fails, and it must be able to send again without harm."""

    status: ClassVar[int] = 400
    fr = (
        "Un appareil doit envoyer une clé Idempotency-Key : son réseau tombe, et il doit pouvoir renvoyer sans dommage."
    )


class SlipNotUsable(Problem):
    """This tracking code cannot be used for feedback: see `errors`."""

    status: ClassVar[int] = 422
    fr = "Ce code de suivi ne peut pas servir à un retour : voir « errors »."


class ServiceOutOfScope(Problem):
    """This service is given by others: `where_to_turn` says by whom, in French and English."""

    status: ClassVar[int] = 422
    fr = "Ce service relève d'autres que nous : « where_to_turn » dit à qui s'adresser, en français et en anglais."

    def __init__(self, where_to_turn: Bilingual, *, errors: Sequence[FieldProblem]) -> None:
        super().__init__(detail=where_to_turn, errors=errors)
        self.where_to_turn = where_to_turn

    def body(self, language: Language) -> ProblemDetails:
        return _WhereToTurn(**dict(super().body(language)), where_to_turn=self.where_to_turn)


class _WhereToTurn(ProblemDetails):
    where_to_turn: Bilingual
