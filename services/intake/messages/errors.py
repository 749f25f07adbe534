"""Why a message or a withdrawal cannot be taken."""

from typing import ClassVar

from libs.common.problems import Problem


class Withdrawn(Problem):
    """This feedback was withdrawn: nothing can be added to it. You can send a new one at any time."""

    status: ClassVar[int] = 409
    fr = "Ce message a été retiré : rien ne peut y être ajouté. Vous pouvez en envoyer un autre à tout moment."


class TooManyMessages(Problem):
    """This feedback has all the messages that it can have. Contact the team: its details are on the follow-up page."""

    status: ClassVar[int] = 409
    fr = "Rien ne peut plus être ajouté à ce message. Joignez l'équipe : ses coordonnées sont sur la page de suivi."


class TooLateToComeBack(Problem):
    """The case is closed, and the time to come back has passed. You can send new feedback at any time."""

    status: ClassVar[int] = 409
    fr = "Le dossier est fermé, et le délai pour revenir est passé. Vous pouvez envoyer un autre message à tout moment."


class QuestionNotFound(Problem):
    """`in_answer_to` is the id of no question of this conversation."""

    status: ClassVar[int] = 422
    fr = "« in_answer_to » n'est l'identifiant d'aucune question de cette conversation."


class AuthorityNeeded(Problem):
    """Somebody who speaks for another without their authority cannot do this: the person concerned can."""

    status: ClassVar[int] = 403
    fr = "Une personne qui parle pour une autre sans mandat ne peut pas faire cela : la personne concernée le peut."
