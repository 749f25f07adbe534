"""Why a delivery cannot be put down."""

from typing import ClassVar

from libs.common.problems import Problem


class ReplyNotFound(Problem):
    """This feedback has no such reply."""

    status: ClassVar[int] = 404
    fr = "Ce retour n'a pas cette réponse."


class DeliveredInTheFuture(Problem):
    """`at` is more than five minutes ahead of our clock."""

    status: ClassVar[int] = 422
    fr = "« at » a plus de cinq minutes d'avance sur notre horloge."


class DeliveredBeforeGiven(Problem):
    """`at` is before the reply was given."""

    status: ClassVar[int] = 422
    fr = "« at » est avant que la réponse ait été donnée."


class BounceNotReadable(Problem):
    """This is neither the JSON that is asked for, nor a mail that came back (`multipart/report`, `message/rfc822`)."""

    status: ClassVar[int] = 422
    fr = "Ceci n'est ni le JSON attendu, ni un courriel revenu (« multipart/report », « message/rfc822 »)."
