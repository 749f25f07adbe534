"""What happens next, in plain French and English, for every situation in which a feedback can be."""

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from libs.common.days import day_of, written
from libs.common.languages import Bilingual, said
from libs.contracts.codes import SETTLED

Situation = Literal[
    "awaited",
    "received",
    "new",
    "assigned",
    "transferred",
    "acknowledged",
    "asked",
    "waiting_for_you",
    "answer_received",
    "suspended",
    "extended",
    "late",
    "answered",
    "resolved_on_the_spot",
    "undeliverable",
    "evaluated_yes",
    "evaluated_partly",
    "evaluated_no",
    "closed",
    "closed_evaluated",
    "withdrawn",
    "declined",
    "referred",
    "reopened",
]

UNDATED = (*SETTLED, "waiting")
"""States in which no promise is told: a settled case has none left, and while one waits its promise moves."""

ERASED = said(
    "Ce message a été effacé, et n'est pas pris de nouveau.",
    "This message was erased, and is not taken in again.",
)

NEXT_STEPS: Final[dict[Situation, Bilingual]] = {
    "awaited": said(
        "Rien ne nous est encore parvenu sous ce code. Ce que vous avez confié au guichet ou à la borne peut mettre "
        "quelques jours à nous arriver : vous en verrez alors la suite ici.",
        "Nothing has reached us yet under this code. What you gave at the counter or the kiosk may take a few days "
        "to arrive: you will then see here what becomes of it.",
    ),
    "received": said(
        "Nous avons bien reçu votre message. S'il appelle une réponse, vous verrez ici qui l'a et pour quand.",
        "We have received your message. If it calls for an answer, you will see here who has it and by when.",
    ),
    "new": said(
        "Votre message est chez nous ; une personne va le confier à l'équipe qui doit y répondre.",
        "We have your message; someone will give it to the team that must answer.",
    ),
    "assigned": said(
        "L'équipe indiquée a votre message et va vous répondre.",
        "The team named here has your message and will answer you.",
    ),
    "transferred": said(
        "Votre message a été confié à une autre équipe, indiquée ici.",
        "Your message was given to another team, named here.",
    ),
    "acknowledged": said(
        "L'équipe indiquée s'occupe de votre message et prépare sa réponse.",
        "The team named here is working on your message and is preparing its answer.",
    ),
    "asked": said(
        "L'équipe a besoin d'une précision de votre part pour continuer : sa question est ici, avec ce qui se passe "
        "sans réponse de votre part. Vous pouvez y répondre ici même.",
        "The team needs something from you before it can go on: its question is here, with what happens if you do "
        "not answer. You can answer right here.",
    ),
    "waiting_for_you": said(
        "L'équipe attend un élément de votre part, qu'elle vous a demandé. Elle reprendra dès qu'il arrive, et au plus "
        "tard à la date indiquée.",
        "The team is waiting for something that it asked you for. It goes on as soon as it arrives, and at the latest "
        "on the date shown.",
    ),
    "answer_received": said(
        "Nous avons bien reçu votre réponse ; l'équipe va continuer.",
        "We have received your answer; the team will go on.",
    ),
    "suspended": said(
        "Votre dossier attend un élément qui doit venir d'ailleurs. L'équipe reprendra dès qu'il arrive, et au plus "
        "tard à la date indiquée. La date de réponse est décalée d'autant.",
        "Your case is waiting for something that must come from elsewhere. The team goes on as soon as it arrives, "
        "and at the latest on the date shown. The date of the answer moves by the same time.",
    ),
    "extended": said(
        "L'équipe a besoin de plus de temps. Vous trouvez ici la nouvelle date, la raison, et ce que vous pouvez "
        "faire si vous n'êtes pas d'accord.",
        "The team needs more time. You find here the new date, the reason, and what you can do if you disagree.",
    ),
    "late": said(
        "Nous n'avons pas répondu à la date promise : nous vous prions de nous en excuser. L'équipe indiquée a votre "
        "message ; la nouvelle date est ici.",
        "We have not answered by the promised date: we apologise. The team named here has your message; the new date "
        "is shown here.",
    ),
    "answered": said(
        "Une réponse vous a été donnée : vous la trouvez ici. Dites-nous si elle a réglé les choses.",
        "An answer has been given: you find it here. Tell us whether it solved things.",
    ),
    "resolved_on_the_spot": said(
        "Ce que vous nous avez dit a été réglé sur place, selon la personne qui s'est occupée de vous. Dites-nous si "
        "c'est bien réglé.",
        "What you told us was settled on the spot, says the person who dealt with you. Tell us whether it is solved.",
    ),
    "undeliverable": said(
        "Notre réponse n'a pas pu vous parvenir par le moyen que vous aviez choisi. Vous pouvez la lire ici ; l'équipe "
        "cherche une autre façon de vous joindre.",
        "Our answer could not reach you by the means you chose. You can read it here; the team is looking for another "
        "way to reach you.",
    ),
    "evaluated_yes": said(
        "Vous nous avez dit que la réponse a réglé les choses : merci. Rien d'autre ne vous est demandé.",
        "You told us that the answer solved things: thank you. Nothing more is asked of you.",
    ),
    "evaluated_partly": said(
        "Vous nous avez dit que la réponse n'a réglé les choses qu'en partie : merci. L'équipe le sait et peut "
        "reprendre votre dossier ; vous pouvez lui écrire ici ce qui manque.",
        "You told us that the answer solved things only in part: thank you. The team knows and can take up your case "
        "again; you can write to it here what is missing.",
    ),
    "evaluated_no": said(
        "Vous nous avez dit que la réponse n'a pas réglé les choses : merci de l'avoir dit. L'équipe le sait et peut "
        "reprendre votre dossier ; vous pouvez lui écrire ici ce qui ne va pas.",
        "You told us that the answer did not solve things: thank you for saying so. The team knows and can take up "
        "your case again; you can write to it here what is wrong.",
    ),
    "closed": said(
        "Votre dossier est fermé. Vous pouvez encore nous dire si la réponse a réglé les choses.",
        "Your case is closed. You can still tell us whether the answer solved things.",
    ),
    "closed_evaluated": said(
        "Votre dossier est fermé, et vous nous avez dit ce qu'il en est : merci. Rien d'autre ne vous est demandé.",
        "Your case is closed, and you have told us how things stand: thank you. Nothing more is asked of you.",
    ),
    "withdrawn": said(
        "Vous avez retiré ce message : nous n'y répondrons plus. Vous pouvez nous écrire de nouveau à tout moment.",
        "You have withdrawn this message: we will not answer it any more. You can write to us again at any time.",
    ),
    "declined": said(
        "L'équipe ne donnera pas suite à votre message : vous trouvez ici ses raisons.",
        "The team will not take your message further: you find here its reasons.",
    ),
    "referred": said(
        "Ce n'est pas nous qui pouvons y répondre : vous trouvez ici pourquoi, et à qui vous adresser.",
        "We are not the ones who can answer this: you find here why, and where to turn.",
    ),
    "reopened": said(
        "Votre dossier est rouvert : l'équipe indiquée le reprend et vous répondra de nouveau.",
        "Your case is open again: the team named here takes it up and will answer you once more.",
    ),
}

BY: Final[dict[Situation, Bilingual]] = {
    **dict.fromkeys(
        ("new", "assigned", "acknowledged", "answer_received", "extended", "reopened"),
        said("Réponse promise au plus tard le {by}.", "Answer promised by {by}."),
    ),
    "transferred": said(
        "La date promise ne change pas : réponse au plus tard le {by}.",
        "The promised date does not change: an answer by {by}.",
    ),
    "asked": said("Répondez au plus tard le {by}.", "Please answer by {by}."),
    **dict.fromkeys(
        ("suspended", "waiting_for_you"),
        said("L'attente prend fin au plus tard le {by}.", "The wait ends on {by} at the latest."),
    ),
    "late": said(
        "Vous aurez une réponse, ou des nouvelles, au plus tard le {by}.",
        "You will have an answer, or news of it, by {by}.",
    ),
    **dict.fromkeys(
        ("closed", "closed_evaluated", "declined", "referred"),
        said(
            "Si quelque chose ne va pas, vous pouvez revenir vers nous jusqu'au {by} en nous écrivant ici.",
            "If something is not right, you can come back to us until {by} by writing to us here.",
        ),
    ),
}
"""What is said of the date, where there is one."""

_TO_WHO_MAY_NOT_KNOW: Final[dict[Situation, Bilingual]] = {
    "asked": said(
        "L'équipe a posé une question à la personne concernée.", "The team has asked the person concerned a question."
    ),
    "waiting_for_you": said(
        "L'équipe attend un élément de la personne concernée. Elle reprendra dès qu'il arrive, et au plus tard à la "
        "date indiquée.",
        "The team is waiting for something from the person concerned. It goes on as soon as it arrives, and at the "
        "latest on the date shown.",
    ),
    "extended": said(
        "L'équipe a besoin de plus de temps. La nouvelle date est ici.",
        "The team needs more time. The new date is here.",
    ),
    "answered": said(
        "Une réponse a été donnée à la personne concernée.", "An answer was given to the person concerned."
    ),
    "undeliverable": said(
        "Notre réponse n'a pas pu parvenir à la personne concernée ; l'équipe cherche une autre façon de la joindre.",
        "Our answer could not reach the person concerned; the team is looking for another way to reach them.",
    ),
    "closed": said("Le dossier est fermé.", "The case is closed."),
}
"""In the place of what speaks of texts that are not shown, or of what one without authority cannot do."""

WITHHELD: Final = said(
    "Vous avez parlé pour quelqu'un d'autre sans indiquer de mandat : rien de son dossier ne peut vous être dit. La "
    "réponse est donnée à la personne elle-même, ou à vous dès que vous montrez que vous la représentez.",
    "You spoke for somebody else and said of no authority to do so: nothing of their file can be told to you. The "
    "answer is given to the person, or to you as soon as you show that you represent them.",
)


def next_step(situation: Situation, by: datetime | None, zone: ZoneInfo, *, withheld: bool = False) -> Bilingual:
    """What is told in a situation, with the date where there is one; `withheld`, to one who may not know the texts."""
    step = NEXT_STEPS[situation]
    if withheld:
        step = _TO_WHO_MAY_NOT_KNOW.get(situation, step)
    if by is None or situation not in BY or (withheld and situation == "asked"):
        return step
    day = day_of(by, zone)
    more = BY[situation]
    return Bilingual(
        fr=f"{step.fr} {more.fr.format(by=written(day, 'fr'))}", en=f"{step.en} {more.en.format(by=written(day, 'en'))}"
    )
