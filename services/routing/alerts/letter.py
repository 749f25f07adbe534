"""What an alert says: that there is something urgent, of which kind, and its reference. No words of the person."""

from libs.common.languages import Bilingual
from libs.contracts.codes import Urgency

KINDS: dict[Urgency, Bilingual] = {
    "safety": Bilingual(fr="danger pour la sécurité", en="danger to safety"),
    "threat": Bilingual(fr="menace", en="threat"),
    "self_harm": Bilingual(fr="risque que la personne se fasse du mal", en="risk that the person harms themselves"),
}


def subject(reference: str) -> str:
    return f"URGENT : dossier {reference} / URGENT: case {reference}"


def text(reference: str, urgency: Urgency, team: Bilingual) -> str:
    """In both languages: whoever is on duty must understand it."""
    kind = KINDS[urgency]
    return (
        f"Un dossier urgent vient d'arriver pour l'équipe « {team.fr} ».\n\n"
        f"Référence : {reference}\n"
        f"Urgence : {kind.fr}\n\n"
        "Ouvrez-le maintenant : il est le premier de la file. Ce message ne contient pas ce que la personne a dit.\n\n"
        "---\n\n"
        f"An urgent case has just come for the team “{team.en}”.\n\n"
        f"Reference: {reference}\n"
        f"Urgency: {kind.en}\n\n"
        "Open it now: it is the first in the queue. This message does not have what the person said.\n"
    )
