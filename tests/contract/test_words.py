"""Whether a column holds words of people is decided for each column there is: what is not decided fails."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import asyncpg
import pytest

from libs.common.words import NO_WORDS_OF_THE_STREAM, WORDS_OF_THE_STREAM, Held
from services.analytics.privacy import holdings as analytics
from services.intake.privacy import holdings as intake
from services.routing.privacy import holdings as routing
from tests.system import in_a_thread

CAN_HOLD_WORDS = ("text", "bytea", "jsonb", "json", "ARRAY", "character varying", "character")
Column = tuple[str, str]


def columns_of(url: str) -> tuple[set[Column], set[Column]]:
    """Every column of the database, and those that could hold words."""
    found: list[asyncpg.Record] = []

    async def look() -> None:
        connection = await asyncpg.connect(url)
        found.extend(
            await connection.fetch(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
                " AND table_name NOT SIMILAR TO 'event_log_[0-9]+'"
            )
        )
        await connection.close()

    in_a_thread(lambda: asyncio.run(look()))
    columns = {(row["table_name"], row["column_name"]) for row in found}
    return columns, {(row["table_name"], row["column_name"]) for row in found if row["data_type"] in CAN_HOLD_WORDS}


def split(lists: Mapping[str, str]) -> set[Column]:
    return {(table, name) for table, names in lists.items() for name in names.split()}


@pytest.mark.parametrize(
    ("service", "words", "no_words"),
    [
        ("intake", intake.WORDS, intake.NO_WORDS),
        ("routing", routing.WORDS, routing.NO_WORDS),
        ("analytics", analytics.WORDS, analytics.NO_WORDS),
    ],
)
def test_every_column_is_erased_or_known_to_hold_no_words(
    new_database: Callable[[str], str], service: str, words: Sequence[Held], no_words: Mapping[str, str]
) -> None:
    everything, can_hold = columns_of(new_database(service))
    whole_tables = {one.table for one in words if not one.columns}
    can_hold = {column for column in can_hold if column[0] not in whole_tables}
    erased = {(one.table, name) for one in words for name in one.columns} | split(WORDS_OF_THE_STREAM)
    without = split(no_words) | split(NO_WORDS_OF_THE_STREAM)
    where = f"services/{service}/privacy/holdings.py"
    assert can_hold - erased - without == set(), f"say in {where} whether erasure takes these away"
    assert erased & without == set(), f"{where} says two things of these"
    assert (erased | without | {(one.table, one.key) for one in words}) - everything == set(), (
        f"{where} names what is not there"
    )
