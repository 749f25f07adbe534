"""Who sees and who works on a case."""

from sqlalchemy import ColumnElement, and_, any_, exists, false, literal_column, not_, or_, true
from sqlalchemy.orm import aliased

from libs.common.auth.principal import Principal
from libs.common.db import among
from services.routing.cases.models import Case

READERS = ("agent", "supervisor", "reviewer", "manager", "auditor", "importer")
READING_SCOPES = ("cases:read", "cases:work")
WORKERS = ("agent", "supervisor", "importer", "reviewer")
WORKING_SCOPES = ("cases:work",)

_SEE_ALL = ("reviewer", "manager", "auditor")


def visible_to(by: Principal) -> ColumnElement[bool]:
    """Reviewers, managers, auditors: every case; agents and supervisors: their teams'; importers: what they brought.

    Partners and devices: the cases of what they sent. Whatever else they are, the members of a team complained about
    never see the case.
    """
    shown = _shown_to(by)
    return and_(shown, not_(Case.hidden_from.overlap(sorted(by.teams)))) if by.teams else shown


def counted_for(by: Principal) -> ColumnElement[bool]:
    """The cases of `visible_to`, without a look at the rows of those that are hidden from nobody: they are the most."""
    if not by.teams:
        return _shown_to(by)
    hidden = aliased(Case)
    from_anybody = hidden.hidden_from != literal_column("'{}'")
    from_them = hidden.hidden_from.overlap(sorted(by.teams))
    return and_(_shown_to(by), ~exists().where(hidden.id == Case.id, from_anybody, from_them))


def workable_by(by: Principal) -> ColumnElement[bool]:
    """Agents and supervisors work on their teams' cases; importers on those that they brought in from before.

    Reviewers work on what no team may see, the one that owns it being complained about, and there is no other.
    """
    own = visible_to(Principal(by.subject, by.roles - set(_SEE_ALL), by.teams))
    return or_(own, and_(visible_to(by), Case.team == any_(Case.hidden_from))) if by.has("reviewer") else own


def works_on(by: Principal, case: Case) -> bool:
    """The same for a case at hand, which may have changed hands since it was loaded."""
    if not by.teams.isdisjoint(case.hidden_from):
        return False
    return (
        (by.has("agent", "supervisor") and case.team in by.teams)
        or (by.has("importer") and case.historical)
        or (by.has("reviewer") and case.team in case.hidden_from)
    )


def supervises(by: Principal, case: Case) -> bool:
    """Of what they work on. Of what no supervisor may see, reviewers are the supervisors."""
    return by.has("supervisor") or (by.has("reviewer") and case.team in case.hidden_from)


def reads_words(by: Principal, case: Case) -> bool:
    """Of a case that they see: not who sees it for having sent it. A partner reads no words back."""
    return by.has(*_SEE_ALL) or works_on(by, case)


def as_staff(by: Principal) -> Principal:
    """The same, without what they see for having sent it: of that they are not told who of staff has it."""
    return Principal(by.subject, by.roles, by.teams)


def _shown_to(by: Principal) -> ColumnElement[bool]:
    if by.has(*_SEE_ALL):
        return true()
    seen: list[ColumnElement[bool]] = [false()]
    if by.has("agent", "supervisor"):
        seen.append(among(Case.team, by.teams))
    if by.has("importer"):
        seen.append(Case.historical.is_(True))
    if by.may("cases:read"):
        seen.append(and_(Case.source == by.kind, Case.source_code == by.subject))
    return or_(*seen)
