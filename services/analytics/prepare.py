"""What must be done before analytics starts: migrations."""

from libs.common.migrating import migrate
from services.analytics.settings import AnalyticsSettings


def prepare() -> None:
    """Bring the database to the newest revision."""
    migrate("analytics", AnalyticsSettings.load().database_url.get_secret_value())
