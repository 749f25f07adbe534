"""Who sees and who works on a case."""

from sqlalchemy import ColumnElement, false, or_, true

from libs.common.auth.principal import Principal
from services.routing.cases.models import Case

READERS = ("agent", "supervisor", "reviewer", "manager", "auditor", "importer")
WORKERS = ("agent", "supervisor", "importer")

_SEE_ALL = ("reviewer", "manager", "auditor")


def visible_to(by: Principal) -> ColumnElement[bool]:
    """Reviewers, managers, auditors: every case; agents and supervisors: their teams'; importers: what they brought."""
    if by.has(*_SEE_ALL):
        return true()
    seen: list[ColumnElement[bool]] = [false()]
    if by.has("agent", "supervisor"):
        seen.append(Case.team.in_(by.teams))
    if by.has("importer"):
        seen.append(Case.historical.is_(True))
    return or_(*seen)


def workable_by(by: Principal) -> ColumnElement[bool]:
    """Agents and supervisors work on their teams' cases; importers on those that they brought in from before."""
    return visible_to(Principal(by.subject, by.roles & set(WORKERS), by.teams))
