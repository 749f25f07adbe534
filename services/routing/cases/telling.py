"""How a case is told: in events and over the wire."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from libs.common.languages import Bilingual
from libs.contracts.cases import CaseEvent
from libs.contracts.codes import CaseState
from services.routing.cases.models import NEVER, Case, CaseTask, Clock
from services.routing.cases.schemas import CaseSummary, ClockOut, TaskOut, Waiting
from services.routing.cases.states import VERBS
from services.routing.teams.schemas import TeamName

S = TypeVar("S", bound=CaseSummary)

TOLD = tuple(name for name in CaseEvent.model_fields if name != "team_name")
"""The columns of a case that its every event tells, as they now stand."""


def common(case: Case, team_name: Bilingual) -> dict[str, Any]:
    """The fields of `CaseEvent`, as the case now stands."""
    return {**{name: getattr(case, name) for name in TOLD}, "team_name": team_name}


def summary(
    model: type[S],
    case: Case,
    team_name: Bilingual,
    clocks: Iterable[Clock],
    tasks: Iterable[CaseTask],
    **besides: Any,
) -> S:
    """The case over the wire, with its clocks and tasks."""
    waiting = {"waiting_for": case.waiting_for, "until": case.waiting_until}
    made = {
        "version": case.edition,
        "verbs": () if case.erased_at else VERBS[cast(CaseState, case.state)],
        "team": TeamName(code=case.team, name=team_name),
        "waiting": Waiting.model_validate(waiting) if case.waiting_for else None,
        "next_due_at": case.next_due_at if case.next_due_at < NEVER else None,
        "final_replies": case.answers,
        "clocks": [ClockOut.model_validate(clock, from_attributes=True) for clock in clocks],
        "tasks": [TaskOut.model_validate(task, from_attributes=True) for task in tasks],
        **besides,
    }
    own = {name: getattr(case, name) for name in model.model_fields if name not in made}
    return model.model_validate({**own, **made})
