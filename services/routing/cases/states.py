"""States and verbs: what can be done when."""

from libs.contracts.codes import CaseState
from services.routing.cases.schemas import Verb

VERBS: dict[CaseState, tuple[Verb, ...]] = {
    "new": ("assign",),
    "assigned": ("acknowledge", "assign", "reply"),
    "acknowledged": ("assign", "reply"),
    "waiting": (),
    "answered": ("reply", "close"),
    "closed": (),
}
