"""Alembic's entry: which tables are routing's."""

import libs.common.idempotency
import libs.common.rate_limit
import libs.common.stream.tables  # noqa: F401
import services.routing.alerts.models
import services.routing.calendars.models
import services.routing.cases.models
import services.routing.catalogue.models
import services.routing.organisation.models
import services.routing.rules.models
import services.routing.standards.models
import services.routing.teams.models  # noqa: F401
from libs.common.db import metadata
from libs.common.migrating import run_migrations
from services.routing.database import Base

run_migrations([Base.metadata, metadata])
