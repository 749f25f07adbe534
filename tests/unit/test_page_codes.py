"""Every code that a page can show has a name in French and in English."""

from typing import Any, get_args

import pytest

from libs.contracts import codes
from libs.pages.codes import FIELDS, NAMES
from services.intake.pages.entry import forms as entry
from services.routing.cases.schemas import Task, Verb
from services.routing.cases.verbs.service import WAYS
from services.routing.pages.cases.forms import fields_of

SHOWN: dict[str, Any] = {
    "channel": codes.Channel,
    "kind": codes.Kind,
    "state": codes.CaseState,
    "outcome": codes.Outcome,
    "priority": codes.Priority,
    "clock": codes.ClockName,
    "starts": codes.Starts,
    "waiting_for": codes.WaitingFor,
    "resumed_by": codes.ResumedBy,
    "solved": codes.Solved,
    "urgent": codes.Urgency,
    "disclosure": codes.Disclosure,
    "reply_by": codes.ReplyBy,
    "reply_to": codes.ReplyTo,
    "respondent": codes.Respondent,
    "source": codes.Source,
    "role": codes.SubmitterRole,
    "authority": codes.Authority,
    "measure": codes.Measure,
    "closed_because": codes.ClosedBecause,
    "undeliverable": codes.UndeliverableBecause,
    "notice": codes.UntoldNotice,
    "task": Task,
    "verb": Verb,
}


def test_all_that_has_names_is_looked_at() -> None:
    assert SHOWN.keys() == NAMES.keys()


@pytest.mark.parametrize("of", SHOWN)
def test_every_code_has_a_name_of_its_own(of: str) -> None:
    assert set(get_args(SHOWN[of])) <= NAMES[of].keys()
    for language in ("fr", "en"):
        said = [name.in_(language) for name in NAMES[of].values()]
        assert len(set(said)) == len(said)


def test_every_field_of_the_forms_of_staff_has_a_name() -> None:
    assert {field for verb in WAYS for field in fields_of(verb)} | {*entry.FIELDS, "csat"} <= FIELDS.keys()
