"""What must be done before routing starts: migrations, then the organisation."""

import asyncio

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.documents import read_document
from libs.common.migrating import migrate
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.organisation.service import publish
from services.routing.settings import RoutingSettings


def prepare() -> None:
    """Bring the database to the newest revision and publish the organisation that the settings name."""
    settings = RoutingSettings.load()
    migrate("routing", settings.database_url.get_secret_value())
    if settings.organisation:
        asyncio.run(_publish(settings, read_document(settings.organisation, OrganisationDocument)))


async def _publish(settings: RoutingSettings, document: OrganisationDocument) -> None:
    database = Database(settings.database_url.get_secret_value(), pool_size=2, application="prepare routing")
    async with database.transaction() as session:
        await publish(session, document, utc_now())
    await database.close()
