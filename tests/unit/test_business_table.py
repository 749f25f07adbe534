"""Business time as figures read it from a published table, against the calendar that the table was made of."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from libs.contracts.organisation import WEEKDAYS
from services.analytics.reference.calendars import BusinessTable
from services.routing.calendars.business_time import BusinessCalendar, business_seconds
from services.routing.calendars.schemas import CalendarContent
from services.routing.calendars.table import told

PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = 24 * 3600
NIGHTS = {
    "forward": datetime(2026, 3, 8, 7, tzinfo=UTC),
    "back": datetime(2026, 11, 1, 6, tzinfo=UTC),
    "ordinary": datetime(2026, 6, 10, 6, tzinfo=UTC),
}
"""When clocks are changed in Toronto, and when they are not."""


@pytest.fixture(scope="module", params=[["00:00-24:00"], ["08:30-12:00", "13:00-16:30"], ["01:15-02:45"]], ids=str)
def content(request: pytest.FixtureRequest) -> CalendarContent:
    hours = dict.fromkeys(WEEKDAYS, request.param)
    return CalendarContent.model_validate({"time_zone": "America/Toronto", "weekly_hours": hours})


@pytest.fixture(scope="module")
def calendar(content: CalendarContent) -> BusinessCalendar:
    return content.calendar()


@pytest.fixture(scope="module")
def table(content: CalendarContent) -> BusinessTable:
    return BusinessTable.of(told("default", 1, content, PUBLISHED_AT).model_dump(mode="json"))


@given(night=st.sampled_from(sorted(NIGHTS)), before=st.integers(0, SECONDS), after=st.integers(0, SECONDS))
@example(night="back", before=SECONDS, after=1800)
@example(night="forward", before=SECONDS, after=SECONDS)
def test_it_is_what_the_calendar_says_whatever_clocks_show(
    calendar: BusinessCalendar, table: BusinessTable, night: str, before: int, after: int
) -> None:
    start, end = NIGHTS[night] - timedelta(seconds=before), NIGHTS[night] + timedelta(seconds=after)

    assert table.cum(end) - table.cum(start) == business_seconds(calendar, start, end)


def test_beyond_its_ends_it_stands_still(table: BusinessTable) -> None:
    assert table.cum(datetime(1900, 1, 1, tzinfo=UTC)) == 0
    assert table.cum(datetime(2180, 1, 1, tzinfo=UTC)) == table.cum(datetime(2190, 1, 1, tzinfo=UTC))
