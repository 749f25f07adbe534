"""What analytics does with the events of the two others, by the days of a time zone. It writes none of its own."""

from functools import partial
from zoneinfo import ZoneInfo

from libs.common.stream.reader import Handlers
from libs.contracts.cases import CaseAcknowledged, CaseAssigned, CaseClosed, CaseOpened, CaseReplied
from libs.contracts.feedback import FeedbackEvaluated, FeedbackSubmitted, FeedbackVerbatimRedacted
from services.analytics.facts.service import on_case_events, on_feedback_events


def intake(time_zone: ZoneInfo) -> Handlers:
    fold = partial(on_feedback_events, time_zone)
    return Handlers(dict.fromkeys((FeedbackSubmitted, FeedbackVerbatimRedacted, FeedbackEvaluated), fold))


def routing(time_zone: ZoneInfo) -> Handlers:
    fold = partial(on_case_events, time_zone)
    return Handlers(dict.fromkeys((CaseOpened, CaseAssigned, CaseAcknowledged, CaseReplied, CaseClosed), fold))
