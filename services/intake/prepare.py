"""What must be done before intake starts: migrations, then the catalogue."""

import asyncio

from libs.common.db import Database
from libs.common.documents import read_document
from libs.common.migrating import migrate
from services.intake.catalogue.schemas import CatalogueDocument
from services.intake.catalogue.service import publish
from services.intake.settings import IntakeSettings


def prepare() -> None:
    """Bring the database to the newest revision and publish the catalogue that the settings name."""
    settings = IntakeSettings.load()
    migrate("intake", settings.database_url.get_secret_value())
    if settings.catalogue:
        asyncio.run(_publish(settings, read_document(settings.catalogue, CatalogueDocument)))


async def _publish(settings: IntakeSettings, document: CatalogueDocument) -> None:
    database = Database(settings.database_url.get_secret_value(), pool_size=2, application="prepare intake")
    async with database.transaction() as session:
        await publish(session, document)
    await database.close()
