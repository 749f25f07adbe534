"""How a case is told: in events and over the wire."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from libs.common.languages import Bilingual
from libs.contracts.cases import CaseEvent
from libs.contracts.codes import CaseState
from services.routing.cases.models import Case, Clock
from services.routing.cases.schemas import CaseSummary, ClockOut
from services.routing.cases.states import VERBS
from services.routing.teams.schemas import TeamName

S = TypeVar("S", bound=CaseSummary)


def common(case: Case, team_name: Bilingual) -> dict[str, Any]:
    """The fields of `CaseEvent`, as the case now stands."""
    own = {name: getattr(case, name) for name in CaseEvent.model_fields if name != "team_name"}
    return own | {"team_name": team_name}


def summary(model: type[S], case: Case, team_name: Bilingual, clocks: Iterable[Clock]) -> S:
    """The case over the wire, with its clocks."""
    own = {name: getattr(case, name) for name in model.model_fields if name not in ("verbs", "team", "clocks")}
    return model.model_validate(
        {
            **own,
            "verbs": VERBS[cast(CaseState, case.state)],
            "team": TeamName(code=case.team, name=team_name),
            "clocks": [ClockOut.model_validate(clock, from_attributes=True) for clock in clocks],
        }
    )
