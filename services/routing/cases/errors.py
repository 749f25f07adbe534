"""Why a case cannot be read, or a verb not carried out."""

from collections.abc import Sequence
from typing import ClassVar

from libs.common.languages import Bilingual
from libs.common.problems import Problem


class CaseNotFound(Problem):
    """There is no such case, or it is not yours to see."""

    status: ClassVar[int] = 404
    fr = "Ce dossier n'existe pas, ou il n'est pas pour vous."


class CaseErased(Problem):
    """All that was said in this case has been erased, as the person asked: nothing more can be done with it."""

    status: ClassVar[int] = 410
    fr = "Tout ce qui a été dit ici a été effacé, à la demande de la personne : plus rien n'est à faire."


class VerbNotPossible(Problem):
    """The state of the case does not allow this verb."""

    status: ClassVar[int] = 409
    fr = "L'état du dossier ne permet pas cette action."

    def __init__(self, state: str, verbs: Sequence[str]) -> None:
        fr, en = (", ".join(quote.format(verb) for verb in verbs) for quote in ("« {} »", "`{}`"))
        super().__init__(
            detail=Bilingual(
                fr=f"Le dossier est « {state} » ; actions possibles : {fr or 'aucune'}.",
                en=f"The case is `{state}`; possible verbs: {en or 'none'}.",
            )
        )


class UnknownTeam(Problem):
    """There is no such team, or it is retired."""

    status: ClassVar[int] = 422
    fr = "Cette équipe n'existe pas, ou n'existe plus."


class HasItAlready(Problem):
    """This team has the case: to give it to a member, assign it."""

    status: ClassVar[int] = 422
    fr = "Cette équipe a le dossier : pour le confier à un membre, attribuez-le."


class EffectiveBeforePrevious(Problem):
    """`effective_at` is before the previous event of the case."""

    status: ClassVar[int] = 422
    fr = "« effective_at » est avant l'événement précédent du dossier."


class EffectiveInTheFuture(Problem):
    """`effective_at` is more than five minutes ahead of our clock."""

    status: ClassVar[int] = 422
    fr = "« effective_at » est en avance de plus de cinq minutes sur notre horloge."


class LateEntryNeedsReason(Problem):
    """It was done more than one business day ago: `late_entry_reason` is needed."""

    status: ClassVar[int] = 422
    fr = "Cela s'est fait il y a plus d'un jour ouvrable : « late_entry_reason » est nécessaire."


class LateEntryNeedsSupervisor(Problem):
    """It was done more than one business day ago: a supervisor must enter it."""

    status: ClassVar[int] = 403
    fr = "Cela s'est fait il y a plus d'un jour ouvrable : un superviseur doit le saisir."


class TeamIsComplainedAbout(Problem):
    """This team must not see the case: another one has to take it."""

    status: ClassVar[int] = 422
    fr = "Cette équipe ne doit pas voir le dossier : une autre doit le prendre."


class PriorityNotRaised(Problem):
    """The case has this priority, or a higher one."""

    status: ClassVar[int] = 422
    fr = "Le dossier a déjà cette priorité, ou une plus haute."


class LinkedCaseUnknown(Problem):
    """There is no such other case to link to, or it is not yours to see."""

    status: ClassVar[int] = 422
    fr = "L'autre dossier n'existe pas, ou il n'est pas pour vous."


class UntilNotAfter(Problem):
    """`until` must be after the moment from which the case waits."""

    status: ClassVar[int] = 422
    fr = "« until » doit être après le moment à partir duquel le dossier attend."


class TooFarAhead(Problem):
    """A case waits for a year at most, and no promise is moved further."""

    status: ClassVar[int] = 422
    fr = "Un dossier attend au plus un an, et aucune échéance n'est repoussée plus loin."


class ClockNotRunning(Problem):
    """The case has no such clock, or it does not run."""

    status: ClassVar[int] = 422
    fr = "Le dossier n'a pas cette horloge, ou elle ne tourne pas."


class ClockAlreadyDue(Problem):
    """The due moment has passed: a promise is moved before it is due, or not at all."""

    status: ClassVar[int] = 409
    fr = "L'échéance est passée : une promesse se reporte avant son échéance, ou pas du tout."


class ExtensionNotLater(Problem):
    """An extension moves the due moment to a later one."""

    status: ClassVar[int] = 422
    fr = "Un report déplace l'échéance vers un moment plus tardif."


class ExtensionNeedsSupervisor(Problem):
    """This clock was extended before: a supervisor must extend it again."""

    status: ClassVar[int] = 403
    fr = "Cette horloge a déjà été reportée : un superviseur doit la reporter de nouveau."


class FeedbackNotFound(Problem):
    """There is no such feedback without a case, or it is not yours to see."""

    status: ClassVar[int] = 404
    fr = "Ce message sans dossier n'existe pas, ou il n'est pas pour vous."


class CaseExists(Problem):
    """There is a case for this feedback."""

    status: ClassVar[int] = 409
    fr = "Il y a déjà un dossier pour ce message."
