"""Databases are what the models say."""

from collections.abc import Callable

import pytest

from libs.common.migrating import differences
from tests.system import in_a_thread


@pytest.mark.parametrize("service", ["intake", "routing", "analytics"])
def test_the_migrations_make_the_tables_of_the_models(new_database: Callable[[str], str], service: str) -> None:
    found: list[str | None] = []
    url = new_database(service)
    in_a_thread(lambda: found.append(differences(service, url)))
    assert found == [None]
