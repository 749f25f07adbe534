"""Whose a case is, what it is about, and how far it comes before others."""

import re
from collections.abc import Mapping
from typing import Any, cast

from libs.common.field_problems import field_problem
from libs.common.languages import Bilingual
from libs.common.problems import InvalidRequest, UnknownCode
from libs.contracts.cases import (
    CaseAssigned,
    CaseClassified,
    CaseEscalated,
    CaseLinked,
    CaseTransferred,
)
from libs.contracts.codes import AssignedBy, CaseState, Priority
from services.routing.cases import clocks as clock_rules
from services.routing.cases.errors import (
    HasItAlready,
    LinkedCaseUnknown,
    PriorityNotRaised,
    TeamIsComplainedAbout,
    UnknownTeam,
)
from services.routing.cases.urgency import URGENCIES
from services.routing.cases.verbs.line import Line
from services.routing.cases.verbs.schemas import Assign, Classify, Escalate, Link, Transfer, WriteNote
from services.routing.cases.work import Work, have_it_brought, tell, waited, write_line
from services.routing.organisation.deciding import Decision

BY_RULE = "rule"
BRING_TRANSFER = "bring_transfer"
IN_TOUCH: tuple[CaseState, ...] = ("acknowledged", "waiting")
"""The person knows which team has the case, and no answer names it again."""
_BLANK = re.compile(r"\s")
_KEPT = ("kind", "language")
"""What is known once is exchanged, as intake does with a correction."""


def assign(work: Work, body: Assign) -> Line:
    """Give the case to a team, or a member. The first assignment starts the clocks that wait for it."""
    _see_that_they_may_have_it(work, body)
    hand_over(work, body.team, body.member, by="staff")
    tell(work, CaseAssigned, work.effective_at, **assigned(work), assigned_by="staff", **waited(work))
    return Line({"team": body.team, "member": body.member})


def transfer(work: Work, body: Transfer) -> Line:
    """Another team has it; the promise is unchanged."""
    if body.team == work.case.team and work.case.state != "new":  # there it waits for somebody to take it
        raise HasItAlready
    _see_that_they_may_have_it(work, body)
    from_team = work.case.team
    hand_over(work, body.team, body.member, by="staff")
    told = {**assigned(work), **waited(work), "assigned_by": "staff", "from_team": from_team}
    tell(work, CaseTransferred, work.effective_at, **told)
    return Line({"team": body.team, "member": body.member, "from_team": from_team})


def hand_over(work: Work, team: str, member: str | None, *, by: AssignedBy) -> None:
    """The team has the case; the clocks that wait for an assignment start, unless it is over. Until somebody has
    acknowledged it, whoever does so tells the person who has it; from then on another team is news.
    """
    is_another = team != work.case.team
    work.case.team, work.case.member, work.case.assigned_by = team, member, by
    if work.case.state == "closed":
        return
    if work.case.state == "new":
        work.case.state = "assigned"
    for clock in work.clocks:
        clock_rules.start_at_assignment([clock], work.calendar_of(clock), work.effective_at)
    if is_another and work.case.state in IN_TOUCH:
        have_it_brought(work, BRING_TRANSFER, work.effective_at)


def assign_by_rule(work: Work, decision: Decision) -> None:
    """What `assign` does, by a rule."""
    hand_over(work, decision.team, None, by="rule")
    tell(work, CaseAssigned, work.effective_at, **assigned(work), assigned_by="rule", **waited(work))
    version = work.office.organisation.rules_version
    details = {"team": decision.team, "rule": decision.rule, "rule_set_version": version}
    write_line(work, "assign", BY_RULE, work.effective_at, details)


def assigned(work: Work) -> dict[str, Any]:
    return {
        "effective_at": work.effective_at,
        "member": work.case.member,
        "clocks": clock_rules.states(work.clocks),
    }


def classify(work: Work, body: Classify) -> Line:
    """Correct what it is about. Nothing is told where nothing changes; no clock is stopped, started or exchanged."""
    changed = tuple(name for name, value in body.corrected.items() if getattr(work.case, name) != value)
    _see_that_nothing_is_emptied({name: body.corrected[name] for name in changed})
    _see_that_they_are_known(work, {name: body.corrected[name] for name in changed})
    for name in changed:
        setattr(work.case, name, body.corrected[name])
    if changed:
        tell(work, CaseClassified, work.effective_at, effective_at=work.effective_at, changed=changed)
    return Line(body.corrected)


def escalate(work: Work, body: Escalate) -> Line:
    """Only upwards."""
    if URGENCIES[body.priority] >= URGENCIES[cast(Priority, work.case.priority)]:
        raise PriorityNotRaised
    work.case.priority = body.priority
    tell(work, CaseEscalated, work.effective_at, effective_at=work.effective_at)
    return Line({"priority": body.priority})


def link(work: Work, body: Link) -> Line:
    """The other case is one that whoever links may see."""
    other = work.office.linkable.get(body.case_id)
    if other is None or body.case_id == work.case.id:
        raise LinkedCaseUnknown
    if body.case_id not in work.case.linked:
        work.case.linked = [*work.case.linked, body.case_id]
        tell(
            work,
            CaseLinked,
            work.effective_at,
            effective_at=work.effective_at,
            linked_feedback_id=other.feedback_id,
            linked_case_id=body.case_id,
            linked_opened_at=other.opened_at,
        )
    return Line({"case_id": str(body.case_id)})


def write_note(work: Work, body: WriteNote) -> Line:  # noqa: ARG001 - the note is in the line, as any verb's
    """Nothing is told: it is the team's own."""
    return Line({})


def _see_that_they_may_have_it(work: Work, body: Assign) -> None:
    """What is no id may be words about the person, and no erasure takes it out of events."""
    if body.team in work.case.hidden_from:
        raise TeamIsComplainedAbout
    team = work.office.organisation.teams.get(body.team)
    if team is None:
        raise UnknownTeam
    if body.member and body.member not in team.members and _BLANK.search(body.member):
        text = Bilingual(
            fr="Un identifiant sans espaces est attendu, ou celui d'un membre de l'équipe.",
            en="An id without blanks is expected, or that of a member of the team.",
        )
        raise InvalidRequest(errors=[field_problem("no_id", text, pointer="/member")])


def _see_that_nothing_is_emptied(corrected: Mapping[str, str | None]) -> None:
    """A complaint without its kind would be in no figure, and no rule and no standard would know it."""
    emptied = [name for name in _KEPT if name in corrected and corrected[name] is None]
    if emptied:
        text = Bilingual(fr="Ce champ se corrige, et ne se vide pas.", en="This field is corrected, and not emptied.")
        raise InvalidRequest(errors=[field_problem("missing", text, pointer=f"/{name}") for name in emptied])


def _see_that_they_are_known(work: Work, corrected: Mapping[str, str | None]) -> None:
    """Codes of a kind of which the catalogue has told nothing yet are believed."""
    codes = work.office.codes
    unknown = [name for name, code in corrected.items() if code and name in codes and code not in codes[name]]
    if unknown:
        raise UnknownCode.at(unknown)
