"""Rules: which team answers what. The first that holds decides; the last must be the catch-all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, Field

from libs.common.examples import shown
from libs.common.wire import Wire
from libs.contracts.codes import Code
from services.routing.organisation.versions import VersionOut, Versions
from services.routing.rules.conditions import Attributes, Condition


class Rule(Wire):
    """What the condition holds for is answered by the team."""

    when: Condition = Condition()
    team: Code
    opens_case: bool = Field(False, description="an answer is owed whatever the kind")


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


class RulesContent(Wire):
    """The whole set, in order."""

    model_config = shown(
        {
            "rules": [
                {"when": {"service": ["passports", "passport-renewal"]}, "team": "passports"},
                {"when": {"service": ["pensions"]}, "team": "pensions"},
                {"team": "first-line"},
            ]
        }
    )

    rules: list[Rule] = Field(min_length=1, max_length=1_000)


class RuleWarning(BaseModel):
    """What is accepted, and may be a mistake: a code that the catalogue does not have, as far as routing knows."""

    pointer: str = Field(description="JSON pointer into the rules", examples=["/rules/0/when/service/1"])
    code: str = Field(examples=["unknown_service"])
    detail: str


class RulesOut(RulesContent):
    """The rules in force."""

    model_config = shown(
        {
            "rules": [
                {"when": {"service": ["passports", "passport-renewal"]}, "team": "passports"},
                {"when": {"service": ["pensions"]}, "team": "pensions"},
                {"team": "first-line"},
            ],
            "version": 1,
            "published_at": "2026-11-23T14:05:00Z",
            "published_by": "admin",
            "warnings": [],
        }
    )

    version: int
    published_at: datetime
    published_by: str | None
    warnings: list[RuleWarning]


class RulesVersionOut(VersionOut[RulesContent]):
    """A version of the rules: what was published, by whom and when."""


class RulesVersions(Versions[RulesVersionOut]):
    """Versions of the rules, the newest first."""
