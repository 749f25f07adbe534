"""Reads the codes of the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual
from services.routing.catalogue.models import CatalogueCode


async def known_codes(session: AsyncSession) -> dict[str, set[str]]:
    """The codes that can be chosen, by kind; a kind of which nothing was told yet is absent."""
    codes: dict[str, set[str]] = {}
    for row in await session.scalars(select(CatalogueCode)):
        codes.setdefault(row.kind, set())
        if not row.retired:
            codes[row.kind].add(row.code)
    return codes


@dataclass(frozen=True)
class Choice:
    """An entry of the catalogue, with its name."""

    code: str
    name: Bilingual
    retired: bool


async def choices(session: AsyncSession) -> Mapping[str, Mapping[str, Choice]]:
    """The entries by kind and code: `service`, `service_point`, `topic`. One without a name is called by its code."""
    found: dict[str, dict[str, Choice]] = {"service": {}, "service_point": {}, "topic": {}}
    for row in await session.scalars(select(CatalogueCode).order_by(CatalogueCode.kind, CatalogueCode.code)):
        name = Bilingual(**row.name) if row.name else Bilingual(fr=row.code, en=row.code)
        found.setdefault(row.kind, {})[row.code] = Choice(row.code, name, row.retired)
    return found
