"""Changes the catalogue."""

from sqlalchemy import and_, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.catalogue.models import CatalogueEntry
from services.intake.catalogue.queries import FILLED_IN
from services.intake.catalogue.schemas import CatalogueDocument


async def publish(session: AsyncSession, document: CatalogueDocument) -> None:
    """Make the catalogue what the document says: entries that it does not name are retired."""
    rows = [
        {"kind": kind, **dict.fromkeys(FILLED_IN), **entry.model_dump(), "retired": False}
        for kind, entries in document.by_kind().items()
        for entry in entries
    ]
    named = [(row["kind"], row["code"]) for row in rows]
    await session.execute(
        update(CatalogueEntry)
        .where(and_(tuple_(CatalogueEntry.kind, CatalogueEntry.code).not_in(named), CatalogueEntry.retired.is_(False)))
        .values(retired=True)
    )
    if rows:
        statement = insert(CatalogueEntry)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "code"],
                set_={name: statement.excluded[name] for name in ("parent", "name", "retired", *FILLED_IN)},
            ),
            rows,
        )
