"""What each figure means. A formula that changes gets a new version; a name never changes its meaning."""

from dataclasses import dataclass
from typing import Literal, get_args

from libs.common.languages import Bilingual

KpiName = Literal[
    "volume",
    "acknowledge_time",
    "reply_time",
    "met_of_due",
    "standard_met",
    "csat",
    "resolution_confirmed_rate",
]
Unit = Literal["count", "percent", "business_hours", "elapsed_hours"]


@dataclass(frozen=True)
class Definition:
    """A figure's formula, in words that may be published beside it."""

    name: KpiName
    version: int
    units: tuple[Unit, ...]
    title: Bilingual
    formula: Bilingual
    source: str


_TIME_UNITS: tuple[Unit, ...] = ("business_hours", "elapsed_hours")

_ALL = (
    Definition(
        "volume",
        1,
        ("count",),
        Bilingual(fr="Rétroactions reçues", en="Feedback received"),
        Bilingual(fr="retours reçus dans la période", en="feedback submitted in the span"),
        "A plain count",
    ),
    Definition(
        "acknowledge_time",
        1,
        _TIME_UNITS,
        Bilingual(fr="Délai d'accusé de réception", en="Time to acknowledge"),
        Bilingual(
            fr="p50, p90 et p95 du délai entre la soumission et le premier accusé de réception par un humain, ou la "
            "première réponse finale s'il n'y en a pas eu avant ; les accusés automatiques sont exclus ; "
            "retours soumis dans la période et accusés",
            en="p50, p90 and p95 of the time from submission to the first acknowledgement by a human, or to the first "
            "final reply where none came before; automatic acknowledgements excluded; of the feedback submitted in "
            "the span that was acknowledged",
        ),
        "Interval: W. J. Conover, Practical Nonparametric Statistics (3rd ed., 1999), § 3.2",
    ),
    Definition(
        "reply_time",
        1,
        _TIME_UNITS,
        Bilingual(fr="Délai de réponse", en="Time to reply"),
        Bilingual(
            fr="p50, p90 et p95 du délai entre la soumission et la première réponse finale ; retours soumis "
            "dans la période et répondues",
            en="p50, p90 and p95 of the time from submission to the first final reply; of the feedback submitted in "
            "the span that was replied to",
        ),
        "Interval: W. J. Conover, Practical Nonparametric Statistics (3rd ed., 1999), § 3.2",
    ),
    Definition(
        "met_of_due",
        1,
        ("percent",),
        Bilingual(fr="Délais tenus parmi les délais échus", en="Met, of all that fell due"),
        Bilingual(
            fr="délais tenus / tous les délais de ce nom échus dans la période, ceux encore ouverts compris ; par "
            "date d'échéance, jusqu'à l'instant de la lecture : ne pas répondre ne peut l'améliorer",
            en="clocks met / all clocks of that name that fell due in the span, open ones included; by due date, up to "
            "the instant of reading: not answering cannot improve it",
        ),
        "Interval: E. B. Wilson, Journal of the American Statistical Association 22 (1927)",
    ),
    Definition(
        "standard_met",
        1,
        ("percent",),
        Bilingual(fr="Norme respectée", en="Service standard met"),
        Bilingual(
            fr="délais terminés dans la norme / délais de ce nom terminés dans la période, par date de fin ; à côté, "
            "open_breached : échus dans la période et encore ouverts",
            en="clocks ended within the standard / clocks of that name that ended in the span, by the day they ended; "
            "beside it open_breached: fell due in the span and still open",
        ),
        "Interval: E. B. Wilson, Journal of the American Statistical Association 22 (1927)",
    ),
    Definition(
        "csat",
        1,
        ("percent",),
        Bilingual(fr="Satisfaction", en="Satisfaction"),
        Bilingual(
            fr="notes 4 et 5 / notes 1 à 5 données par la personne elle-même ; les notes données avec assistance ou "
            "saisies par le personnel sont à côté, jamais mêlées",
            en="marks 4–5 / marks 1–5 given by the person; assisted and staff-entered marks stand beside it, never "
            "mixed in",
        ),
        "Interval: E. B. Wilson, Journal of the American Statistical Association 22 (1927)",
    ),
    Definition(
        "resolution_confirmed_rate",
        1,
        ("percent",),
        Bilingual(fr="Résolution confirmée par la personne", en="Resolution confirmed by the person"),
        Bilingual(
            fr="« oui, c'est réglé » / personnes qui ont répondu (oui, en partie, non) après une réponse finale ; "
            "« en partie » est montré à part, avec ceux qui ont répondu parmi ceux à qui on l'a demandé",
            en="'yes, it is solved' / persons who answered (yes, partly, no) after a final reply; partly shown apart, "
            "with those who answered of those who were asked",
        ),
        "Interval: E. B. Wilson, Journal of the American Statistical Association 22 (1927)",
    ),
)

DEFINITIONS: dict[KpiName, Definition] = {one.name: one for one in _ALL}
NAMES: tuple[KpiName, ...] = get_args(KpiName)
