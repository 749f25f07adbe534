"""Publishes rules: the whole set at once, a version each time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.field_problems import FieldProblem, field_problem
from libs.common.languages import Bilingual
from libs.common.problems import InvalidRequest
from libs.common.versions import Expected
from services.routing.organisation.marking import begin_change
from services.routing.rules import queries
from services.routing.rules.deciding import nonsense_in
from services.routing.rules.models import RuleSet
from services.routing.rules.schemas import Rule, RulesContent, RulesOut
from services.routing.teams import queries as teams

_UNKNOWN_TEAM = Bilingual(
    fr="Cette équipe n'existe pas, ou n'existe plus.", en="There is no such team, or it is retired."
)


async def put(session: AsyncSession, body: RulesContent, expected: Expected, by: Principal, now: datetime) -> RulesOut:
    """Put the rules in force. Cases that are open stay where they are."""
    await begin_change(session)
    known = await queries.newest(session)
    expected.require(known.version if known else None)
    await refuse_nonsense(session, body.rules)
    return await queries.out(session, await publish(session, body.rules, by.subject, now))


async def refuse_nonsense(session: AsyncSession, rules: Sequence[Rule]) -> None:
    """`InvalidRequest` with every reason why these rules cannot be in force."""
    active = {team.code for team in await teams.active(session)}
    errors = [
        field_problem(one.code, Bilingual(fr=one.fr, en=one.en), pointer=f"/rules/{one.rule}/{one.field}")
        for one in nonsense_in(rules)
    ]
    errors += [_unknown(place) for place, rule in enumerate(rules) if rule.team not in active]
    if errors:
        raise InvalidRequest(errors=errors)


async def publish(session: AsyncSession, rules: Sequence[Rule], by: str, now: datetime) -> RuleSet:
    """A new version, unless the one in force says the same."""
    newest = await queries.newest(session)
    if newest and queries.content(newest).rules == list(rules):
        return newest
    row = RuleSet(
        version=newest.version + 1 if newest else 1,
        document=[rule.model_dump(mode="json", exclude_defaults=True) for rule in rules],
        published_at=now,
        published_by=by,
    )
    session.add(row)
    await session.flush()
    return row


def _unknown(place: int) -> FieldProblem:
    return field_problem("unknown_team", _UNKNOWN_TEAM, pointer=f"/rules/{place}/team")
