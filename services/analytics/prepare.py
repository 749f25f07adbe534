"""What must be done before analytics starts: migrations, and figures counted by this code's formula and its days."""

import asyncio

from libs.common.db import Database
from libs.common.migrating import migrate
from services.analytics.rollups.rebuild import rebuild, rebuild_if_needed
from services.analytics.settings import AnalyticsSettings


def prepare() -> None:
    """Bring the database to the newest revision, and count anew where what is read was counted otherwise."""
    settings = AnalyticsSettings.load()
    migrate("analytics", settings.database_url.get_secret_value())
    asyncio.run(_count(settings, always=False))


def rebuild_figures() -> int:
    """Count every fact anew, beside what is read; how many it were."""
    return asyncio.run(_count(AnalyticsSettings.load(), always=True))


async def _count(settings: AnalyticsSettings, *, always: bool) -> int:
    database = Database(settings.database_url.get_secret_value(), pool_size=2, application="analytics rebuild")
    try:
        return await (rebuild if always else rebuild_if_needed)(database, settings.time_zone)
    finally:
        await database.close()
