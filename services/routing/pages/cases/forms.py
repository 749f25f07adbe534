"""The form of each verb: the fields of its schema, what it is read as, and what the person will read of it."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from libs.common.languages import Language
from libs.pages.forms import body_of, read
from services.routing.cases.schemas import Verb
from services.routing.cases.verbs import schemas as bodies
from services.routing.cases.verbs.service import WAYS

MOMENTS = ("effective_at", "until", "due_at")

USUAL: Sequence[Verb] = ("acknowledge", "reply", "resume", "ask", "note", "close", "reopen")
"""Shown first; the others are further down."""

SHOWN_AT: Mapping[str, str] = {
    "outcome_of_a_final_reply": "outcome",
    "one_extension": "business_days",
    "nothing_to_classify": "kind",
    "UnknownTeam": "team",
    "TeamIsComplainedAbout": "team",
    "EffectiveBeforePrevious": "effective_at",
    "EffectiveInTheFuture": "effective_at",
    "LateEntryNeedsReason": "late_entry_reason",
    "LateEntryNeedsSupervisor": "effective_at",
    "PriorityNotRaised": "priority",
    "LinkedCaseUnknown": "case_id",
    "UntilNotAfter": "until",
    "ClockNotRunning": "clock",
    "ClockAlreadyDue": "clock",
    "ExtensionNotLater": "business_days",
    "ExtensionNeedsSupervisor": "clock",
}
"""Beside which field a rule or a problem is told that names none."""


def fields_of(verb: Verb) -> list[str]:
    """The names that the verb's schema has on the wire."""
    return [field.alias or name for name, field in WAYS[verb].body.model_fields.items()]


def action_of(verb: Verb, sent: FormData, zone: ZoneInfo) -> bodies.Action:
    """What the form asks for, as the API's own schema reads it."""
    return read(WAYS[verb].body, body_of(sent, fields_of(verb), zone, MOMENTS))


def told_by(action: bodies.Action, language: Language) -> str | None:
    """What the person will read; None where they are told nothing in words."""
    match action:
        case bodies.Refer():
            return action.told(language)
        case bodies.Reply() | bodies.Ask() | bodies.Extend() | bodies.Decline():
            return action.told()
        case _:
            return None
