"""Routing's events about a case, as the tests of intake tell them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from libs.common.clock import utc_now
from libs.common.stream.events import Received
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseEvent,
    CaseExtended,
    CaseOpened,
    CasePromised,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    ClockBreached,
    ClockCorrected,
)
from libs.contracts.organisation import TeamChanged, organisation_id_of
from tests.services.intake.house import told

DUE = datetime(2027, 3, 2, 21, 30, tzinfo=UTC)
"""The promised date: a Tuesday."""
SPENT = {"elapsed_seconds": 60, "business_seconds": 60}
OTHER_TEAM = {"team": "pensions", "team_name": {"fr": "Équipe des pensions", "en": "Pensions team"}}


def clocks(due_at: datetime | None = DUE, name: str = "reply", **besides: Any) -> list[dict[str, Any]]:
    starts = "reopening" if name == "stage2_reply" else "submission"
    clock = {"clock": name, "standard": "complaints", "standard_version": 1, "starts": starts, "due_at": due_at}
    return [clock | besides]


class Story:
    """The events of one case, each the next version, a minute after the one before."""

    def __init__(self, feedback_id: str, begins_at: datetime | None = None) -> None:
        self.feedback_id, self.version = feedback_id, 0
        self.now = begins_at or utc_now() - timedelta(hours=2)

    def _told(self, kind: type[CaseEvent], state: str, **fields: Any) -> Received[Any]:
        self.version += 1
        self.now += timedelta(minutes=1)
        if "effective_at" in kind.model_fields:
            fields.setdefault("effective_at", self.now)
        return told(kind, self.feedback_id, self.version, state=state, **fields)

    def opened(self, due_at: datetime | None = DUE, **fields: Any) -> Received[Any]:
        return self._told(CaseOpened, "new", submitted_at=self.now, clocks=clocks(due_at), **fields)

    def assigned(self, by: str = "rule", due_at: datetime | None = DUE, **fields: Any) -> Received[Any]:
        return self._told(CaseAssigned, "assigned", assigned_by=by, clocks=clocks(due_at), **fields)

    def transferred(self, due_at: datetime = DUE, state: str = "assigned") -> Received[Any]:
        return self._told(CaseTransferred, state, from_team="passports", clocks=clocks(due_at), **OTHER_TEAM)

    def acknowledged(self, **fields: Any) -> Received[Any]:
        return self._told(CaseAcknowledged, "acknowledged", **SPENT, **fields)

    def asked(self, until: datetime, text: str = "Quel est le numéro de votre reçu ?") -> Received[Any]:
        return self._told(CaseAsked, "waiting", until=until, text=text)

    def suspended(self, waiting_for: str, until: datetime, reason: str = "asked") -> Received[Any]:
        waits = {"waiting_for": waiting_for, "reason": reason, "until": until}
        return self._told(CaseSuspended, "waiting", clocks=clocks(), **waits)

    def resumed(self, by: str, due_at: datetime, **fields: Any) -> Received[Any]:
        return self._told(CaseResumed, "acknowledged", resumed_by=by, clocks=clocks(due_at, running=True), **fields)

    def extended(self, due_at: datetime, clock: str = "reply") -> Received[Any]:
        text = "Un document manque. Vous pouvez vous y opposer."
        now_are = clocks(due_at) if clock == "reply" else clocks()
        moved = {"clock": clock, "due_before": DUE, "due_at": due_at, "clocks": now_are}
        return self._told(CaseExtended, "acknowledged", text=text, **moved)

    def replied(
        self, answer: int | None = 1, text: str | None = "Votre passeport part demain.", **fields: Any
    ) -> Received[Any]:
        state = "answered" if answer else "acknowledged"
        outcome = fields.pop("outcome", "upheld") if answer else None
        final = {"interim": answer is None, "answer": answer, "outcome": outcome}
        return self._told(CaseReplied, state, text=text, **final, **SPENT, **fields)

    def closed(self, because: str = "time_passed", reopen_until: datetime | None = None) -> Received[Any]:
        return self._told(CaseClosed, "closed", because=because, reopen_until=reopen_until)

    def promised(self, due_at: datetime = DUE) -> Received[Any]:
        return self._told(CasePromised, "assigned", clocks=clocks(due_at))

    def reopened(
        self, due_at: datetime | None = None, *, unanswered: bool = False, kept: bool = False
    ) -> Received[Any]:
        """Unanswered where no reply that was given has reached the person; kept where one ended the second stage."""
        again = clocks(due_at, "stage2_reply", running=not kept) if due_at else []
        return self._told(CaseReopened, "acknowledged", reopened_count=1, clocks=clocks(running=unanswered) + again)

    def bounced(self, due_at: datetime = DUE, name: str = "reply") -> Received[Any]:
        """The reply that had ended the clock did not arrive: the clock runs on."""
        clock = {"clock": name, "standard": "complaints", "standard_version": 1, "started_at": due_at}
        return self._told(ClockCorrected, "acknowledged", due_at=due_at, because="undeliverable", **clock)

    def breached(self, due_at: datetime = DUE) -> Received[Any]:
        clock = {"clock": "reply", "standard": "complaints", "standard_version": 1, "started_at": due_at}
        return self._told(ClockBreached, "acknowledged", due_at=due_at, **clock)


def team_changed(code: str, version: int = 1, **fields: Any) -> Received[TeamChanged]:
    """What routing tells of a team."""
    event = TeamChanged.model_validate({"code": code, **fields})
    now, subject = utc_now(), organisation_id_of("team", code)
    return Received(id=uuid4(), pos=version, subject=subject, version=version, time=now, recorded_at=now, event=event)
