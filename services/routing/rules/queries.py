"""Reads rules."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual, language_of_request
from services.routing.catalogue.queries import known_codes
from services.routing.organisation.versions import Page
from services.routing.rules.errors import NoRules
from services.routing.rules.models import RuleSet
from services.routing.rules.schemas import Rule, RulesContent, RulesOut, RulesVersionOut, RuleWarning

_UNKNOWN = {
    "service": Bilingual(fr="Le catalogue n'a pas ce service.", en="The catalogue does not have this service."),
    "service_point": Bilingual(
        fr="Le catalogue n'a pas ce point de service.", en="The catalogue does not have this service point."
    ),
    "topic": Bilingual(fr="Le catalogue n'a pas ce sujet.", en="The catalogue does not have this topic."),
}


async def newest(session: AsyncSession) -> RuleSet | None:
    """The rule set in force."""
    return await session.scalar(select(RuleSet).order_by(RuleSet.version.desc()).limit(1))


async def teams_named(session: AsyncSession) -> set[str]:
    """The teams that the rules in force give cases to."""
    row = await newest(session)
    return {rule.team for rule in content(row).rules} if row else set()


async def rules(session: AsyncSession) -> RulesOut:
    row = await newest(session)
    if row is None:
        raise NoRules
    return await out(session, row)


async def versions(session: AsyncSession, page: Page) -> list[RulesVersionOut]:
    rows = await session.scalars(
        select(RuleSet).where(RuleSet.version < page.below).order_by(RuleSet.version.desc()).limit(page.limit)
    )
    return [
        RulesVersionOut(
            version=row.version, published_at=row.published_at, published_by=row.published_by, document=content(row)
        )
        for row in rows
    ]


async def out(session: AsyncSession, row: RuleSet) -> RulesOut:
    """A rule set over the wire, with what may be a mistake in it."""
    held = content(row).rules
    return RulesOut(
        rules=held,
        version=row.version,
        published_at=row.published_at,
        published_by=row.published_by,
        warnings=await warnings(session, held),
    )


async def warnings(session: AsyncSession, held: Sequence[Rule]) -> list[RuleWarning]:
    """Codes that the catalogue does not have, as far as it was told here: they are accepted all the same."""
    known = await known_codes(session)
    return [
        RuleWarning(
            pointer=f"/rules/{place}/when/{kind}/{at}",
            code=f"unknown_{kind}",
            detail=says.in_(language_of_request.get()),
        )
        for place, rule in enumerate(held)
        for kind, says in _UNKNOWN.items()
        for at, code in enumerate(getattr(rule.when, kind))
        if kind in known and code not in known[kind]
    ]


def content(row: RuleSet) -> RulesContent:
    return RulesContent(rules=[Rule.model_validate(one) for one in row.document])
