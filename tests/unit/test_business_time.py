"""What a team and a person can rely on when Écoute says how long something took and when it is due."""

import time as stopwatch
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import workclock
from hypothesis import assume, given
from hypothesis import strategies as st

from services.routing.calendars.business_time import (
    BusinessCalendar,
    Interval,
    business_seconds,
    due_after_business_days,
    due_after_calendar_days,
    interval,
)
from services.routing.calendars.holidays import public_holidays

PARIS = ZoneInfo("Europe/Paris")
MONTREAL = ZoneInfo("America/Montreal")
HOUR = 3600
OFFICE = (interval("08:30", "12:00"), interval("13:00", "16:30"))
WORKING_WEEK = dict.fromkeys(range(5), OFFICE)
FRENCH_HOLIDAYS = public_holidays("FR", None, range(2025, 2030))
QUEBEC_HOLIDAYS = public_holidays("CA", "QC", range(2025, 2030))

MAIRIE = BusinessCalendar(PARIS, WORKING_WEEK, FRENCH_HOLIDAYS)
VILLE = BusinessCalendar(MONTREAL, WORKING_WEEK, QUEBEC_HOLIDAYS)


def daily(zone: ZoneInfo, opens: str, closes: str) -> BusinessCalendar:
    return BusinessCalendar(zone, {weekday: (interval(opens, closes),) for weekday in range(7)})


def local(zone: ZoneInfo, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_open(calendar: BusinessCalendar, at: datetime) -> bool:
    """The second that begins then counts."""
    return business_seconds(calendar, at, at + timedelta(seconds=1)) == 1


# Open time, worked out by hand.


@pytest.mark.parametrize(
    ("calendar", "start", "end", "hours"),
    [
        pytest.param(MAIRIE, "2026-03-10 09:00", "2026-03-10 11:30", 2.5, id="within a morning"),
        pytest.param(MAIRIE, "2026-03-10 11:30", "2026-03-10 13:30", 1, id="over the lunch break"),
        pytest.param(MAIRIE, "2026-03-10 12:00", "2026-03-10 13:00", 0, id="the lunch break alone"),
        pytest.param(MAIRIE, "2026-03-10 00:00", "2026-03-11 00:00", 7, id="a whole day"),
        pytest.param(MAIRIE, "2026-03-06 16:00", "2026-03-09 09:00", 1, id="over a weekend"),
        pytest.param(MAIRIE, "2026-07-13 16:00", "2026-07-15 09:00", 1, id="over the French national day"),
        pytest.param(VILLE, "2026-06-23 16:00", "2026-06-25 09:00", 1, id="over Saint-Jean-Baptiste"),
        pytest.param(VILLE, "2026-07-13 16:00", "2026-07-15 09:00", 8, id="14 July is a working day in Montréal"),
        pytest.param(MAIRIE, "2026-03-27 16:00", "2026-03-30 09:00", 1, id="over the weekend when Paris loses an hour"),
        pytest.param(MAIRIE, "2026-10-23 16:00", "2026-10-26 09:00", 1, id="over the weekend when Paris gains one"),
        pytest.param(VILLE, "2026-03-06 16:00", "2026-03-09 09:00", 1, id="over the weekend when Montréal loses one"),
        pytest.param(VILLE, "2026-10-30 16:00", "2026-11-02 09:00", 1, id="over the weekend when Montréal gains one"),
        pytest.param(MAIRIE, "2028-02-28 00:00", "2028-03-02 00:00", 21, id="29 February is a working day"),
        pytest.param(MAIRIE, "2027-02-28 00:00", "2027-03-02 00:00", 7, id="a year without 29 February"),
        pytest.param(MAIRIE, "2026-12-31 16:00", "2027-01-04 09:00", 1, id="over the year's end"),
        pytest.param(MAIRIE, "2026-03-10 11:00", "2026-03-10 09:00", 0, id="an end before the start"),
        pytest.param(MAIRIE, "2026-03-10 09:00", "2026-03-10 09:00", 0, id="an end at the start"),
    ],
)
def test_open_time_is_what_one_counts_by_hand(calendar: BusinessCalendar, start: str, end: str, hours: float) -> None:
    zone = calendar.time_zone
    assert business_seconds(calendar, local(zone, start), local(zone, end)) == hours * HOUR


@pytest.mark.parametrize(
    ("zone", "day", "around_the_clock", "from_midnight_to_six"),
    [
        pytest.param(PARIS, "2026-03-29", 23, 5, id="Paris loses an hour"),
        pytest.param(PARIS, "2026-10-25", 25, 7, id="Paris gains an hour"),
        pytest.param(PARIS, "2026-10-26", 24, 6, id="Paris on an ordinary day"),
        pytest.param(MONTREAL, "2026-03-08", 23, 5, id="Montréal loses an hour"),
        pytest.param(MONTREAL, "2026-11-01", 25, 7, id="Montréal gains an hour"),
    ],
)
def test_open_time_is_what_really_elapses_when_the_clocks_change(
    zone: ZoneInfo, day: str, around_the_clock: int, from_midnight_to_six: int
) -> None:
    midnight = datetime.fromisoformat(day).replace(tzinfo=zone)
    following = midnight + timedelta(days=1)  # the next local midnight, since both are in the same zone
    for closes, hours in (("24:00", around_the_clock), ("06:00", from_midnight_to_six)):
        assert business_seconds(daily(zone, "00:00", closes), midnight, following) == hours * HOUR


@pytest.mark.parametrize(
    ("hours", "opened", "closed"),
    [
        pytest.param(("02:30", "05:00"), "2026-03-29 01:00", "2026-03-29 03:00", id="opening skipped: opens at 03:00"),
        pytest.param(("01:00", "02:30"), "2026-03-29 00:00", "2026-03-29 01:00", id="closing skipped: closes at 03:00"),
        pytest.param(("02:15", "02:45"), "2026-03-29 01:00", "2026-03-29 01:00", id="all of it skipped: stays closed"),
        pytest.param(
            ("02:30", "05:00"), "2026-10-25 00:30", "2026-10-25 04:00", id="opening twice: opens at the first"
        ),
        pytest.param(
            ("01:00", "02:30"), "2026-10-24 23:00", "2026-10-25 00:30", id="closing twice: closes at the first"
        ),
    ],
)
def test_hours_that_the_clock_of_paris_skips_or_repeats_have_one_meaning(
    hours: tuple[str, str], opened: str, closed: str
) -> None:
    calendar, start, end = daily(PARIS, *hours), utc(opened), utc(closed)
    assert business_seconds(calendar, start, end) == (end - start).total_seconds()
    assert business_seconds(calendar, start - timedelta(hours=3), end + timedelta(hours=3)) == (
        business_seconds(calendar, start, end)
    )


def test_a_day_that_a_time_zone_skipped_has_no_open_time_and_is_no_business_day() -> None:
    samoa = daily(ZoneInfo("Pacific/Apia"), "08:00", "16:00")
    thursday = local(samoa.time_zone, "2011-12-29 10:00")
    assert business_seconds(samoa, thursday, thursday + timedelta(days=1)) == 8 * HOUR  # to 10:00 on Saturday 31
    assert due_after_business_days(samoa, thursday, 1) == local(samoa.time_zone, "2011-12-31 16:00")


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        pytest.param("America/St_Johns", "2010-11-06 12:00", id="00:01 became 23:01 of the day before"),
        pytest.param("America/Toronto", "1919-03-30 12:00", id="23:30 became 00:30 of the day after"),
    ],
)
def test_a_change_of_the_clocks_across_midnight_neither_adds_nor_loses_open_time(zone: str, start: str) -> None:
    always_open, noon = daily(ZoneInfo(zone), "00:00", "24:00"), utc(start)
    for minutes in range(0, 40 * 60, 10):
        at = noon + timedelta(minutes=minutes)
        assert business_seconds(always_open, noon, at) == minutes * 60
        assert is_open(always_open, at)


def test_open_until_24_00_runs_into_the_next_day_without_a_gap() -> None:
    evenings = daily(PARIS, "18:00", "24:00")
    assert is_open(evenings, local(PARIS, "2026-03-06 23:59:59"))
    assert not is_open(evenings, local(PARIS, "2026-03-07 00:00"))
    assert business_seconds(evenings, local(PARIS, "2026-03-06 23:00"), local(PARIS, "2026-03-07 01:00")) == HOUR
    assert due_after_business_days(evenings, local(PARIS, "2026-03-05 20:00"), 1) == local(PARIS, "2026-03-07 00:00")


def test_a_service_is_open_from_its_opening_and_closed_from_its_closing() -> None:
    moments = {"08:29:59": False, "08:30": True, "11:59:59": True, "12:00": False, "13:00": True, "16:30": False}
    for moment, expected in moments.items():
        assert is_open(MAIRIE, local(PARIS, f"2026-03-10 {moment}")) is expected
        assert not is_open(MAIRIE, local(PARIS, f"2026-03-08 {moment}"))  # a Sunday
        assert not is_open(MAIRIE, local(PARIS, f"2026-07-14 {moment}"))


def test_parts_of_a_second_never_make_the_parts_differ_from_the_whole() -> None:
    start = local(PARIS, "2026-03-10 09:00") + timedelta(microseconds=900_000)
    middle, end = start + timedelta(microseconds=200_000), start + timedelta(seconds=10)
    parts = business_seconds(MAIRIE, start, middle) + business_seconds(MAIRIE, middle, end)
    assert parts == business_seconds(MAIRIE, start, end) == 10


# Due moments, worked out by hand.


@pytest.mark.parametrize(
    ("calendar", "start", "n", "due"),
    [
        pytest.param(MAIRIE, "2026-03-10 09:00", 1, "2026-03-11 16:30", id="the next day at closing"),
        pytest.param(MAIRIE, "2026-03-10 06:00", 1, "2026-03-11 16:30", id="before opening it is day 0 all the same"),
        pytest.param(MAIRIE, "2026-03-10 23:59", 1, "2026-03-11 16:30", id="after closing too"),
        pytest.param(MAIRIE, "2026-03-06 17:00", 1, "2026-03-09 16:30", id="from Friday to Monday"),
        pytest.param(MAIRIE, "2026-03-07 10:00", 1, "2026-03-09 16:30", id="from Saturday to Monday"),
        pytest.param(MAIRIE, "2026-03-08 10:00", 10, "2026-03-20 16:30", id="ten days from a Sunday"),
        pytest.param(MAIRIE, "2026-07-13 10:00", 1, "2026-07-15 16:30", id="a holiday between"),
        pytest.param(MAIRIE, "2026-07-14 10:00", 1, "2026-07-15 16:30", id="from a holiday"),
        pytest.param(VILLE, "2026-06-23 10:00", 1, "2026-06-25 16:30", id="Saint-Jean-Baptiste between"),
        pytest.param(MAIRIE, "2026-03-27 10:00", 1, "2026-03-30 16:30", id="Paris loses an hour between"),
        pytest.param(MAIRIE, "2026-10-23 10:00", 1, "2026-10-26 16:30", id="Paris gains an hour between"),
        pytest.param(VILLE, "2026-03-06 10:00", 1, "2026-03-09 16:30", id="Montréal loses an hour between"),
        pytest.param(VILLE, "2026-10-30 10:00", 1, "2026-11-02 16:30", id="Montréal gains an hour between"),
        pytest.param(MAIRIE, "2028-02-28 10:00", 1, "2028-02-29 16:30", id="29 February"),
        pytest.param(MAIRIE, "2026-12-31 10:00", 2, "2027-01-05 16:30", id="over the year's end"),
    ],
)
def test_a_business_day_standard_is_due_at_closing_time(
    calendar: BusinessCalendar, start: str, n: int, due: str
) -> None:
    zone = calendar.time_zone
    assert due_after_business_days(calendar, local(zone, start), n) == local(zone, due)


def test_the_same_instant_is_another_day_for_another_calendar() -> None:
    at = utc("2026-03-09 02:00")  # still Sunday evening in Montréal, Monday morning in Paris
    assert due_after_business_days(VILLE, at, 1) == utc("2026-03-09 20:30")
    assert due_after_business_days(MAIRIE, at, 1) == utc("2026-03-10 15:30")


def test_a_short_day_is_due_when_that_day_closes() -> None:
    short_fridays = BusinessCalendar(PARIS, {**WORKING_WEEK, 4: (interval("08:30", "12:00"),)})
    assert due_after_business_days(short_fridays, local(PARIS, "2026-03-05 10:00"), 1) == local(
        PARIS, "2026-03-06 12:00"
    )


@pytest.mark.parametrize(
    ("zone", "start", "n", "due"),
    [
        pytest.param(PARIS, "2026-06-02 09:00", 1, "2026-06-03T22:00", id="the midnight that ends the next day"),
        pytest.param(PARIS, "2026-06-02 01:30", 30, "2026-07-02T22:00", id="the day is the local one, not that of UTC"),
        pytest.param(PARIS, "2026-03-28 12:00", 1, "2026-03-29T22:00", id="the day when Paris loses an hour"),
        pytest.param(PARIS, "2026-10-24 12:00", 1, "2026-10-25T23:00", id="the day when Paris gains an hour"),
        pytest.param(MONTREAL, "2026-03-07 12:00", 1, "2026-03-09T04:00", id="the day when Montréal loses an hour"),
        pytest.param(MONTREAL, "2026-10-31 12:00", 1, "2026-11-02T05:00", id="the day when Montréal gains an hour"),
        pytest.param(PARIS, "2028-02-28 12:00", 1, "2028-02-29T23:00", id="29 February"),
        pytest.param(PARIS, "2027-02-28 12:00", 1, "2027-03-01T23:00", id="no 29 February"),
        pytest.param(PARIS, "2026-12-31 12:00", 1, "2027-01-01T23:00", id="over the year's end, holiday counted"),
        pytest.param(ZoneInfo("Africa/Cairo"), "2026-04-22 12:00", 1, "2026-04-23T22:00", id="a midnight skipped"),
    ],
)
def test_a_calendar_day_standard_is_due_at_the_end_of_the_local_day(
    zone: ZoneInfo, start: str, n: int, due: str
) -> None:
    calendar = BusinessCalendar(zone, WORKING_WEEK, FRENCH_HOLIDAYS)
    assert due_after_calendar_days(calendar, local(zone, start), n) == utc(due)


# What always holds.

SPRING_AND_AUTUMN = [
    local(zone, f"{day} 12:00")
    for zone, days in ((PARIS, ("2026-03-28", "2026-10-24")), (MONTREAL, ("2026-03-07", "2026-10-31")))
    for day in days
]
anywhere = st.sampled_from([PARIS, MONTREAL, ZoneInfo("America/St_Johns"), ZoneInfo("Asia/Kathmandu"), ZoneInfo("UTC")])
# Without edges within the hours that daylight saving repeats or skips, where a convention decides.
quarter_hours = (
    st.integers(0, 96).map(lambda quarter: quarter * 15).filter(lambda m: m in (60, 120) or not 60 < m < 180)
)
instants = st.one_of(
    st.timedeltas(timedelta(), timedelta(days=7 * 365)).map(lambda passed: utc("2024-01-01") + passed),
    st.tuples(st.sampled_from(SPRING_AND_AUTUMN), st.integers(-2 * 86400, 2 * 86400)).map(
        lambda chosen: chosen[0] + timedelta(seconds=chosen[1])
    ),
)


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> tuple[Interval, ...]:
    edges = sorted(draw(st.sets(quarter_hours, max_size=6)))
    return tuple(Interval(*pair) for pair in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn, zones: st.SearchStrategy[ZoneInfo] = anywhere) -> BusinessCalendar:
    week = {weekday: draw(hours_of_a_day()) for weekday in range(7)}
    assume(any(week.values()))
    holidays = draw(st.frozensets(st.dates(date(2026, 3, 1), date(2026, 4, 5)), max_size=10))
    return BusinessCalendar(draw(zones), week, holidays | FRENCH_HOLIDAYS)


def shows_open(calendar: BusinessCalendar, at: datetime) -> bool:
    """Whether the clock on the wall shows an open hour: an independent reading of the calendar, instant by instant."""
    clock = at.astimezone(calendar.time_zone)
    minutes = clock.hour * 60 + clock.minute
    hours = calendar.weekly_hours.get(clock.weekday(), ())
    return clock.date() not in calendar.holidays and any(one.opens <= minutes < one.closes for one in hours)


@given(calendars(), st.lists(instants, min_size=3, max_size=3).map(sorted))
def test_the_parts_of_a_span_add_up_to_the_whole(calendar: BusinessCalendar, at: list[datetime]) -> None:
    a, b, c = at
    assert business_seconds(calendar, a, b) + business_seconds(calendar, b, c) == business_seconds(calendar, a, c)


@given(calendars(), instants, instants, st.timedeltas(timedelta(), timedelta(days=10)))
def test_open_time_never_falls_as_time_passes_nor_exceeds_the_time_that_passes(
    calendar: BusinessCalendar, start: datetime, end: datetime, more: timedelta
) -> None:
    by_end = business_seconds(calendar, start, end)
    added = business_seconds(calendar, start, end + more) - by_end
    assert by_end >= 0
    assert 0 <= added <= (end + more).replace(microsecond=0).timestamp() - end.replace(microsecond=0).timestamp()


@given(calendars(), st.sampled_from(SPRING_AND_AUTUMN), st.integers(-1440, 1440), st.integers(0, 2 * 1440))
def test_open_time_is_the_number_of_minutes_at_which_the_clock_shows_an_open_hour(
    calendar: BusinessCalendar, near: datetime, shift: int, length: int
) -> None:
    minutes = [near + timedelta(minutes=shift + minute) for minute in range(length)]
    expected = [at for at in minutes if shows_open(calendar, at)]
    assert [at for at in minutes if is_open(calendar, at)] == expected
    end = near + timedelta(minutes=shift + length)
    assert business_seconds(calendar, near + timedelta(minutes=shift), end) == 60 * len(expected)


@given(calendars(), st.lists(instants, min_size=2, max_size=2).map(sorted))
def test_open_time_is_what_another_library_computes(calendar: BusinessCalendar, span: list[datetime]) -> None:
    start, end = (at.replace(microsecond=0) for at in span)
    other = workclock_schedule(calendar.weekly_hours, calendar.holidays, calendar.time_zone)
    assert business_seconds(calendar, start, end) == other.between(start, end).total_seconds()


def workclock_schedule(
    weekly_hours: Mapping[int, tuple[Interval, ...]], holidays: frozenset[date], zone: ZoneInfo
) -> workclock.Schedule:
    def clock(minutes: int) -> time:
        return time(minutes // 60 % 24, minutes % 60)

    shifts = [
        workclock.WorkDay(clock(one.opens), clock(one.closes), days=[weekday])
        for weekday, hours in weekly_hours.items()
        for one in hours
    ]
    return workclock.Schedule([*shifts, workclock.Holidays(sorted(holidays))], time_zone=zone)


@given(calendars(), instants, st.integers(1, 40))
def test_a_due_moment_is_the_closing_of_the_nth_business_day(
    calendar: BusinessCalendar, start: datetime, n: int
) -> None:
    due = due_after_business_days(calendar, start, n)
    assert due.tzinfo is UTC
    assert is_open(calendar, due - timedelta(seconds=1))
    first_day, closing = start.astimezone(calendar.time_zone).date(), (due - timedelta(seconds=1))
    last_day = closing.astimezone(calendar.time_zone).date()
    days = [first_day + timedelta(days=day) for day in range(1, (last_day - first_day).days + 1)]
    business_days = [day for day in days if day.weekday() in calendar.weekly_hours and day not in calendar.holidays]
    assert len(business_days) == n
    assert business_days[-1] == last_day
    next_midnight = datetime.combine(last_day + timedelta(days=1), time(), calendar.time_zone)
    assert business_seconds(calendar, due, next_midnight) == 0


@given(calendars(), instants, st.integers(1, 400))
def test_a_calendar_day_due_moment_is_the_first_of_its_local_day(
    calendar: BusinessCalendar, start: datetime, n: int
) -> None:
    zone = calendar.time_zone
    due = due_after_calendar_days(calendar, start, n)
    assert (due.astimezone(zone).date() - start.astimezone(zone).date()).days == n + 1
    assert ((due - timedelta(seconds=1)).astimezone(zone).date() - start.astimezone(zone).date()).days == n


# What is refused, in one line.


@pytest.mark.parametrize(
    ("weekly_hours", "holidays", "says"),
    [
        pytest.param({}, (), "at least one open hour", id="no day"),
        pytest.param({0: (), 3: ()}, (), "at least one open hour", id="no open hour"),
        pytest.param({7: OFFICE}, (), "weekday", id="an eighth weekday"),
        pytest.param({0: OFFICE[::-1]}, (), "out of order", id="the afternoon first"),
        pytest.param({0: (Interval(480, 720), Interval(719, 900))}, (), "overlap", id="overlapping hours"),
        pytest.param({0: OFFICE}, (datetime(2026, 7, 14, tzinfo=UTC),), "holiday", id="a holiday with a time"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(
    weekly_hours: dict[int, tuple[Interval, ...]], holidays: tuple[date, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says) as refusal:
        BusinessCalendar(PARIS, weekly_hours, frozenset(holidays))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("opens", "closes"),
    [("09:00", "09:00"), ("12:00", "08:00"), ("24:00", "24:00"), ("8:30", "12:00"), ("08:30", "24:01"), ("", "12:00")],
)
def test_an_interval_that_makes_no_sense_is_refused(opens: str, closes: str) -> None:
    with pytest.raises(ValueError, match="00:00"):
        interval(opens, closes)


def test_hours_that_touch_are_one_stretch_of_open_time() -> None:
    calendar = BusinessCalendar(PARIS, {1: (interval("08:00", "12:00"), interval("12:00", "16:00"))})
    assert is_open(calendar, local(PARIS, "2026-03-10 12:00"))
    assert business_seconds(calendar, local(PARIS, "2026-03-10 00:00"), local(PARIS, "2026-03-11 00:00")) == 8 * HOUR


def test_a_calendar_does_not_change_after_it_is_made() -> None:
    week = {0: OFFICE}
    calendar = BusinessCalendar(PARIS, week)
    week[1] = OFFICE
    assert calendar == BusinessCalendar(PARIS, {0: OFFICE, 1: ()})
    with pytest.raises(TypeError):
        calendar.weekly_hours[1] = OFFICE  # type: ignore[index]


def test_an_instant_without_a_time_zone_is_refused() -> None:
    aware = local(PARIS, "2026-03-10 09:00")
    naive = aware.replace(tzinfo=None)
    for ask in (
        lambda: business_seconds(MAIRIE, naive, aware),
        lambda: business_seconds(MAIRIE, aware, naive),
        lambda: due_after_business_days(MAIRIE, naive, 1),
        lambda: due_after_calendar_days(MAIRIE, naive, 1),
    ):
        with pytest.raises(ValueError, match="time zone"):
            ask()


@pytest.mark.parametrize("n", [0, -1])
def test_a_standard_of_less_than_a_day_is_refused(n: int) -> None:
    for due in (due_after_business_days, due_after_calendar_days):
        with pytest.raises(ValueError, match="at least one day"):
            due(MAIRIE, local(PARIS, "2026-03-10 09:00"), n)


def test_ten_years_of_open_time_are_counted_in_well_under_a_millisecond() -> None:
    start, end = utc("2021-03-04 12:00"), utc("2031-03-04 12:00")
    business_seconds(VILLE, start, end)
    began = stopwatch.process_time()
    for _ in range(1000):
        business_seconds(VILLE, start, end)
    assert stopwatch.process_time() - began < 0.5


# Public holidays.


def test_public_holidays_are_those_of_the_place() -> None:
    assert date(2026, 7, 14) in FRENCH_HOLIDAYS
    assert date(2026, 6, 24) in QUEBEC_HOLIDAYS
    assert date(2026, 6, 24) not in public_holidays("CA", "ON", [2026])
    assert date(2026, 12, 26) in public_holidays("FR", "57", [2026])  # Moselle
    assert date(2026, 12, 26) not in FRENCH_HOLIDAYS


def test_easter_monday_is_a_holiday_in_quebec_only_where_it_is_asked_for() -> None:
    easter_monday = date(2026, 4, 6)
    assert easter_monday not in QUEBEC_HOLIDAYS
    assert public_holidays("CA", "QC", [2026], ("public", "optional")) - QUEBEC_HOLIDAYS == {easter_monday}
    assert easter_monday in FRENCH_HOLIDAYS


@pytest.mark.parametrize(
    ("country", "subdivision", "years", "categories"),
    [
        ("XX", None, [2026], ["public"]),
        ("ca", None, [2026], ["public"]),
        ("HolidayBase", None, [2026], ["public"]),
        ("CA", "ZZ", [2026], ["public"]),
        ("CA", "QC", [2026], ["feasts"]),
        ("CA", "QC", [2026], []),
        ("CA", "QC", [1866], ["public"]),
        ("CA", "QC", [2026, 2200], ["public"]),
    ],
)
def test_holidays_that_nobody_knows_are_refused_rather_than_empty(
    country: str, subdivision: str | None, years: list[int], categories: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        public_holidays(country, subdivision, years, categories)
