"""Alembic's entry: which tables are analytics'."""

import libs.common.idempotency
import libs.common.rate_limit
import libs.common.stream.tables  # noqa: F401
import services.analytics.as_of.models
import services.analytics.facts.models
import services.analytics.interactions.models
import services.analytics.reference.models
import services.analytics.rollups.models  # noqa: F401
from libs.common.db import metadata
from libs.common.migrating import run_migrations
from services.analytics.database import Base

run_migrations([Base.metadata, metadata])
