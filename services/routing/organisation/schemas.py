"""The organisation as it is written in YAML: teams, calendar, standards, rules."""

from typing import Self

from pydantic import Field, model_validator

from libs.common.wire import Wire
from services.routing.calendars.schemas import CalendarDocument
from services.routing.rules.schemas import Rule
from services.routing.standards.schemas import StandardDocument
from services.routing.teams.schemas import TeamDocument


class OrganisationDocument(Wire):
    """Refused when it makes no sense: a rule set without a catch-all, a team that is not there."""

    teams: list[TeamDocument] = Field(min_length=1)
    calendar: CalendarDocument
    standards: list[StandardDocument] = []
    rules: list[Rule] = Field(min_length=1)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.rules[-1].when.is_empty:
            raise ValueError("the last rule must have no condition: it is the catch-all, nothing is without an owner")
        _refuse_twice("team", [team.code for team in self.teams])
        _refuse_twice("standard", [standard.code for standard in self.standards])
        if missing := {rule.team for rule in self.rules} - {team.code for team in self.teams}:
            raise ValueError(f"a rule names the team {min(missing)}, which is not among the teams")
        return self


def _refuse_twice(what: str, codes: list[str]) -> None:
    if len(set(codes)) != len(codes):
        twice = min(code for code in codes if codes.count(code) > 1)
        raise ValueError(f"the {what} {twice} is there twice")
