"""What analytics does with the events of the two others. It writes none of its own.

The time zone is that by whose days the first rollups are counted; afterwards they say it themselves.
"""

from functools import partial
from zoneinfo import ZoneInfo

from libs.common.stream.applying import Handle, Handlers
from libs.common.stream.events import Event
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
    CasePromised,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    CaseUnasked,
    ClockApproaching,
    ClockBreached,
    ClockCorrected,
    RuleDecided,
    subjects_of,
)
from libs.contracts.catalogue import ServiceChanged, ServicePointChanged, TopicChanged, TouchpointChanged
from libs.contracts.feedback import (
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    NoticeUndeliverable,
    PersonErased,
    ReplyDelivered,
    ReplyUndeliverable,
)
from libs.contracts.interactions import InteractionsReported
from libs.contracts.organisation import CalendarPublished, ServiceStandardPublished, TeamChanged
from services.analytics.facts.service import on_case_events, on_feedback_events
from services.analytics.interactions.service import on_interactions_events
from services.analytics.reference.service import on_reference_events

_OF_FEEDBACK: tuple[type[Event], ...] = (
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
    FeedbackReclassified,
    FeedbackMessageAdded,
    FeedbackEvaluated,
    FeedbackWithdrawn,
    ReplyDelivered,
    ReplyUndeliverable,
    NoticeUndeliverable,
    PersonErased,
)
_OF_CATALOGUE: tuple[type[Event], ...] = (ServiceChanged, ServicePointChanged, TopicChanged, TouchpointChanged)
_OF_CASES: tuple[type[Event], ...] = (
    CaseOpened,
    CasePromised,
    CaseAssigned,
    CaseClassified,
    CaseTransferred,
    CaseAsked,
    CaseUnasked,
    CaseSuspended,
    CaseResumed,
    CaseExtended,
    CaseEscalated,
    CaseLinked,
    CaseAcknowledged,
    CaseReplied,
    CaseClosed,
    CaseReopened,
    ClockApproaching,
    ClockBreached,
    ClockCorrected,
    RuleDecided,
)
_OF_ORGANISATION: tuple[type[Event], ...] = (TeamChanged, ServiceStandardPublished, CalendarPublished)


def intake(time_zone: ZoneInfo) -> Handlers:
    handled: dict[type[Event], Handle] = {
        **dict.fromkeys(_OF_FEEDBACK, partial(on_feedback_events, time_zone)),
        **dict.fromkeys(_OF_CATALOGUE, on_reference_events),
        InteractionsReported: on_interactions_events,
    }
    return Handlers(handled, erasing={PersonErased: subjects_of})


def routing(time_zone: ZoneInfo) -> Handlers:
    handled: dict[type[Event], Handle] = {
        **dict.fromkeys(_OF_CASES, partial(on_case_events, time_zone)),
        **dict.fromkeys(_OF_ORGANISATION, on_reference_events),
    }
    return Handlers(handled)
