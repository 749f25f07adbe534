"""What mail says, in plain French and English."""

from typing import Final

from libs.common.languages import Bilingual, said
from services.intake.notices.planning import NoticeKind

SUBJECTS: Final[dict[NoticeKind, Bilingual]] = {
    "received": said("Nous avons reçu votre message", "We have received your message"),
    "taken": said("Qui a votre message, et pour quand", "Who has your message, and by when"),
    "assigned": said("Qui a votre message, et pour quand", "Who has your message, and by when"),
    "transferred": said("Une autre équipe a votre message", "Another team has your message"),
    "acknowledged": said("On s'occupe de votre message", "Your message is being worked on"),
    "asked": said("Nous avons une question à vous poser", "We have a question for you"),
    "reminder": said("Nous attendons votre réponse", "We are waiting for your answer"),
    "suspended": said("Votre dossier attend un élément", "Your case is waiting for something"),
    "waiting_for_you": said("Nous attendons un élément de votre part", "We are waiting for something from you"),
    "resumed": said("Votre dossier reprend", "Your case goes on"),
    "extended": said("Il nous faut plus de temps", "We need more time"),
    "late": said("Notre réponse est en retard", "Our answer is late"),
    "interim": said("Des nouvelles de votre message", "News of your message"),
    "answered": said("Notre réponse à votre message", "Our answer to your message"),
    "reopened": said("Votre dossier est rouvert", "Your case is open again"),
    "closed": said("Votre dossier est fermé", "Your case is closed"),
    "withdrawn": said("Votre message est retiré", "Your message is withdrawn"),
    "new_code": said("Un nouveau code de suivi a été donné", "A new tracking code was given out"),
}

OPENINGS: Final[dict[NoticeKind, Bilingual]] = {
    "received": said(
        "Nous avons bien reçu votre message du {day}. Sa référence est {reference}.",
        "We have received your message of {day}. Its reference is {reference}.",
    ),
    "taken": said(
        "L'équipe indiquée ci-dessous a votre message du {day}.",
        "The team named below has your message of {day}.",
    ),
    "assigned": said(
        "L'équipe indiquée ci-dessous a votre message du {day}.",
        "The team named below has your message of {day}.",
    ),
    "transferred": said(
        "Votre message du {day} a été confié à une autre équipe, indiquée ci-dessous.",
        "Your message of {day} was given to another team, named below.",
    ),
    "acknowledged": said(
        "Une personne de l'équipe a pris en charge votre message du {day} et prépare une réponse.",
        "Someone in the team has taken charge of your message of {day} and is preparing an answer.",
    ),
    "asked": said(
        "Pour continuer avec votre message du {day}, l'équipe a besoin d'une précision de votre part :",
        "To go on with your message of {day}, the team needs something from you:",
    ),
    "reminder": said(
        "Nous n'avons pas encore votre réponse à la question que l'équipe vous a posée sur votre message du {day} :",
        "We do not have your answer yet to the question that the team asked about your message of {day}:",
    ),
    "suspended": said(
        "Pour répondre à votre message du {day}, l'équipe attend un élément qui doit venir d'ailleurs. Elle reprendra "
        "dès qu'il arrive. La date de sa réponse est décalée d'autant.",
        "To answer your message of {day}, the team is waiting for something that must come from elsewhere. It goes on "
        "as soon as it arrives. The date of its answer moves by the same time.",
    ),
    "waiting_for_you": said(
        "Pour continuer avec votre message du {day}, l'équipe attend un élément de votre part, qu'elle vous a demandé. "
        "Elle reprendra dès qu'il arrive. La date de sa réponse est décalée d'autant.",
        "To go on with your message of {day}, the team is waiting for something that it asked you for. It goes on as "
        "soon as it arrives. The date of its answer moves by the same time.",
    ),
    "resumed": said(
        "L'équipe a repris votre message du {day}.",
        "The team has resumed work on your message of {day}.",
    ),
    "extended": said(
        "L'équipe a besoin de plus de temps pour votre message du {day}. Voici pourquoi, et ce que vous pouvez faire "
        "si vous n'êtes pas d'accord :",
        "The team needs more time for your message of {day}. Here is why, and what you can do if you disagree:",
    ),
    "late": said(
        "Nous devions répondre à votre message du {day}, et nous ne l'avons pas fait à la date promise. Nous vous "
        "prions de nous en excuser.",
        "We were to answer your message of {day}, and did not do so by the promised date. We apologise.",
    ),
    "interim": said(
        "L'équipe vous donne des nouvelles de votre message du {day}. Ce n'est pas encore sa réponse finale :",
        "The team has news of your message of {day}. It is not its final answer yet:",
    ),
    "answered": said(
        "Voici la réponse de l'équipe à votre message du {day} :",
        "Here is the team's answer to your message of {day}:",
    ),
    "reopened": said(
        "Votre dossier du {day} est rouvert. L'équipe le reprend et vous répondra de nouveau.",
        "Your case of {day} is open again. The team takes it up and will answer you once more.",
    ),
    "closed": said(
        "Votre dossier du {day} est maintenant fermé.",
        "Your case of {day} is now closed.",
    ),
    "withdrawn": said(
        "Votre message du {day} est retiré, comme demandé : nous n'y répondrons plus. Si ce n'est pas vous "
        "qui l'avez demandé, dites-le-nous par un nouveau message.",
        "Your message of {day} is withdrawn, as requested: we will not answer it any more. If you did not ask for "
        "it, tell us in a new message.",
    ),
    "new_code": said(
        "Une personne de nos équipes a donné un nouveau code de suivi pour votre message du {day} : celui d'avant "
        "n'ouvre plus rien. Si ce n'est pas vous qui l'avez demandé, dites-le-nous sans attendre : toute personne qui "
        "a ce code peut lire ce que vous avez dit et agir à votre place.",
        "Somebody of our teams gave out a new tracking code for your message of {day}: the one before opens nothing "
        "any more. If you did not ask for it, tell us without delay: anyone who has this code can read what you said "
        "and act in your place.",
    ),
}

DECISIONS: Final[dict[str, Bilingual]] = {
    "upheld": said("Notre décision : votre plainte est fondée.", "Our decision: your complaint is upheld."),
    "partly_upheld": said(
        "Notre décision : votre plainte est fondée en partie.", "Our decision: your complaint is upheld in part."
    ),
    "not_upheld": said(
        "Notre décision : votre plainte n'est pas fondée.", "Our decision: your complaint is not upheld."
    ),
    "referred": said(
        "Notre décision : votre plainte relève d'un autre organisme.",
        "Our decision: your complaint is for another organisation.",
    ),
    "declined": said(
        "Notre décision : nous n'examinerons pas votre plainte.", "Our decision: we will not examine your complaint."
    ),
}
"""What a final answer decided of a complaint, by its outcome."""

RESOLVED_SUBJECT: Final = said("Réglé sur place ?", "Settled on the spot?")
RESOLVED: Final = said(
    "Ce que vous nous avez dit le {day} a été réglé sur place, selon la personne qui s'est occupée de vous.",
    "What you told us on {day} was settled on the spot, says the person who dealt with you.",
)
"""In the place of an answer, which has no words then."""

DATES: Final[dict[NoticeKind, Bilingual]] = {
    **dict.fromkeys(
        ("received", "taken", "assigned", "acknowledged", "interim", "reopened"),
        said("Réponse promise : au plus tard le {by}.", "Answer promised: by {by}."),
    ),
    "transferred": said(
        "La date promise ne change pas : réponse au plus tard le {by}.",
        "The promised date does not change: an answer by {by}.",
    ),
    **dict.fromkeys(("asked", "reminder"), said("Répondez au plus tard le {by}.", "Please answer by {by}.")),
    **dict.fromkeys(
        ("suspended", "waiting_for_you"),
        said("L'attente prend fin au plus tard le {by}.", "The wait ends on {by} at the latest."),
    ),
    "resumed": said("Nouvelle date de réponse : au plus tard le {by}.", "New date for the answer: by {by}."),
    "extended": said("Nouvelle date de réponse : au plus tard le {by}.", "New date for the answer: by {by}."),
    "late": said(
        "Nouvelle date : vous aurez une réponse, ou des nouvelles, au plus tard le {by}.",
        "New date: you will have an answer, or news of it, by {by}.",
    ),
    "answered": said(
        "Vous pouvez revenir vers nous jusqu'au {by}.",
        "You can come back to us until {by}.",
    ),
    "closed": said(
        "Si quelque chose ne va pas, vous pouvez encore revenir vers nous jusqu'au {by}.",
        "If something is not right, you can still come back to us until {by}.",
    ),
}
"""What is said of the date, where there is one."""

EXTENSIONS: Final[dict[str, Bilingual]] = {
    "acknowledge": said(
        "Nouvelle date pour vous dire que quelqu'un s'en occupe : au plus tard le {by}.",
        "New date for telling you that someone has it in hand: by {by}.",
    ),
    "resolve": said(
        "Nouvelle date pour que ce soit réglé : au plus tard le {by}.", "New date for things to be settled: by {by}."
    ),
}
"""In the place of the answer's date, where another promise moves."""

GREETING: Final = said("Bonjour,", "Hello,")
SORTED_SOON: Final = said(
    "S'il appelle une réponse, nous vous dirons bientôt quelle équipe l'a et pour quand.",
    "If it calls for an answer, we will soon tell you which team has it and by when.",
)
WHO: Final = said("Qui s'en occupe : {team}", "Who has it: {team}")
FOLLOW: Final = said("Suivre votre message, y ajouter quelque chose :", "Follow your message, add something to it:")
ANSWER_HERE: Final = said("Répondre à la question :", "Answer the question:")
COME_BACK: Final = said("Relire notre réponse, ou revenir vers nous :", "Read our answer again, or come back to us:")
IS_IT_SOLVED: Final = said("Est-ce réglé ? Dites-le-nous ici :", "Is it solved? Tell us here:")
FOLLOW_BY_CODE: Final = said(
    "Pour suivre votre message et y ajouter quelque chose, voici votre code. Gardez-le pour vous :",
    "To follow your message and add something to it, here is your code. Keep it to yourself:",
)
NO_REPLY: Final = said(
    "Ce courriel est envoyé automatiquement, et les réponses qu'on y fait ne sont pas lues : écrivez-nous par le suivi "
    "de votre message. Référence : {reference}",
    "This mail is sent automatically, and replies to it are not read: write to us where you follow your message. "
    "Reference: {reference}",
)
NO_REPLY_TO_THE_PERSON: Final = said(
    "Ce courriel est envoyé automatiquement, et les réponses qu'on y fait ne sont pas lues : pour répondre, joignez "
    "l'équipe. Référence : {reference}",
    "This mail is sent automatically, and replies to it are not read: to answer, reach the team. "
    "Reference: {reference}",
)
"""Of whom somebody else has the code."""
WITHHELD: Final = said(
    "Comme vous avez parlé pour quelqu'un d'autre sans indiquer de mandat, ce qui a été écrit ne peut pas vous être "
    "communiqué : il est donné à la personne elle-même.",
    "As you spoke for somebody else and did not say that you may act for them, what was written cannot be passed on to "
    "you: it is given to the person.",
)
ENGLISH_BELOW: Final = "(English below)"
AS_ABOVE: Final = said("(Le texte de l'équipe est ci-dessus.)", "(The team's text stands above.)")
