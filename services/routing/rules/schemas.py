"""Rules: which team answers what. The first that matches decides; the last must be the catch-all."""

from collections.abc import Sequence
from typing import Protocol

from pydantic import Field

from libs.common.wire import Wire
from libs.contracts.codes import Channel, Code, Kind


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


class Condition(Wire):
    """Holds when each list that is given has the feedback's value; an empty condition holds always."""

    service: list[Code] = []
    service_point: list[Code] = []
    topic: list[Code] = []
    channel: list[Channel] = []
    kind: list[Kind] = []
    language: list[str] = []

    def holds(self, attributes: Attributes) -> bool:
        return all(not allowed or getattr(attributes, name) in allowed for name, allowed in self)

    @property
    def is_empty(self) -> bool:
        return not any(allowed for _, allowed in self)


class Rule(Wire):
    when: Condition = Condition()
    team: Code
    opens_case: bool = Field(False, description="an answer is owed whatever the kind")


def decide(rules: Sequence[Rule], attributes: Attributes) -> Rule:
    """The first rule that holds. The catch-all at the end always does."""
    return next(rule for rule in rules if rule.when.holds(attributes))
