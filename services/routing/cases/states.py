"""States and verbs: what can be done when."""

from libs.contracts.codes import CaseState
from services.routing.cases.schemas import Task, Verb

_IN_HAND: tuple[Verb, ...] = (
    "assign",
    "transfer",
    "classify",
    "ask",
    "suspend",
    "extend",
    "escalate",
    "refer",
    "note",
    "reply",
    "decline",
    "link",
)

VERBS: dict[CaseState, tuple[Verb, ...]] = {
    "new": ("assign", "classify", "transfer", "refer", "decline"),
    "assigned": ("acknowledge", *_IN_HAND),
    "acknowledged": _IN_HAND,
    "waiting": ("resume", "note", "reply", "transfer"),
    "answered": ("note", "reply", "reopen", "close"),
    "closed": ("reopen", "link"),
}

_READ: tuple[Task, ...] = ("read_message", "answer_asked", "wait_over", "alert_undelivered")
_TOLD: tuple[Task, ...] = ("bring_question", "bring_extension", "bring_apology", "bring_transfer")
_ANSWERED: tuple[Task, ...] = (*_READ, "not_solved", "reply_undelivered", "deliver_reply", *_TOLD)

ENDED_TASKS: dict[Verb, tuple[Task, ...]] = {
    "acknowledge": _READ,
    "ask": _READ,
    "suspend": _READ,
    "extend": _READ,
    "note": (*_READ, *_TOLD),
    "resume": _READ,
    "link": _READ,
    "reopen": (*_READ, "not_solved"),
    "reply": _ANSWERED,
    "refer": _ANSWERED,
    "decline": _ANSWERED,
    "close": _ANSWERED,
}
"""A verb that shows that somebody has seen to it ends a task."""


def ended_tasks(verb: Verb, state: str, *, interim: bool) -> tuple[Task, ...]:
    """An interim reply shows that it was read, and answers nothing: after an answer, what was read is to be answered
    still.
    """
    if interim:
        return () if state == "answered" else _READ
    return ENDED_TASKS.get(verb, ())
