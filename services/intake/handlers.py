"""What intake does with routing's events."""

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
)
from libs.contracts.organisation import (
    CalendarPublished,
    ServiceStandardPublished,
    TeamChanged,
)
from services.intake.cases.service import CaseFolder
from services.intake.persons.keys import MasterKey
from services.intake.reading.service import on_classified

_IGNORED: frozenset[type[Event]] = frozenset(
    {
        CaseAsked,
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
    handled: dict[type[Event], Handle] = dict.fromkeys(
        (CaseOpened, CaseAssigned, CaseAcknowledged, CaseReplied, CaseClosed), fold
    )
    return Handlers({**handled, CaseClassified: on_classified}, _IGNORED)
