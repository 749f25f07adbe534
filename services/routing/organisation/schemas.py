"""The organisation as it is written in YAML: teams, calendars, standards, rules."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from libs.common.wire import Wire
from libs.contracts.codes import Code
from libs.contracts.organisation import DEFAULT_CALENDAR
from services.routing.calendars.schemas import CalendarContent
from services.routing.rules.deciding import nonsense_in
from services.routing.rules.schemas import Rule
from services.routing.standards.precedence import undecided
from services.routing.standards.schemas import StandardDocument
from services.routing.teams.schemas import TeamDocument


class OrganisationDocument(Wire):
    """Refused when it makes no sense: a rule set without a catch-all, a team that is not there.

    `calendar` is the calendar `default`; others stand under their codes in `calendars`.
    """

    teams: list[TeamDocument] = Field(min_length=1)
    calendar: CalendarContent
    calendars: Mapping[Code, CalendarContent] = {}
    standards: list[StandardDocument] = []
    rules: list[Rule] = Field(min_length=1)

    @property
    def all_calendars(self) -> dict[str, CalendarContent]:
        return {DEFAULT_CALENDAR: self.calendar, **self.calendars}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for one in nonsense_in(self.rules):
            raise ValueError(f"rule {one.rule + 1}: {one.en}")
        _refuse_twice("team", [team.code for team in self.teams])
        _refuse_twice("standard", [standard.code for standard in self.standards])
        _refuse_twice("calendar", [DEFAULT_CALENDAR, *self.calendars])
        if missing := {rule.team for rule in self.rules} - {team.code for team in self.teams}:
            raise ValueError(f"a rule names the team {min(missing)}, which is not among the teams")
        if missing := {standard.calendar for standard in self.standards} - self.all_calendars.keys():
            raise ValueError(f"a standard names the calendar {min(missing)}, which is not among the calendars")
        for one_code, other_code in undecided(self.standards):
            raise ValueError(
                f"the standards {one_code} and {other_code} are as specific, have the same rank and can both hold:"
                " give one of them another rank"
            )
        if len(self.teams) > 1 and not any(team.restricted for team in self.teams):
            raise ValueError("one of several teams must be restricted: it takes what must be hidden from the others")
        return self


def _refuse_twice(what: str, codes: list[str]) -> None:
    if len(set(codes)) != len(codes):
        twice = min(code for code in codes if codes.count(code) > 1)
        raise ValueError(f"the {what} {twice} is there twice")
