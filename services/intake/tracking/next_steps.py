"""What happens next, in plain French and English, by the state of the case."""

from libs.common.languages import Bilingual

NEXT_STEPS = {
    "received": Bilingual(
        fr="Nous avons bien reçu votre message. S'il appelle une réponse, vous verrez ici qui l'a et pour quand.",
        en="We have received your message. If it calls for an answer, you will see here who has it and by when.",
    ),
    "new": Bilingual(
        fr="Votre message est chez nous ; une personne va le confier à l'équipe qui doit y répondre.",
        en="We have your message; someone will give it to the team that must answer.",
    ),
    "assigned": Bilingual(
        fr="L'équipe indiquée a votre message et va vous répondre.",
        en="The team named here has your message and will answer you.",
    ),
    "acknowledged": Bilingual(
        fr="L'équipe indiquée s'occupe de votre message et prépare sa réponse.",
        en="The team named here is working on your message and is preparing its answer.",
    ),
    "waiting": Bilingual(
        fr="Votre dossier attend un élément avant que l'équipe puisse répondre.",
        en="Your case is waiting for something before the team can answer.",
    ),
    "answered": Bilingual(
        fr="Une réponse vous a été donnée : lisez-la ici, et dites-nous si elle a réglé les choses.",
        en="An answer has been given: read it here, and tell us whether it solved things.",
    ),
    "closed": Bilingual(
        fr="Votre dossier est fermé. Vous pouvez encore nous dire si la réponse a réglé les choses.",
        en="Your case is closed. You can still tell us whether the answer solved things.",
    ),
}

EVALUATED = Bilingual(
    fr="Une réponse a été donnée, et vous nous avez dit ce qu'il en est : merci. Rien d'autre ne vous est demandé.",
    en="An answer has been given, and you have told us how things stand: thank you. Nothing more is asked of you.",
)
"""Instead of the steps above that ask, once the latest answer is evaluated."""

SETTLED = ("answered", "closed")
"""States in which nothing more is promised by a date."""
