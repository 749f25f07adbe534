"""What analytics does with the events of the two others, by the days of a time zone. It writes none of its own."""

from functools import partial
from zoneinfo import ZoneInfo

from libs.common.stream.events import Event
from libs.common.stream.reader import Handle, Handlers
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAsked,
    CaseAssigned,
    CaseClassified,
    CaseClosed,
    CaseEscalated,
    CaseExtended,
    CaseLinked,
    CaseOpened,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    ClockApproaching,
    ClockBreached,
    ClockCorrected,
    RuleDecided,
    subjects_of,
)
from libs.contracts.catalogue import (
    ServiceChanged,
    ServicePointChanged,
    TopicChanged,
    TouchpointChanged,
)
from libs.contracts.feedback import (
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    PersonErased,
    ReplyDelivered,
    ReplyUndeliverable,
)
from libs.contracts.interactions import InteractionsReported
from libs.contracts.organisation import (
    CalendarPublished,
    ServiceStandardPublished,
    TeamChanged,
)
from services.analytics.facts.service import on_case_events, on_feedback_events
from services.analytics.privacy.service import on_persons_erased

_IGNORED_OF_INTAKE: frozenset[type[Event]] = frozenset(
    {
        FeedbackMessageAdded,
        FeedbackReclassified,
        FeedbackWithdrawn,
        ReplyDelivered,
        ReplyUndeliverable,
        ServiceChanged,
        ServicePointChanged,
        TopicChanged,
        TouchpointChanged,
        InteractionsReported,
    }
)
_IGNORED_OF_ROUTING: frozenset[type[Event]] = frozenset(
    {
        CaseAsked,
        CaseClassified,
        CaseEscalated,
        CaseExtended,
        CaseLinked,
        CaseReopened,
        CaseResumed,
        CaseSuspended,
        CaseTransferred,
        ClockApproaching,
        ClockBreached,
        ClockCorrected,
        RuleDecided,
        CalendarPublished,
        ServiceStandardPublished,
        TeamChanged,
    }
)


def intake(time_zone: ZoneInfo) -> Handlers:
    fold = partial(on_feedback_events, time_zone)
    folded: dict[type[Event], Handle] = dict.fromkeys(
        (FeedbackSubmitted, FeedbackVerbatimRedacted, FeedbackEvaluated), fold
    )
    return Handlers(
        {**folded, PersonErased: on_persons_erased}, _IGNORED_OF_INTAKE, erasing={PersonErased: subjects_of}
    )


def routing(time_zone: ZoneInfo) -> Handlers:
    fold = partial(on_case_events, time_zone)
    return Handlers(
        dict.fromkeys((CaseOpened, CaseAssigned, CaseAcknowledged, CaseReplied, CaseClosed), fold), _IGNORED_OF_ROUTING
    )
