"""Readers of today take all that writers of before tell: who is renewed first reads what others still write."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from libs.common.db import Database
from libs.common.stream.applying import Handlers
from libs.common.stream.reader import Reader
from services.analytics import handlers as of_analytics
from services.intake import handlers as of_intake
from services.intake.persons.keys import MasterKey
from services.routing import handlers as of_routing
from services.routing.cases.terms import USUAL
from services.routing.organisation.schemas import OrganisationDocument
from services.routing.organisation.service import publish
from tests.services.promised import AT, EVERYWHERE, log_of
from tests.services.routing.office import ORGANISATION, TORONTO

READS: dict[tuple[str, str], Callable[[], Handlers]] = {
    ("intake", "routing"): lambda: of_intake.handlers(MasterKey("A" * 43 + "="), TORONTO),
    ("routing", "intake"): lambda: of_routing.handlers(USUAL),
    ("analytics", "intake"): lambda: of_analytics.intake(TORONTO),
    ("analytics", "routing"): lambda: of_analytics.routing(TORONTO),
}


@pytest.mark.parametrize(("service", "source"), READS, ids=lambda name: name)
async def test_every_event_that_was_ever_promised_is_applied_with_the_least_and_with_all_that_it_may_say(
    new_database: Callable[[str], str], service: str, source: str
) -> None:
    database = Database(new_database(service), pool_size=2, application="test")
    reader = Reader(source, None, READS[service, source]())  # type: ignore[arg-type] # nothing is fetched
    log = log_of(source)
    try:
        if service == "routing":
            async with database.transaction() as session:
                await publish(session, OrganisationDocument.model_validate(ORGANISATION), AT)
        await reader.prepare(database)
        assert await reader.apply(database, EVERYWHERE, log)
        async with database.connection() as connection:
            parked = await connection.execute(text("SELECT type, reason FROM dead_letter ORDER BY pos"))
            reached = await connection.scalar(text("SELECT min(pos) FROM event_position"))
        assert [tuple(row) for row in parked] == []
        assert reached == len(log) > 10
    finally:
        await database.close()
