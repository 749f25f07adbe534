"""The two logs as the readers get them: stories of feedbacks and cases, told as events with their places."""

import random
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_OID, UUID, uuid5

import orjson

from libs.common.stream.events import Envelope, Event, Received
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseExtended,
    CaseLinked,
    CaseOpened,
    CasePromised,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    CaseUnasked,
    ClockCorrected,
    ClockEnd,
    ClockState,
    RuleDecided,
    case_id_of,
)
from libs.contracts.feedback import (
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    Rating,
    ReplyDelivered,
    ReplyUndeliverable,
)

Source = Literal["intake", "routing"]
CLASSIFIED = ("kind", "service", "service_point", "topic", "language")
_KEPT_AT_THE_END = {
    "clock",
    "standard",
    "standard_version",
    "started_at",
    "due_at",
    "suspended_seconds",
    "extended",
}
TEAM_NAME = {"fr": "Équipe", "en": "Team"}


@dataclass(frozen=True)
class Told:
    """An event before it has its place in a log."""

    source: Source
    subject: UUID
    version: int
    time: datetime
    event: Event

    def received(self) -> Received[Any]:
        return Received(
            id=UUID(int=zlib.crc32(f"{self.subject}{self.version}".encode())),
            pos=1,
            subject=self.subject,
            version=self.version,
            time=self.time,
            recorded_at=self.time,
            event=self.event,
        )


@dataclass
class Story:
    """One feedback and its case, told step by step; `steps` holds each log's events in order."""

    feedback_id: UUID
    submitted_at: datetime
    channel: str = "web"
    kind: str | None = "complaint"
    service: str | None = "tax"
    topic: str | None = None
    language: str | None = None
    ratings: tuple[Rating, ...] = ()
    team: str = "front"
    details: dict[str, Any] = field(default_factory=dict)
    """What else `feedback.submitted` says."""
    clocks: dict[str, ClockState] = field(default_factory=dict)
    ended: dict[int, dict[str, ClockState]] = field(default_factory=dict)
    """The clocks that an answer ended, as they ran."""
    lost: dict[int, list[str]] = field(default_factory=dict)
    """Of an answer that did not arrive, the clocks that it had ended."""
    waiting_since: datetime | None = None
    feedback_events: list[Told] = field(default_factory=list)
    case_events: list[Told] = field(default_factory=list)

    @property
    def events(self) -> list[Told]:
        return [*self.feedback_events, *self.case_events]

    def submitted(self) -> "Story":
        return self._feedback(
            self.submitted_at,
            FeedbackSubmitted(
                reference="EC-0000-0000",
                source=self.details.pop("source", "web_form"),
                submitted_at=self.submitted_at,
                recorded_at=self.submitted_at,
                channel=self.channel,
                kind=self.kind,
                service=self.service,
                topic=self.topic,
                language=self.language,
                ratings=self.ratings,
                **self.details,
            ),
        )

    def redacted(self, language: str) -> "Story":
        return self._feedback(
            self.submitted_at, FeedbackVerbatimRedacted(text="…", language=language, language_confidence=0.9)
        )

    def evaluated(self, answer: int, solved: str, at: datetime, ratings: tuple[Rating, ...] = ()) -> "Story":
        return self._feedback(at, FeedbackEvaluated(answer=answer, solved=solved, ratings=ratings))

    def reclassified(self, at: datetime, **changed: str) -> "Story":
        for name, value in changed.items():
            setattr(self, name, value) if hasattr(self, name) else self.details.update({name: value})
        now = {name: getattr(self, name, self.details.get(name)) for name in CLASSIFIED}
        return self._feedback(at, FeedbackReclassified(**now, changed=tuple(changed)))

    def message(self, at: datetime) -> "Story":
        return self._feedback(at, FeedbackMessageAdded(message_id=self.feedback_id, sent_at=at, text="…"))

    def withdrawn(self, at: datetime) -> "Story":
        """The person wants no answer any more: what runs is owed no longer."""
        self._feedback(at, FeedbackWithdrawn(effective_at=at))
        if not self.case_events:
            return self
        lapsed = [clock.model_copy(update={"cancelled_at": at}) for clock in self.clocks.values()]
        return self._case(
            CaseClosed, at, "closed", effective_at=at, outcome="withdrawn", because="withdrawn", clocks=tuple(lapsed)
        )

    def undelivered(self, answer: int, at: datetime) -> "Story":
        """The last answer did not reach the person: its clocks run on as if they had never stopped."""
        event = ReplyUndeliverable(reply_id=self.feedback_id, answer=answer, by="email", because="bounced", found_at=at)
        self._feedback(at, event)
        self.lost[answer] = list(self.ended[answer])
        for clock in self.ended.pop(answer).values():
            self.clocks[clock.clock] = clock
            about = clock.model_dump(include={"clock", "standard", "standard_version", "started_at", "due_at"})
            self._case(ClockCorrected, at, "acknowledged", because="undeliverable", **about)
        return self

    def delivered(self, answer: int, at: datetime, given_at: datetime) -> "Story":
        """It arrived after all, and counts from when it was given."""
        self._feedback(at, ReplyDelivered(reply_id=self.feedback_id, answer=answer, by="phone", delivered_at=at))
        for end in self._end(given_at, *self.lost.pop(answer)):
            said = end.model_dump(include=set(ClockCorrected.model_fields))
            self._case(ClockCorrected, at, "answered", because="undeliverable", **said)
        return self

    def opened(self, team: str | None = None, **due_at: datetime | None) -> "Story":
        """Clocks by name with their due moments; one without a moment starts at the assignment."""
        self.team = team or self.team
        self._start(due_at)
        return self._case(
            CaseOpened,
            self.submitted_at,
            "new",
            submitted_at=self.submitted_at,
            clocks=tuple(self.clocks.values()),
        )

    def promised(self, at: datetime, **due_at: datetime) -> "Story":
        """It is known only now what it is about, and what is promised."""
        self._start(due_at)
        return self._case(CasePromised, at, "new", effective_at=at, clocks=tuple(self.clocks.values()))

    def assigned(self, team: str, at: datetime, **due_at: datetime) -> "Story":
        self.team = team
        for name, due in due_at.items():
            self.clocks[name] = self.clocks[name].model_copy(update={"started_at": at, "due_at": due})
        return self._case(
            CaseAssigned,
            at,
            "assigned",
            effective_at=at,
            assigned_by="staff",
            clocks=tuple(self.clocks.values()),
        )

    def transferred(self, team: str, at: datetime) -> "Story":
        former, self.team = self.team, team
        return self._case(
            CaseTransferred, at, "assigned", effective_at=at, from_team=former, clocks=tuple(self.clocks.values())
        )

    def decided(self, team: str, at: datetime, hidden_from: tuple[str, ...]) -> "Story":
        return self._case(RuleDecided, at, "new", rule_set_version=1, rule=1, chosen_team=team, hidden_from=hidden_from)

    def asked(self, at: datetime) -> "Story":
        return self._case(CaseAsked, at, "acknowledged", effective_at=at, until=at + timedelta(days=10), text="…")

    def unasked(self, at: datetime, asked_at: datetime) -> "Story":
        return self._case(CaseUnasked, at, "acknowledged", asked_at=asked_at)

    def suspended(self, at: datetime) -> "Story":
        self.waiting_since = at
        return self._case(
            CaseSuspended,
            at,
            "waiting",
            effective_at=at,
            waiting_for="person",
            reason="documents",
            until=at + timedelta(days=10),
            clocks=tuple(self.clocks.values()),
        )

    def resumed(self, at: datetime) -> "Story":
        """The due moments that had not come yet move by the time suspended."""
        since = self.waiting_since or at
        for name, clock in self.clocks.items():
            if clock.due_at is not None and clock.due_at > since:
                moved = {"due_at": clock.due_at + (at - since), "suspended_seconds": int((at - since).total_seconds())}
                self.clocks[name] = clock.model_copy(update=moved)
        return self._case(
            CaseResumed,
            at,
            "acknowledged",
            effective_at=at,
            resumed_by="staff",
            clocks=tuple(self.clocks.values()),
        )

    def extended(self, at: datetime, name: str, due_at: datetime) -> "Story":
        before = self.clocks[name]
        self.clocks[name] = before.model_copy(update={"due_at": due_at, "extended": True})
        return self._case(
            CaseExtended,
            at,
            "acknowledged",
            effective_at=at,
            clock=name,
            due_before=before.due_at,
            due_at=due_at,
            clocks=tuple(self.clocks.values()),
        )

    def reopened(self, at: datetime, due_at: datetime) -> "Story":
        self.clocks["stage2_reply"] = ClockState(
            clock="stage2_reply",
            standard="fast",
            standard_version=1,
            starts="reopening",
            started_at=at,
            due_at=due_at,
        )
        return self._case(
            CaseReopened,
            at,
            "acknowledged",
            effective_at=at,
            reopened_by="person",
            reopened_count=1,
            clocks=tuple(self.clocks.values()),
        )

    def linked(self, other: "Story", at: datetime) -> "Story":
        return self._case(
            CaseLinked,
            at,
            self.case_events[-1].event.state,  # type: ignore[attr-defined]
            effective_at=at,
            linked_feedback_id=other.feedback_id,
            linked_case_id=case_id_of(other.feedback_id),
            linked_opened_at=other.case_events[0].time,
        )

    def acknowledged(self, at: datetime, automatic: bool = False) -> "Story":
        ended = () if automatic else self._end(at, "acknowledge")
        return self._case(CaseAcknowledged, at, "acknowledged", automatic=automatic, ended=ended, **self._took(at))

    def replied(
        self, at: datetime, answer: int | None = 1, outcome: str | None = None, late_entry: bool = False
    ) -> "Story":
        ran = dict(self.clocks)
        ended = () if answer is None else self._end(at, "acknowledge", "reply", "stage2_reply", late_entry=late_entry)
        if answer is not None:
            self.ended[answer] = {one.clock: ran[one.clock] for one in ended}
        return self._case(
            CaseReplied,
            at,
            "acknowledged" if answer is None else "answered",
            interim=answer is None,
            answer=answer,
            outcome=outcome,
            ended=ended,
            **self._took(at),
        )

    def put_right(self, at: datetime) -> "Story":
        """What was done last ended a clock in time, whose breach had been told meanwhile: there was none."""
        event: Any = self.case_events[-1].event
        for end in event.ended:
            said = end.model_dump(include=set(ClockCorrected.model_fields))
            self._case(ClockCorrected, at, event.state, because="late_entry", breach_untrue=True, **said)
        return self

    def closed(self, at: datetime, replied_at: datetime | None = None) -> "Story":
        ended = self._end(replied_at, "resolve") if replied_at else ()
        return self._case(CaseClosed, at, "closed", effective_at=at, because="time_passed", ended=ended)

    def _start(self, due_at: Mapping[str, datetime | None]) -> None:
        self.clocks = {
            name: ClockState(
                clock=name,
                standard="fast",
                standard_version=1,
                starts="submission" if due else "assignment",
                started_at=self.submitted_at if due else None,
                due_at=due,
            )
            for name, due in due_at.items()
        }

    def _took(self, at: datetime) -> dict[str, Any]:
        """A calendar in which a third of every span is business time."""
        seconds = int((at - self.submitted_at).total_seconds())
        return {"effective_at": at, "elapsed_seconds": seconds, "business_seconds": seconds // 3}

    def _end(self, at: datetime, *names: str, late_entry: bool = False) -> tuple[ClockEnd, ...]:
        ended = []
        for name in names:
            clock = self.clocks.pop(name, None)
            if clock is not None and clock.due_at is not None and clock.started_at is not None:
                seconds = int((at - clock.started_at).total_seconds())
                ended.append(
                    ClockEnd(
                        **clock.model_dump(include=_KEPT_AT_THE_END),
                        late_entry=late_entry,
                        ended_at=at,
                        elapsed_seconds=seconds,
                        business_seconds=seconds // 3,
                        met=at <= clock.due_at,
                    )
                )
        return tuple(ended)

    def _feedback(self, at: datetime, event: Event) -> "Story":
        self.feedback_events.append(Told("intake", self.feedback_id, len(self.feedback_events) + 1, at, event))
        return self

    def _case(self, kind: type[Event], at: datetime, state: str, **fields: Any) -> "Story":
        event = kind(
            feedback_id=self.feedback_id,
            state=state,
            team=self.team,
            team_name=TEAM_NAME,
            service=self.service,
            topic=self.topic,
            channel=self.channel,
            kind=self.kind,
            **fields,
        )
        self.case_events.append(Told("routing", case_id_of(self.feedback_id), len(self.case_events) + 1, at, event))
        return self


def chance_of(seed: int) -> random.Random:
    """The same chance at each run."""
    return random.Random(seed)  # noqa: S311 - nothing here is a secret


def random_stories(chance: random.Random, how_many: int, since: datetime, days: int) -> list[Story]:
    """Feedbacks of any kind, each somewhere between its submission and the close of its case."""
    return [_random_story(chance, uuid5(NAMESPACE_OID, str(number)), since, days) for number in range(how_many)]


def _random_story(chance: random.Random, feedback_id: UUID, since: datetime, days: int) -> Story:

    def later(at: datetime, most_hours: float) -> datetime:
        return at + timedelta(seconds=chance.randrange(int(most_hours * 3600) + 1))

    submitted_at = later(since, days * 24)
    story = Story(
        feedback_id=feedback_id,
        submitted_at=submitted_at,
        channel=chance.choice(["web", "phone", "counter"]),
        kind=chance.choice(["complaint", "enquiry", None]),
        service=chance.choice(["tax", "permits", None]),
        topic=chance.choice(["delay", "staff", None]),
        language=chance.choice(["fr", "en", None]),
        ratings=tuple(
            Rating(measure=chance.choice(["csat", "nps"]), value=chance.randint(1, 5), answered_by=by)
            for by in ("person", "assisted", "staff")
            if chance.random() < 0.4
        ),
    ).submitted()
    if chance.random() < 0.7:
        story.redacted(chance.choice(["fr", "en", "es"]))
    if chance.random() < 0.15:
        return story
    at = submitted_at
    story.opened(acknowledge=at + timedelta(days=2), reply=None if chance.random() < 0.5 else at + timedelta(days=15))
    answer = 0
    for step in ("assigned", "acknowledged", "interim", "assigned", "replied", "replied", "closed"):
        if chance.random() < 0.2:
            continue
        at = later(at, 24 * 6)
        match step:
            case "assigned":
                due = {"reply": at + timedelta(days=15)} if "reply" in story.clocks else {}
                story.assigned(chance.choice(["north", "south"]), at, **due)
            case "acknowledged":
                story.acknowledged(at, automatic=chance.random() < 0.2)
            case "interim":
                story.replied(at, None)
            case "replied":
                answer += 1
                story.replied(at, answer)
                if chance.random() < 0.6:
                    story.evaluated(answer, chance.choice(["yes", "partly", "no"]), at + timedelta(hours=1))
            case "closed":
                story.closed(at)
    return story


def interleave(chance: random.Random, sequences: Iterable[Sequence[Told]]) -> list[Told]:
    """Any order of all of them that keeps the order of each."""
    left = [list(reversed(one)) for one in sequences if one]
    mixed = []
    while left:
        sequence = chance.choice(left)
        mixed.append(sequence.pop())
        if not sequence:
            left.remove(sequence)
    return mixed


def cut(chance: random.Random, events: Sequence[Any], longest: int) -> list[list[Any]]:
    """The same events in slices of any length up to the longest."""
    slices, start = [], 0
    while start < len(events):
        length = chance.randint(1, longest)
        slices.append(list(events[start : start + length]))
        start += length
    return slices


def log_of(events: Iterable[Told]) -> list[Envelope]:
    """The lines of a log that holds these events and no others."""
    last: dict[int, int] = {}
    lines = []
    for pos, one in enumerate(events, start=1):
        shard = zlib.crc32(str(one.subject).encode()) % 32
        lines.append(
            Envelope(
                pos=pos,
                prev=last.get(shard, 0),
                epoch=1,
                shard=shard,
                id=UUID(int=pos + (1 << 64 if one.source == "routing" else 0)),
                type=one.event.type,
                subject=str(one.subject),
                version=one.version,
                time=one.time.astimezone(UTC),
                recorded_at=one.time.astimezone(UTC),
                traceparent=None,
                data=orjson.loads(one.event.to_data()),
                text=one.event.to_text(),
            )
        )
        last[shard] = pos
    return lines
