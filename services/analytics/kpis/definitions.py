"""What each figure means. A formula that changes gets a new version; a name never changes its meaning."""

from dataclasses import dataclass
from typing import Literal, get_args

from libs.common.languages import Bilingual

KpiName = Literal[
    "volume",
    "complaint_rate",
    "csat",
    "csat_mean",
    "nps",
    "ces",
    "trust",
    "effectiveness",
    "ease",
    "efficiency",
    "transparency",
    "humanity",
    "assign_time",
    "acknowledge_time",
    "reply_time",
    "resolve_time",
    "met_of_due",
    "standard_met",
    "first_contact_resolution",
    "reopen_rate",
    "transfer_rate",
    "backlog",
    "backlog_age",
    "resolution_confirmed_rate",
    "satisfaction_after",
]
NAMES: tuple[KpiName, ...] = get_args(KpiName)
Unit = Literal["count", "percent", "per_1000", "score", "net_percent", "business_hours", "elapsed_hours"]


@dataclass(frozen=True)
class Definition:
    """A figure's formula, in words that may be published beside it."""

    name: KpiName
    version: int
    units: tuple[Unit, ...]
    title: Bilingual
    formula: Bilingual
    notes: Bilingual
    source: Bilingual


def _interval(work: str) -> Bilingual:
    return Bilingual(fr=f"Intervalle : {work}", en=f"Interval: {work}")


def _after(formula: str, interval: Bilingual) -> Bilingual:
    return Bilingual(fr=f"{formula}. {interval.fr}", en=f"{formula}. {interval.en}")


CONOVER = "W. J. Conover, Practical Nonparametric Statistics (3rd ed., 1999), § 3.2"
BUCKETS = "C. Masson, J. E. Rim and H. K. Lee, PVLDB 12 (2019)"
WILSON = _interval("E. B. Wilson, Journal of the American Statistical Association 22 (1927)")
ORDER = Bilingual(
    fr=f"Intervalle : {CONOVER} ; quantiles d'après des classes logarithmiques : {BUCKETS}",
    en=f"Interval: {CONOVER}; quantiles from log-scaled buckets: {BUCKETS}",
)
DRIVERS = _after("US OMB Circular A-11 § 280", WILSON)
PLAIN_COUNT = Bilingual(fr="Un simple compte", en="A plain count")
BY_SUBMISSION = Bilingual(fr="Compté au jour de la soumission.", en="Counted on the day of submission.")
ASIDE = Bilingual(
    fr="Compté au jour de la soumission. Les notes données avec assistance (assisted) ou saisies par le personnel "
    "(staff) sont à côté, jamais mêlées.",
    en="Counted on the day of submission. Assisted and staff-entered marks stand beside it, never mixed in.",
)
TIMES = Bilingual(
    fr="p50, p90 et p95, en heures ouvrables et en heures écoulées telles que la personne les a vécues ; retours "
    "soumis dans la période. Erreur des quantiles : 1 % au plus, zéro compris.",
    en="p50, p90 and p95, in business hours and in elapsed hours as the person lived them; of feedback submitted in "
    "the span. Error of the quantiles: at most 1 %, zero included.",
)


def _driver(name: KpiName, title: Bilingual, said: Bilingual) -> Definition:
    formula = Bilingual(
        fr=f"notes 4 et 5 / notes 1 à 5 données par la personne à « {said.fr} »",
        en=f"marks 4–5 / marks 1–5 given by the person to '{said.en}'",
    )
    return Definition(name, 1, ("percent",), title, formula, ASIDE, DRIVERS)


_ALL = (
    Definition(
        "volume",
        1,
        ("count",),
        Bilingual(fr="Retours reçus", en="Feedback received"),
        Bilingual(fr="retours reçus dans la période", en="feedback submitted in the span"),
        BY_SUBMISSION,
        PLAIN_COUNT,
    ),
    Definition(
        "complaint_rate",
        4,
        ("per_1000",),
        Bilingual(fr="Plaintes pour 1 000 interactions", en="Complaints per 1,000 interactions"),
        Bilingual(
            fr="plaintes soumises dans la période / interactions déclarées pour les mêmes services et jours",
            en="complaints submitted in the span / interactions reported for the same services and days",
        ),
        Bilingual(
            fr="Sans interactions déclarées, pas de taux. Pour l'ensemble et par service, seules comptent les plaintes "
            "des services qui en déclarent, à trois jours près, ou à la fermeture près ; « partial_denominator » dit "
            "qu'il y en a eu d'autres, qui ventilées autrement comptent aussi.",
            en="Without interactions reported there is no rate. Of everything together and by service, only complaints "
            "about services that report them, within three days or a closure, count; `partial_denominator` says that "
            "there were others, which count where it is broken down otherwise.",
        ),
        WILSON,
    ),
    Definition(
        "csat",
        1,
        ("percent",),
        Bilingual(fr="Satisfaction", en="Satisfaction"),
        Bilingual(
            fr="notes 4 et 5 / notes 1 à 5 données par la personne elle-même", en="marks 4–5 / marks 1–5 by the person"
        ),
        ASIDE,
        WILSON,
    ),
    Definition(
        "csat_mean",
        1,
        ("score",),
        Bilingual(fr="Satisfaction moyenne", en="Mean satisfaction"),
        Bilingual(fr="moyenne des notes 1 à 5 données par la personne", en="mean of the marks 1–5 by the person"),
        ASIDE,
        Bilingual(
            fr="Intervalle : approximation normale, avec la variance de l'échantillon, dans les bornes des notes",
            en="Interval: normal approximation with the sample variance, within the scale",
        ),
    ),
    Definition(
        "nps",
        1,
        ("net_percent",),
        Bilingual(fr="Taux de recommandation net", en="Net promoter score"),
        Bilingual(
            fr="% de notes 9 et 10 − % de notes 0 à 6, sur toutes les notes 0 à 10 données par la personne",
            en="% of marks 9–10 − % of marks 0–6, of all marks 0–10 by the person",
        ),
        ASIDE,
        Bilingual(
            fr="F. F. Reichheld, Harvard Business Review (décembre 2003). Intervalle : d'après la variance "
            "multinomiale, L. A. Goodman, Technometrics 7 (1965)",
            en="F. F. Reichheld, Harvard Business Review (December 2003). Interval: from the multinomial variance, "
            "L. A. Goodman, Technometrics 7 (1965)",
        ),
    ),
    Definition(
        "ces",
        1,
        ("percent",),
        Bilingual(fr="Facilité de la démarche", en="Customer effort: it was easy"),
        Bilingual(fr="notes 5 à 7 / notes 1 à 7 données par la personne", en="marks 5–7 / marks 1–7 by the person"),
        ASIDE,
        _after("CES 2.0", WILSON),
    ),
    _driver("trust", Bilingual(fr="Confiance", en="Trust"), Bilingual(fr="confiance", en="trust")),
    _driver(
        "effectiveness", Bilingual(fr="Efficacité", en="Effectiveness"), Bilingual(fr="efficacité", en="effectiveness")
    ),
    _driver("ease", Bilingual(fr="Simplicité", en="Ease"), Bilingual(fr="simplicité", en="ease")),
    _driver("efficiency", Bilingual(fr="Rapidité", en="Efficiency"), Bilingual(fr="rapidité", en="efficiency")),
    _driver(
        "transparency",
        Bilingual(fr="Transparence", en="Transparency"),
        Bilingual(fr="transparence", en="transparency"),
    ),
    _driver("humanity", Bilingual(fr="Humanité", en="Humanity"), Bilingual(fr="humanité", en="humanity")),
    Definition(
        "assign_time",
        1,
        ("business_hours", "elapsed_hours"),
        Bilingual(fr="Délai d'attribution", en="Time to assign"),
        Bilingual(fr="de la soumission à la première attribution", en="from submission to the first assignment"),
        TIMES,
        ORDER,
    ),
    Definition(
        "acknowledge_time",
        2,
        ("business_hours", "elapsed_hours"),
        Bilingual(fr="Délai d'accusé de réception", en="Time to acknowledge"),
        Bilingual(
            fr="de la soumission au premier accusé de réception par un humain, ou à la première réponse finale s'il "
            "n'y en a pas eu avant ; les accusés automatiques sont exclus",
            en="from submission to the first acknowledgement by a human, or to the first final reply where none came "
            "before; automatic acknowledgements excluded",
        ),
        TIMES,
        ORDER,
    ),
    Definition(
        "reply_time",
        2,
        ("business_hours", "elapsed_hours"),
        Bilingual(fr="Délai de réponse", en="Time to reply"),
        Bilingual(
            fr="de la soumission à la première réponse finale qui a pu être remise",
            en="from submission to the first final reply that could be delivered",
        ),
        TIMES,
        ORDER,
    ),
    Definition(
        "resolve_time",
        2,
        ("business_hours", "elapsed_hours"),
        Bilingual(fr="Délai de résolution", en="Time to resolve"),
        Bilingual(
            fr="de la soumission à la dernière réponse finale d'un dossier clos, s'il n'a pas été rouvert depuis et si "
            "la personne n'a pas dit qu'elle ne réglait rien, ou pas tout",
            en="from submission to the last final reply of a case that is closed, unless it was opened again since or "
            "the person said that it did not solve it, or not all of it",
        ),
        TIMES,
        ORDER,
    ),
    Definition(
        "met_of_due",
        3,
        ("percent",),
        Bilingual(fr="Délais tenus parmi les délais échus", en="Met, of all that fell due"),
        Bilingual(
            fr="délais tenus / tous les délais de ce nom échus dans la période, ceux encore ouverts compris",
            en="clocks met / all clocks of that name that fell due in the span, open ones included",
        ),
        Bilingual(
            fr="Par date d'échéance (à minuit : le jour qui finit), jusqu'à l'instant de la lecture : ne pas "
            "répondre ne peut l'améliorer. Un délai annulé avant son échéance n'est pas dû ; annulé après, "
            "il n'est pas tenu. Pendant une suspension, un délai qui n'était pas échu ne l'est pas. « "
            "resolve » n'échoit pas tant qu'une réponse tient que la personne n'a pas contestée.",
            en="By due date (at midnight: the day that ends), up to the instant of reading: not answering "
            "cannot improve it. A clock cancelled before it was due is not owed; cancelled afterwards it is "
            "not met. While a case is suspended, a clock that was not yet due does not fall due. `resolve` "
            "falls due for nobody while an answer stands that the person has not contested.",
        ),
        WILSON,
    ),
    Definition(
        "standard_met",
        2,
        ("percent",),
        Bilingual(fr="Norme respectée", en="Service standard met"),
        Bilingual(
            fr="délais terminés dans la norme / délais de ce nom terminés dans la période",
            en="clocks ended within the standard / clocks of that name that ended in the span",
        ),
        Bilingual(
            fr="Par date de fin. À lire avec open_breached (échus et encore ouverts), late_entries (écrits plus d'un "
            "jour ouvrable après), et la part des délais prolongés, suspendus, déclinés, reclassés parmi les terminés.",
            en="By the day they ended. To be read with open_breached (fell due and still open), late_entries (written "
            "down more than one business day later), and the shares extended, suspended, declined and reclassified "
            "of those that ended.",
        ),
        WILSON,
    ),
    Definition(
        "first_contact_resolution",
        3,
        ("percent",),
        Bilingual(fr="Réglé au premier contact", en="Resolved at first contact"),
        Bilingual(
            fr="réponses obtenues sans que la personne ait dû revenir / réponses données dans la période, parmi les "
            "personnes dont les retours peuvent être reliés",
            en="answers for which the person did not have to come back / answers given in the span, over persons whose "
            "feedback can be linked",
        ),
        Bilingual(
            fr="Par date de la première réponse finale. Ne pas revenir : ni question ni message avant la réponse, et "
            "jusqu'à 14 jours après elle ni réouverture, ni dossier lié, ni autre retour de la même "
            "personne ; et elle n'a pas dit que la réponse n'avait pas tout réglé. Nul tant que ces 14 jours ne sont "
            "pas passés.",
            en="By the day of the first final reply. Not to come back: no question and no message before the "
            "reply, and until 14 days after it no reopening, no linked case, no other feedback of the same person; nor "
            "did they say that the answer did not solve everything. Null until these 14 days have passed.",
        ),
        WILSON,
    ),
    Definition(
        "reopen_rate",
        1,
        ("percent",),
        Bilingual(fr="Taux de réouverture", en="Reopened"),
        Bilingual(
            fr="rouverts, ou suivis d'un nouveau dossier lié, dans les 30 jours / répondus dans la période",
            en="reopened, or followed by a linked new case, within 30 days / answered in the span",
        ),
        Bilingual(
            fr="Par date de la première réponse finale ; nul tant que les 30 jours ne sont pas passés.",
            en="By the day of the first final reply; null until the 30 days have passed.",
        ),
        WILSON,
    ),
    Definition(
        "transfer_rate",
        1,
        ("percent",),
        Bilingual(fr="Taux de transfert", en="Transferred"),
        Bilingual(fr="dossiers transférés / dossiers", en="cases with a transfer / cases"),
        Bilingual(
            fr="Par jour de soumission. Un taux qui monte dit que l'aiguillage se trompe.",
            en="By the day of submission. A rising rate means wrong routing.",
        ),
        WILSON,
    ),
    Definition(
        "backlog",
        1,
        ("count",),
        Bilingual(fr="En attente de réponse", en="Backlog"),
        Bilingual(
            fr="dossiers ouverts et sans réponse finale, à la fin de la période ou à l'instant de la lecture",
            en="cases open without a final reply, at the end of the span or at the instant of reading",
        ),
        Bilingual(
            fr="Somme des +1 (ouverts, rouverts, réponse non remise) et −1 (répondus, clos) de chaque jour.",
            en="The running sum by day of +1 (opened, reopened, reply not delivered) and −1 (answered, closed).",
        ),
        PLAIN_COUNT,
    ),
    Definition(
        "backlog_age",
        1,
        ("business_hours",),
        Bilingual(fr="Âge de ce qui attend", en="Age of the backlog"),
        Bilingual(
            fr="p50 et p90 du temps ouvrable depuis l'ouverture, moins les suspensions, des dossiers en attente à la "
            "fin de la période ou à l'instant de la lecture",
            en="p50 and p90 of business time since opening, less suspensions, of the cases in the backlog at the end "
            "of the span or at the instant of reading",
        ),
        Bilingual(
            fr="D'après la table publiée du calendrier ; sans calendrier publié, nul.",
            en="By the calendar's published table; without one, null.",
        ),
        _interval(CONOVER),
    ),
    Definition(
        "resolution_confirmed_rate",
        2,
        ("percent",),
        Bilingual(fr="Résolution confirmée par la personne", en="Resolution confirmed by the person"),
        Bilingual(
            fr="« oui, c'est réglé » / personnes qui ont répondu (oui, en partie, non) après une réponse finale",
            en="'yes, it is solved' / persons who answered (yes, partly, no) after a final reply",
        ),
        Bilingual(
            fr="Par jour de soumission. « En partie » est montré à part, avec ceux qui ont répondu parmi ceux à qui on "
            "l'a demandé : une réponse envoyée n'est pas un problème réglé.",
            en="By the day of submission. Partly is shown apart, with those who answered of those who were asked: a "
            "reply sent is not a problem solved.",
        ),
        WILSON,
    ),
    Definition(
        "satisfaction_after",
        2,
        ("percent",),
        Bilingual(fr="Satisfaction après la réponse", en="Satisfaction after the answer"),
        Bilingual(
            fr="notes 4 et 5 / notes 1 à 5 données par la personne après une réponse finale, une par réponse",
            en="marks 4–5 / marks 1–5 given by the person after a final reply, one per answer given",
        ),
        Bilingual(
            fr="Par jour de soumission ; avec les réponses évaluées parmi toutes les réponses données.",
            en="By the day of submission; with the answers evaluated of all answers given.",
        ),
        WILSON,
    ),
)

DEFINITIONS: dict[KpiName, Definition] = {one.name: one for one in _ALL}
