"""What can be chosen in the form on a day: the catalogue as lists."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual, language_of_request
from services.intake.catalogue import queries
from services.intake.catalogue.schemas import EntryKind, Wanted

KINDS: tuple[EntryKind, ...] = ("service", "service_point", "topic", "touchpoint")
INDENT = "\u2003"
"""What is below another stands a little to the right, also where a browser takes its own list for it."""


@dataclass(frozen=True)
class Option:
    code: str
    name: Bilingual
    depth: int

    @property
    def pair(self) -> tuple[str, str]:
        """As a list shows it, in the language of the request."""
        return self.code, INDENT * self.depth + self.name.in_(language_of_request.get())


@dataclass(frozen=True)
class Elsewhere:
    """A service that others give, and where to turn for it."""

    name: Bilingual
    where_to_turn: Bilingual


@dataclass(frozen=True)
class Choices:
    services: Sequence[Option]
    service_points: Sequence[Option]
    topics: Sequence[Option]
    elsewhere: Sequence[Elsewhere]
    touchpoints: Mapping[str, Mapping[str, Any]]


async def choices(session: AsyncSession, today: date) -> Choices:
    """All that can be chosen today. A service of others is no choice: it says where to turn."""
    trees = {kind: await _tree(session, kind, today) for kind in KINDS}
    services = list(_walk(trees["service"]))
    return Choices(
        services=[_option(entry, depth) for entry, depth in services if not entry["out_of_scope"]],
        service_points=[_option(entry, depth) for entry, depth in _walk(trees["service_point"])],
        topics=[_option(entry, depth) for entry, depth in _walk(trees["topic"])],
        elsewhere=[
            Elsewhere(Bilingual.model_validate(entry["name"]), Bilingual.model_validate(entry["where_to_turn"]))
            for entry, _ in services
            if entry["out_of_scope"]
        ],
        touchpoints={entry["code"]: entry for entry, _ in _walk(trees["touchpoint"])},
    )


async def _tree(session: AsyncSession, kind: EntryKind, today: date) -> list[dict[str, Any]]:
    return (await queries.page(session, kind, Wanted(tree=True), today)).items


def _walk(entries: Sequence[dict[str, Any]], depth: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    for entry in entries:
        yield entry, depth
        yield from _walk(entry["children"], depth + 1)


def _option(entry: Mapping[str, Any], depth: int) -> Option:
    return Option(entry["code"], Bilingual.model_validate(entry["name"]), depth)
