"""What intake does with routing's events."""

from libs.common.stream.reader import Handlers
from libs.contracts.cases import CaseAcknowledged, CaseAssigned, CaseClosed, CaseOpened, CaseReplied
from services.intake.cases.service import CaseFolder
from services.intake.persons.keys import MasterKey


def handlers(master_key: MasterKey) -> Handlers:
    fold = CaseFolder(master_key)
    return Handlers(dict.fromkeys((CaseOpened, CaseAssigned, CaseAcknowledged, CaseReplied, CaseClosed), fold))
