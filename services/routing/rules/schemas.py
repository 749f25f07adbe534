"""Rules: which team answers what. The first that holds decides; the last must be the catch-all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from pydantic import BaseModel, Field

from libs.common.examples import shown
from libs.common.wire import Wire
from libs.contracts.codes import (
    Channel,
    Code,
    Disclosure,
    Kind,
    LanguageTag,
    Priority,
    Respondent,
    Source,
    Urgency,
)
from services.routing.organisation.versions import VersionOut, Versions


class Attributes(Protocol):
    """What rules and standards look at."""

    @property
    def service(self) -> str | None: ...
    @property
    def service_point(self) -> str | None: ...
    @property
    def topic(self) -> str | None: ...
    @property
    def channel(self) -> str: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def language(self) -> str | None: ...
    @property
    def respondent(self) -> str | None: ...
    @property
    def urgent(self) -> str | None: ...
    @property
    def priority(self) -> str: ...
    @property
    def disclosure(self) -> str: ...
    @property
    def concerns_staff(self) -> bool: ...
    @property
    def source(self) -> str | None: ...
    @property
    def response_requested(self) -> bool: ...


class Condition(Wire):
    """Holds when each value or list that is given has the feedback's own; an empty condition holds always.

    The order of the fields is that in which they make a condition specific: see `specificity`.
    """

    service: list[Code] = Field([], max_length=1_000)
    kind: list[Kind] = []
    priority: list[Priority] = Field([], description="`urgent` for what is told at once, else `normal`")
    service_point: list[Code] = Field([], max_length=1_000)
    topic: list[Code] = Field([], max_length=1_000)
    channel: list[Channel] = []
    language: list[LanguageTag] = Field([], max_length=200, description="`fr` stands for `fr-CA`, too")
    respondent: list[Respondent] = []
    urgent: list[Urgency] = []
    disclosure: list[Disclosure] = []
    concerns_staff: bool | None = None
    source: list[Source] = []
    response_requested: bool | None = None

    def holds(self, attributes: Attributes) -> bool:
        return all(_allows(name, allowed, getattr(attributes, name)) for name, allowed in self.named.items())

    @cached_property
    def named(self) -> dict[str, frozenset[object]]:
        """What it asks for: the values that each field it names may have."""
        given = {name: [value] if isinstance(value, bool) else value for name, value in self}
        return {name: frozenset(values) for name, values in given.items() if values}

    @property
    def is_empty(self) -> bool:
        return not self.named

    @property
    def specificity(self) -> tuple[bool, ...]:
        """Compares conditions: one that names the service is above all that do not, among those one that names the
        kind, then the priority, and so on in the order of the fields.
        """
        return tuple(name in self.named for name in type(self).model_fields)

    def covers(self, other: "Condition") -> bool:
        """Whether it holds for all that the other holds for."""
        return all(
            name in other.named and _all_of(name, allowed, other.named[name]) for name, allowed in self.named.items()
        )

    def meets(self, other: "Condition") -> bool:
        """Whether there can be something that both hold for."""
        shared = self.named.keys() & other.named.keys()
        return all(_any_of(name, self.named[name], other.named[name]) for name in shared)


def _allows(name: str, allowed: frozenset[object], value: object) -> bool:
    return value in allowed or (name == "language" and not allowed.isdisjoint(_wider(value)))


def _all_of(name: str, allowed: frozenset[object], values: frozenset[object]) -> bool:
    return values <= allowed or (name == "language" and all(_allows(name, allowed, one) for one in values))


def _any_of(name: str, some: frozenset[object], others: frozenset[object]) -> bool:
    """Whether there is a value that both allow."""
    return bool(some & others) or (
        name == "language"
        and (any(_allows(name, some, one) for one in others) or any(_allows(name, others, one) for one in some))
    )


def _wider(tag: object) -> Iterator[str]:
    """The language ranges (RFC 4647, 3.3.1) that a tag is in, besides itself: `zh-Hant` and `zh` of `zh-Hant-TW`."""
    while isinstance(tag, str) and "-" in tag:
        tag = tag.rpartition("-")[0]
        yield tag


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
