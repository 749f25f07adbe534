"""Alembic's entry: which tables are intake's."""

import libs.common.idempotency
import libs.common.rate_limit
import libs.common.stream.tables  # noqa: F401
import services.intake.cases.models
import services.intake.catalogue.models
import services.intake.feedback.models
import services.intake.interactions.models
import services.intake.messages.models
import services.intake.notices.models
import services.intake.partners.models
import services.intake.persons.models
import services.intake.privacy.models
import services.intake.recovery.models
import services.intake.slips.models
import services.intake.teams.models
import services.intake.tracking.models  # noqa: F401
from libs.common.db import metadata
from libs.common.migrating import run_migrations
from services.intake.database import Base

run_migrations([Base.metadata, metadata])
