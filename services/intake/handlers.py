"""What intake does with routing's events."""

from libs.common.stream.events import Event
from libs.common.stream.reader import Handlers
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
)
from libs.contracts.organisation import (
    CalendarPublished,
    ServiceStandardPublished,
    TeamChanged,
)
from services.intake.cases.service import CaseFolder
from services.intake.persons.keys import MasterKey

_IGNORED: frozenset[type[Event]] = frozenset(
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


def handlers(master_key: MasterKey) -> Handlers:
    fold = CaseFolder(master_key)
    return Handlers(
        dict.fromkeys((CaseOpened, CaseAssigned, CaseAcknowledged, CaseReplied, CaseClosed), fold), _IGNORED
    )
