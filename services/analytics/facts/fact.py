"""What a fact is: all that is known of one feedback and its case, but for words and persons.

Every field belongs to one of the two logs, and only that log's events change it. So the logs may overtake each other
in any way: what comes out is the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self
from uuid import UUID

from libs.contracts.feedback import ReplyUndeliverable

Json = Mapping[str, Any]
UNDELIVERABLE = ReplyUndeliverable.type


@dataclass(frozen=True)
class Clock:
    """A clock as it stands, or as it ended. Without `due_at` it has not started."""

    standard: str
    standard_version: int
    starts: str | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    elapsed_seconds: int | None = None
    business_seconds: int | None = None
    met: bool | None = None
    suspended_seconds: int = 0
    extended: bool = False
    late_entry: bool = False
    cancelled_at: datetime | None = None


@dataclass(frozen=True)
class Fact:
    """One feedback. Lists of moments are in the order in which they were told, written as ISO 8601.

    `feedback_details`, `case_details` and `case_events` hold what no formula needs yet. They are not read back: what
    an event adds to them is merged into what lies in the database, key by key.
    """

    feedback_id: UUID

    feedback_version: int = 0
    submitted_at: datetime | None = None
    historical: bool | None = None
    channel: str | None = None
    kind: str | None = None
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    language: str | None = None
    respondent: str | None = None
    source: str | None = None
    touchpoint: str | None = None
    phase: str | None = None
    person_ref: UUID | None = None
    """The same in all feedback of a person who allows it. Erasure takes it away."""
    may_evaluate: bool = True
    """Somebody is asked whether an answer solved it: not who speaks for another without authority."""
    reclassified: bool = False
    """Staff changed a kind, a service, a service point or a topic that was there."""
    withdrawn_at: datetime | None = None
    messages: tuple[str, ...] = ()
    """When the person, or who submitted for them, added something."""
    deliveries: tuple[Json, ...] = ()
    ratings: tuple[Json, ...] = ()
    evaluations: tuple[Json, ...] = ()
    feedback_details: Json = field(default_factory=dict)

    case_version: int = 0
    team: str | None = None
    state: str | None = None
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    """By name; one that has run before has its earlier runs as `name/1`, `name/2` …"""
    turns: tuple[str, ...] = ()
    """When the case was opened, settled (answered or closed), open again, settled again …"""
    opened_at: datetime | None = None
    settled_at: datetime | None = None
    """When it was settled last; none while it is open."""
    suspensions: tuple[tuple[str, str | None], ...] = ()
    """From when to when it waited; the last may have no end yet."""
    assigned_at: datetime | None = None
    assign_elapsed_seconds: int | None = None
    assign_business_seconds: int | None = None
    acknowledged_at: datetime | None = None
    """By a human, first; with its spans. A final reply acknowledges too."""
    acknowledge_elapsed_seconds: int | None = None
    acknowledge_business_seconds: int | None = None
    replies: tuple[Json, ...] = ()
    """Final replies: `answer` (its number), `at`, the spans since submission, `outcome`, `on_the_spot`."""
    transfers: int = 0
    asked: tuple[str, ...] = ()
    reopenings: tuple[str, ...] = ()
    links: Json = field(default_factory=dict)
    """Other feedback whose case belongs together with this one, and when its case opened."""
    case_details: Json = field(default_factory=dict)
    case_events: Json = field(default_factory=dict)
    """What is peculiar to each event of the case, by its version."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The fact that has these values, all of them. With 45 fields, `__init__` costs ten times as much."""
        fact = object.__new__(cls)
        fact.__dict__.update(values)
        return fact

    def after(self, changed: Mapping[str, Any]) -> Self:
        """The fact with other values of some fields: what `dataclasses.replace` does, at a tenth of its price."""
        values = {**self.__dict__, **changed}
        values.pop("standing", None)
        return self.of(values)

    @property
    def active_on(self) -> tuple[str, ...]:
        """The days, in UTC, on which its case counts for anything: by them an index finds those of a span."""
        moments = [moment for clock in self.clocks.values() for moment in (clock.due_at, clock.ended_at) if moment]
        moments += [datetime.fromisoformat(one) for one in (*self.turns, *(one["at"] for one in self.replies))]
        return tuple(sorted({at.astimezone(UTC).date().isoformat() for at in moments}))

    @cached_property
    def standing(self) -> list[Json]:
        """The final replies that stand, in their order: all but those that, as was told last, did not reach the
        person.
        """
        if not self.replies:
            return []
        last_told = {one.get("answer"): one["type"] for one in self.deliveries}
        return [one for one in self.replies if last_told.get(one["answer"]) != UNDELIVERABLE]

    def solved(self, reply: Json) -> str | None:
        """What the person said of an answer, last."""
        said: list[str] = [one["solved"] for one in self.evaluations if one["answer"] == reply["answer"]]
        return said[-1] if said else None

    @property
    def replied_at(self) -> datetime | None:
        """By the first final reply that stands."""
        standing = self.standing
        return datetime.fromisoformat(standing[0]["at"]) if standing else None


_FIELDS = [one.name for one in fields(Fact)]
FEEDBACK_COLUMNS = tuple(_FIELDS[1 : _FIELDS.index("case_version")])
"""What intake's log writes."""
CASE_COLUMNS = (*_FIELDS[_FIELDS.index("case_version") :], "active_on")
"""What routing's log writes."""
