"""What a rule or a standard asks of a feedback, and of what two of them both hold."""

from collections.abc import Iterator
from functools import cached_property
from typing import Protocol

from pydantic import Field

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
