"""How a due moment came about: everything that made or moved it, in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.routing.cases.models import NEVER
from services.routing.cases.schemas import ClockOut, SuspensionOut, TimelineLine

Happening = Literal["started", "suspended", "extended", "ended", "cancelled"]


@dataclass(frozen=True)
class Step:
    """What happened to a clock: `until`, the end of a suspension, or the new due moment of an extension."""

    what: Happening
    at: datetime
    until: datetime | None = None
    before: datetime | None = None
    suspension: SuspensionOut | None = None
    by: str | None = None


@dataclass(frozen=True)
class Ledger:
    """A clock, with the steps that its due moment is computed from."""

    clock: ClockOut
    steps: Sequence[Step]

    @property
    def is_running(self) -> bool:
        return self.clock.due_at is not None and self.clock.ended_at is None and self.clock.cancelled_at is None


def ledgers(
    clocks: Iterable[ClockOut], suspensions: Sequence[SuspensionOut], lines: Sequence[TimelineLine]
) -> list[Ledger]:
    """Of each clock, those that run first, what is due first before the others."""
    found = [Ledger(clock, _steps(clock, suspensions, lines)) for clock in clocks]
    return sorted(found, key=lambda one: (not one.is_running, one.clock.due_at or NEVER))


def _steps(clock: ClockOut, suspensions: Sequence[SuspensionOut], lines: Sequence[TimelineLine]) -> list[Step]:
    if clock.started_at is None:
        return []
    over = clock.ended_at or clock.cancelled_at
    steps = [Step("started", clock.started_at)]
    for span in suspensions:
        if (span.ended_at is None or span.ended_at > clock.started_at) and (over is None or span.from_at < over):
            steps.append(Step("suspended", span.from_at, until=span.ended_at, suspension=span))
    for line in lines:
        if line.verb == "extend" and line.details.get("clock") == clock.clock:
            before, after = (datetime.fromisoformat(str(line.details[name])) for name in ("due_before", "due_at"))
            steps.append(Step("extended", line.effective_at, until=after, before=before, by=line.by))
    if clock.ended_at:
        steps.append(Step("ended", clock.ended_at))
    if clock.cancelled_at:
        steps.append(Step("cancelled", clock.cancelled_at))
    return sorted(steps, key=lambda step: step.at)
