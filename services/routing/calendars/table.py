"""A calendar as it is told: a dated table from which anybody reads business time."""

from datetime import date, datetime, timedelta

from libs.contracts.organisation import WEEKDAYS, CalendarPublished
from services.routing.calendars.business_time import open_seconds_by_day
from services.routing.calendars.schemas import YEARS, CalendarContent


def told(code: str, version: int, content: CalendarContent, published_at: datetime) -> CalendarPublished:
    """The event of this version. The table goes from the first day of `YEARS` to the day after the last one."""
    calendar = content.calendar()
    cumulative: dict[date, int] = {}
    so_far, day = 0, date(YEARS[0], 1, 1)
    for day, seconds in open_seconds_by_day(calendar, YEARS):
        cumulative[day] = so_far
        so_far += seconds
    cumulative[day + timedelta(days=1)] = so_far
    return CalendarPublished(
        code=code,
        calendar_version=version,
        time_zone=content.time_zone,
        weekly_hours={
            WEEKDAYS[weekday]: tuple((one.opens * 60, one.closes * 60) for one in hours)
            for weekday, hours in sorted(calendar.weekly_hours.items())
        },
        hours={
            day: ()
            for day in sorted(calendar.holidays)
            if day in cumulative and calendar.weekly_hours.get(day.weekday())
        },
        cumulative=cumulative,
        published_at=published_at,
    )
