"""What happened, as the agency would tell it: what somebody said, what was done, what they said of the answer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Deed:
    """A verb of a case, and when it was done; a deed of today has no moment."""

    verb: str
    at: datetime | None
    body: dict[str, Any] = field(default_factory=dict)

    def as_sent(self) -> dict[str, Any]:
        return self.body | ({"effective_at": self.at.isoformat()} if self.at else {})


@dataclass(frozen=True)
class Verdict:
    """What the person said of an answer; 1 is the first."""

    answer: int
    solved: str
    csat: int | None


@dataclass
class Story:
    """`sender` is the partner or device; `feedback` is what it sends; `agent` does the deeds."""

    reference: str
    sender: str
    submitted_at: datetime
    feedback: dict[str, Any]
    agent: str = ""
    person: int | None = None
    """Whose feedback can be linked."""
    deeds: list[Deed] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    live: bool = False
    """Of today: open, and not brought in from before."""
    message: str | None = None
    """What the person adds, today."""

    @property
    def has_case(self) -> bool:
        return self.feedback.get("kind") in ("complaint", "enquiry", "service_request")

    def moments(self, verb: str) -> list[datetime]:
        """When a verb was done."""
        return [deed.at for deed in self.deeds if deed.verb == verb and deed.at]


@dataclass(frozen=True)
class Count:
    """Calls, visits or page views of a day, as a partner reports them."""

    sender: str
    body: dict[str, Any]
