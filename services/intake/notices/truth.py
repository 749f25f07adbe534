"""Whether a notice is still so when it is about to be sent: what has happened since may have made it untrue."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from libs.contracts.codes import SETTLED
from services.intake.cases.models import CaseEntry, CaseView
from services.intake.notices.house import House
from services.intake.notices.models import Notice
from services.intake.notices.writing import names
from services.intake.tracking.conversation import Said
from services.intake.tracking.situations import is_late

_ALWAYS: Final = ("answered", "interim", "withdrawn", "new_code")


@dataclass(frozen=True)
class Told:
    """What mail to the same recipient has named: the latest team and date; and the promises it apologised for."""

    latest: dict[str, Any] | None = None
    apologised_for: Collection[str | None] = ()


@dataclass(frozen=True)
class _Moment:
    notice: Notice
    said: Said
    view: CaseView
    told: Told
    now: datetime
    house: House


def is_still_so(notice: Notice, said: Said, told: Told, now: datetime, house: House) -> bool:
    """False where it is untrue by now, or was told with another."""
    if notice.kind in _ALWAYS:
        return True
    if said.feedback.withdrawn_at is not None:
        return False
    if said.view is None:
        return notice.kind == "received"
    return _CHECKS[notice.kind](_Moment(notice, said, said.view, told, now, house))


def is_too_late(notice: Notice, said: Said, now: datetime) -> bool:
    """It asks what was to be answered by now, and nobody has: the person was never asked."""
    question = _question(notice, said) if notice.kind == "asked" else None
    return question is not None and question.until is not None and question.until <= now


def _question(notice: Notice, said: Said) -> CaseEntry | None:
    """What it asks, as long as an answer is wanted."""
    if said.feedback.withdrawn_at is not None or said.view is None or said.view.state in SETTLED:
        return None
    question = next((one for one in said.questions if one.id == notice.about), None)
    return question if question is not None and said.is_asked_still(question) else None


def _is_open(moment: _Moment) -> bool:
    return moment.view.state not in SETTLED


def _names_something_new(moment: _Moment) -> bool:
    """Another team is news also while it waits; the date is told when the wait ends."""
    view, told = moment.view, moment.told.latest
    if view.state == "waiting":
        return told is None or told["team"] != view.team
    return _is_open(moment) and told != names(view)


def _is_resumed(moment: _Moment) -> bool:
    return moment.view.state != "waiting" and _names_something_new(moment)


def _is_asked(moment: _Moment) -> bool:
    question = _question(moment.notice, moment.said)
    return question is not None and (question.until is None or question.until > moment.now)


def _is_late(moment: _Moment) -> bool:
    due = moment.view.reply_due_at
    is_owed = _is_open(moment) and moment.view.state != "waiting"
    if not is_owed or due is None or due.isoformat() in moment.told.apologised_for:
        return False
    return is_late(due, moment.now, moment.house.zone)


_CHECKS: Final[dict[str, Callable[[_Moment], bool]]] = {
    "received": _is_open,
    "taken": _names_something_new,
    "assigned": _names_something_new,
    "transferred": _names_something_new,
    "resumed": _is_resumed,
    "acknowledged": _is_open,
    "asked": _is_asked,
    "reminder": _is_asked,
    "suspended": lambda moment: moment.view.waiting_for == "third_party",
    "waiting_for_you": lambda moment: moment.view.waiting_for == "person",
    "extended": _is_open,
    "late": _is_late,
    "reopened": _is_open,
    "closed": lambda moment: moment.view.state == "closed",
}
