"""Which rule decides, and which rules cannot be in force together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.routing.rules.conditions import Attributes
from services.routing.rules.schemas import Rule


def decide(rules: Sequence[Rule], attributes: Attributes) -> tuple[int, Rule]:
    """The first rule that holds, with its place; 1 is the first. The catch-all at the end always does."""
    return next((place, rule) for place, rule in enumerate(rules, 1) if rule.when.holds(attributes))


@dataclass(frozen=True)
class Nonsense:
    """Why a rule set is refused: which rule, from 0, and which of its fields."""

    rule: int
    field: str
    code: str
    en: str
    fr: str


def nonsense_in(rules: Sequence[Rule]) -> Iterator[Nonsense]:
    """What a rule set cannot be in force with, whatever the teams are."""
    if not rules[-1].when.is_empty:
        yield Nonsense(
            len(rules) - 1,
            "when",
            "no_catch_all",
            "The last rule must have no condition: it is the catch-all, so that nothing is without an owner.",
            "La dernière règle ne doit avoir aucune condition : elle prend tout le reste, pour que rien ne reste sans "
            "responsable.",
        )
    for place, rule in enumerate(rules):
        before = next((at for at, one in enumerate(rules[:place]) if one.when.covers(rule.when)), None)
        if before is None:
            continue
        if rules[before].when.is_empty:
            yield Nonsense(
                place,
                "when",
                "after_the_catch_all",
                "No rule can follow one that has no condition.",
                "Aucune règle ne peut suivre celle qui n'a pas de condition.",
            )
        else:
            yield Nonsense(
                place,
                "when",
                "never_reached",
                f"This rule can never decide: rule {before + 1} holds for all that it holds for.",
                f"Cette règle ne peut jamais décider : la règle {before + 1} vaut pour tout ce à quoi elle s'applique.",
            )
