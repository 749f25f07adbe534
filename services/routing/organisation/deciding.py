"""Decides: which rule, which team, hidden from whom, and what is promised. Pure functions over what was said."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from libs.contracts.codes import OWED_KINDS, Priority
from libs.contracts.feedback import FeedbackSubmitted
from services.routing.cases.models import Case
from services.routing.organisation.queries import Organisation
from services.routing.rules.deciding import decide
from services.routing.rules.schemas import Rule
from services.routing.standards.precedence import Standard, standard_for


@dataclass(frozen=True, slots=True)
class Said:
    """What rules and standards look at, of one feedback."""

    channel: str
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    kind: str | None = None
    language: str | None = None
    source: str | None = None
    respondent: str | None = None
    urgent: str | None = None
    disclosure: str = "named"
    concerns_staff: bool = False
    response_requested: bool = False
    has_text: bool = False

    @property
    def priority(self) -> Priority:
        return "urgent" if self.urgent else "normal"

    @property
    def is_unsorted(self) -> bool:
        """Words without a kind: somebody must sort them before a rule can be trusted with them."""
        return self.kind is None and self.has_text

    @property
    def is_about_a_team(self) -> bool:
        """It is hidden from whom it complains about."""
        return self.concerns_staff or self.disclosure == "confidential"


ALSO_SAID = ("respondent", "urgent", "disclosure", "concerns_staff", "response_requested", "has_text")
"""What a case keeps for rules besides its columns."""

_NAMES = tuple(Said.__dataclass_fields__)


def said_in(feedback: FeedbackSubmitted) -> Said:
    return Said(**{name: getattr(feedback, name) for name in _NAMES})


def said_of(case: Case) -> Said:
    """As the case knows it now."""
    columns = {name: getattr(case, name) for name in _NAMES if name not in ALSO_SAID}
    return Said(**columns, **(case.said or {}))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the organisation does with a feedback. `rule` is the place of the rule; 1 is the first."""

    is_owed: bool
    rule: int
    chosen_team: str
    team: str
    assigns: bool
    hidden_from: tuple[str, ...]
    standard: Standard | None

    @property
    def is_overruled(self) -> bool:
        return self.team != self.chosen_team


def decision_on(organisation: Organisation, said: Said, hidden_before: Collection[str] = ()) -> Decision:
    """The first rule that holds chooses; words without a kind wait in the catch-all team's queue.

    Of what is hidden from the chosen team, another has the case: see `_owner`. `hidden_before` names the teams that it
    was hidden from already: they stay.
    """
    place, rule = decide(organisation.rules, said)
    if said.is_unsorted:
        place, rule = len(organisation.rules), organisation.catch_all
    hidden = {*hidden_before, *_complained_about(organisation, said)}
    team = _owner(organisation, rule.team, hidden)
    return Decision(
        is_owed=_is_owed(said, rule),
        rule=place,
        chosen_team=rule.team,
        team=team,
        assigns=rule is not organisation.catch_all if team == rule.team else team != organisation.catch_all.team,
        hidden_from=tuple(sorted(hidden)),
        standard=standard_for(organisation.standards, said),
    )


def _is_owed(said: Said, rule: Rule) -> bool:
    """For these kinds, where a response is requested, where the rule says so, for words that nobody has sorted, and
    for what is urgent: somebody must be alerted, whatever kind a stranger ticked.
    """
    owed_by_kind = said.kind in OWED_KINDS or said.is_unsorted
    return owed_by_kind or said.response_requested or rule.opens_case or said.urgent is not None


def _complained_about(organisation: Organisation, said: Said) -> Iterator[str]:
    """The teams that run the service or the service point, or did when they were retired, and the one that would answer
    if it were about nobody.

    A restricted team that would answer is not complained about by that: it is there for such matters.
    """
    if not said.is_about_a_team:
        return
    for team in (*organisation.teams.values(), *organisation.retired):
        if said.service in team.services or said.service_point in team.service_points:
            yield team.code
    _, ordinary = decide(organisation.rules, replace(said, concerns_staff=False, disclosure="named"))
    chosen = organisation.catch_all.team if said.is_unsorted else ordinary.team
    if not organisation.teams[chosen].restricted:
        yield chosen


def _owner(organisation: Organisation, chosen: str, hidden: Collection[str]) -> str:
    """The chosen team where nothing is hidden from anybody. Else a restricted one: the chosen team itself, or the first
    by code that is not complained about; else the catch-all; else the catch-all all the same, since nothing is without
    an owner: then reviewers alone see the case.
    """
    if not hidden:
        return chosen
    may_see = [team for team in organisation.teams.values() if team.restricted and team.code not in hidden]
    if any(team.code == chosen for team in may_see):
        return chosen
    return may_see[0].code if may_see else organisation.catch_all.team
