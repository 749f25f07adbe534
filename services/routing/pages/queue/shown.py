"""What the queue shows: a page of cases, how many there are of each kind, and what can be chosen."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from libs.common.auth.identity import Principal
from libs.common.db import Database
from libs.common.languages import Language, language_of_request
from libs.common.paging import next_cursor
from libs.common.stream.doorbell import Doorbell
from libs.contracts.codes import UNSETTLED
from libs.pages.codes import NAMES
from services.routing.cases import queries
from services.routing.cases.queue import place_of
from services.routing.cases.schemas import CaseSummary, Counts
from services.routing.cases.terms import Terms
from services.routing.catalogue.queries import Choice, choices
from services.routing.pages.queue.asked import Asked
from services.routing.teams import queries as teams
from services.routing.teams.models import Team

SOON = timedelta(days=1)


@dataclass(frozen=True)
class Numbers:
    """How many there are; `mine` are those that whoever looks has, and still has to answer."""

    counts: Counts
    mine: int

    def of(self, *states: str) -> int:
        return sum(number for state, number in self.counts.by_state.items() if state in states)

    @property
    def undone(self) -> int:
        return self.of(*UNSETTLED)


@dataclass(frozen=True)
class Shown:
    asked: Asked
    cases: Sequence[CaseSummary]
    numbers: Numbers
    mark: str
    """Changes with the list."""
    soon: datetime
    """What is due before it is due soon."""
    next_page: str | None


@dataclass(frozen=True)
class Vocabulary:
    """What can be chosen, by name: the catalogue, and the teams."""

    catalogue: Mapping[str, Mapping[str, Choice]]
    teams: Sequence[Team]


async def shown(
    database: Database, doorbell: Doorbell, asked: Asked, by: Principal, now: datetime, terms: Terms
) -> Shown:
    """The page of the list that is asked for, with the numbers of all."""
    found = await queries.cases(database, doorbell, asked.filters, by, now, terms)
    counts = found.counts or await queries.counts(database, asked.filters, by, now, terms)
    own = asked.filters.model_copy(update={"member": by.subject})
    mine = await queries.counts(database, own, by, now, terms)
    cursor = next_cursor(asked.filters.limit, [place_of(case) for case in found.items])
    return Shown(
        asked,
        found.items,
        Numbers(counts, Numbers(mine, 0).undone),
        _mark(found.items),
        now + SOON,
        asked.page(cursor) if cursor else None,
    )


async def options(database: Database) -> dict[str, Any]:
    """For lists to choose from: codes with their names, in the language of the request."""
    words, language = await _vocabulary(database), language_of_request.get()
    return {
        "names": words.catalogue,
        "teams": [(team.code, team.name[language]) for team in words.teams],
        "members": sorted({member for team in words.teams for member in team.members}),
        "kinds": [(code, name.in_(language)) for code, name in NAMES["kind"].items()],
        **{f"{kind}s": _choices(words, kind, language) for kind in ("service", "topic", "service_point")},
    }


async def _vocabulary(database: Database) -> Vocabulary:
    async with database.snapshot() as session:
        return Vocabulary(await choices(session), await teams.active(session))


def _choices(words: Vocabulary, kind: str, language: Language) -> list[tuple[str, str]]:
    found = [(one.code, one.name.in_(language)) for one in words.catalogue[kind].values() if not one.retired]
    return sorted(found, key=lambda pair: pair[1])


def _mark(cases: Sequence[CaseSummary]) -> str:
    seen = ",".join(f"{case.id}.{case.version}" for case in cases)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]
