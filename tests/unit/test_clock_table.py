"""When a clock is due, whatever happens to the case: each moment below was worked out by hand, on paper calendars.

Québec is open from 8:30 to 12:00 and from 13:00 to 16:30, Monday to Friday: seven hours a day. The French office is
open from 9:00 to 12:00 and from 14:00 to 17:00: six hours. `always` never closes. Moments are as the local clock shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from libs.common.languages import Bilingual
from services.routing.calendars.business_time import BusinessCalendar, interval
from services.routing.cases.models import Case, Clock
from services.routing.cases.opening import promises
from services.routing.cases.terms import USUAL
from services.routing.cases.timers import pass_time
from services.routing.cases.undelivered import Final, Given, give_again, take_back
from services.routing.cases.verbs import answering, owning, waiting
from services.routing.cases.verbs import schemas as bodies
from services.routing.cases.work import Office, Work
from services.routing.organisation.queries import KnownTeam, Organisation
from services.routing.standards.precedence import Standard
from services.routing.standards.schemas import StandardDocument

TORONTO, PARIS = ZoneInfo("America/Toronto"), ZoneInfo("Europe/Paris")
QUEBEC_HOLIDAYS = [
    *("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-18", "2026-06-24", "2026-07-01"),
    *("2026-09-07", "2026-10-12", "2026-12-25", "2027-01-01"),
]
FRENCH_HOLIDAYS = [
    *("2026-01-01", "2026-04-06", "2026-05-01", "2026-05-08", "2026-05-14", "2026-05-25"),
    *("2026-07-14", "2026-08-15", "2026-11-01", "2026-11-11", "2026-12-25"),
]


def calendar(zone: ZoneInfo, hours: Sequence[tuple[str, str]], days: int, holidays: Sequence[str]) -> BusinessCalendar:
    week = {day: tuple(interval(*one) for one in hours) for day in range(days)}
    return BusinessCalendar(zone, week, frozenset(date.fromisoformat(day) for day in holidays))


HOURS = [("08:30", "12:00"), ("13:00", "16:30")]
CALENDARS = {
    "quebec": calendar(TORONTO, HOURS, 5, QUEBEC_HOLIDAYS),
    "closed on 12 March": calendar(TORONTO, HOURS, 5, [*QUEBEC_HOLIDAYS, "2026-03-12"]),
    "france": calendar(PARIS, [("09:00", "12:00"), ("14:00", "17:00")], 5, FRENCH_HOLIDAYS),
    "always": calendar(TORONTO, [("00:00", "24:00")], 7, []),
}


def days(n: int) -> dict[str, int]:
    return {"business_days": n}


def calendar_days(n: int) -> dict[str, int]:
    return {"calendar_days": n}


Step = tuple[Any, ...]


@dataclass(frozen=True)
class Row:
    """What happens, when the clock is due then, and why that is so. `ended` and `met` where it has ended."""

    sentence: str
    spoke: str
    promise: dict[str, int]
    due: str | None
    why: str
    steps: Sequence[Step] = ()
    calendar: str = "quebec"
    clock: str = "reply"
    starts: str = "submission"
    ended: str | None = None
    met: bool | None = None


def at_assignment(row: Row) -> Row:
    return replace(row, starts="assignment")


def in_france(row: Row) -> Row:
    return replace(row, calendar="france")


def always_open(row: Row) -> Row:
    return replace(row, calendar="always")


def second_stage(row: Row) -> Row:
    return replace(row, clock="stage2_reply", starts="reopening")


MON, FIVE = "2026-03-09 11:00", days(5)  # a Monday; five business days end on Monday 16 March, 16:30

TABLE = [
    # Business days.
    Row("two days from a Monday", MON, days(2), "2026-03-11 16:30", "Tue, Wed"),
    Row("spoken late on a Friday", "2026-03-13 16:00", days(1), "2026-03-16 16:30", "no weekend counts"),
    Row("spoken on a Saturday", "2026-03-14 10:00", days(1), "2026-03-16 16:30", "Saturday is day 0"),
    Row("spoken just after midnight", "2026-03-09 00:01", days(1), "2026-03-10 16:30", "Monday is day 0"),
    Row("spoken just before midnight", "2026-03-09 23:59", days(1), "2026-03-10 16:30", "Monday is day 0"),
    Row("before Easter", "2026-04-02 15:00", days(1), "2026-04-07 16:30", "Good Friday, weekend, Easter Monday"),
    Row("before Saint John's day", "2026-06-23 09:00", days(1), "2026-06-25 16:30", "Wed 24 June is closed"),
    Row("on Saint John's day", "2026-06-24 09:00", days(1), "2026-06-25 16:30", "a closed day can be day 0"),
    Row("over Canada Day", "2026-06-30 10:00", days(2), "2026-07-03 16:30", "Wed 1 July is closed: Thu, Fri"),
    Row("over Christmas", "2026-12-24 10:00", days(3), "2026-12-30 16:30", "Fri 25 closed: Mon, Tue, Wed"),
    Row("over the end of the year", "2026-12-31 10:00", days(1), "2027-01-04 16:30", "Fri 1 Jan is closed"),
    Row("before a leap day", "2028-02-28 10:00", days(1), "2028-02-29 16:30", "Tue 29 February 2028"),
    in_france(Row("over the first of May", "2026-04-29 10:00", days(2), "2026-05-04 17:00", "Thu, Mon")),
    in_france(Row("over the eighth of May", "2026-05-06 10:00", days(3), "2026-05-12 17:00", "Thu, Mon, Tue")),
    in_france(Row("before Ascension", "2026-05-13 16:00", days(1), "2026-05-15 17:00", "Thu 14 is closed")),
    in_france(Row("before Whit Monday", "2026-05-22 10:00", days(1), "2026-05-26 17:00", "Mon 25 is closed")),
    # Calendar days.
    Row("thirty days", MON, calendar_days(30), "2026-04-09 00:00", "the 30th day is 8 April: its end"),
    Row("a leap day counts", "2028-02-28 10:00", calendar_days(1), "2028-03-01 00:00", "ends with 29 February"),
    Row("no leap day", "2026-02-27 10:00", calendar_days(2), "2026-03-02 00:00", "ends with Sun 1 March"),
    Row("the short day", "2026-03-07 12:00", calendar_days(1), "2026-03-09 00:00", "Sunday 8 March has 23 hours"),
    Row("the long day", "2026-10-31 12:00", calendar_days(1), "2026-11-02 00:00", "Sunday 1 November has 25 hours"),
    Row("days over the end of the year", "2026-12-31 12:00", calendar_days(1), "2027-01-02 00:00", "ends with 1 Jan"),
    Row("holidays are days", "2026-04-02 15:00", calendar_days(2), "2026-04-05 00:00", "Good Friday, Saturday"),
    # Starts at the first assignment.
    at_assignment(Row("nobody has it yet", MON, days(3), None, "it waits for its start")),
    at_assignment(
        Row("given on Wednesday", MON, days(3), "2026-03-16 16:30", "Thu, Fri, Mon", [("assign", "2026-03-11 10:00")])
    ),
    at_assignment(
        Row(
            "assigned a second time",
            MON,
            days(3),
            "2026-03-16 16:30",
            "the first assignment started it",
            [("assign", "2026-03-11 10:00"), ("assign", "2026-03-13 10:00")],
        )
    ),
    at_assignment(
        Row(
            "transferred from the queue",
            MON,
            days(3),
            "2026-03-16 16:30",
            "a team has it from then on",
            [("transfer", "2026-03-11 10:00")],
        )
    ),
    at_assignment(
        Row(
            "assigned on Good Friday",
            "2026-03-30 10:00",
            days(1),
            "2026-04-07 16:30",
            "Friday is day 0, Monday is closed",
            [("assign", "2026-04-03 10:00")],
        )
    ),
    # Suspensions of promises in business days: by the open time suspended.
    Row(
        "suspended for two whole days' worth",
        MON,
        FIVE,
        "2026-03-18 16:30",
        "Tue 5.5 h + Wed 7 h + Thu 1.5 h = 14 h, two days after Mon 16",
        [("suspend", "2026-03-10 10:00", "2026-03-20 10:00"), ("resume", "2026-03-12 10:00")],
    ),
    Row(
        "suspended for two days and three hours",
        MON,
        FIVE,
        "2026-03-19 11:30",
        "Tue 5.5 + Wed 7 + Thu 4.5 = 17 h: two days, and 3 h from 8:30 on Thu 19",
        [("suspend", "2026-03-10 10:00", "2026-03-20 10:00"), ("resume", "2026-03-12 14:00")],
    ),
    Row(
        "suspended from closing to opening over a weekend",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "no open time was suspended",
        [("suspend", "2026-03-13 16:30", "2026-03-20 10:00"), ("resume", "2026-03-16 08:30")],
    ),
    Row(
        "suspended across a weekend",
        MON,
        FIVE,
        "2026-03-17 10:30",
        "Fri 1 h + Mon 1 h = 2 h from Tue 8:30",
        [("suspend", "2026-03-13 15:30", "2026-03-20 10:00"), ("resume", "2026-03-16 09:30")],
    ),
    Row(
        "suspended over lunch",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "closed from 12:00 to 13:00",
        [("suspend", "2026-03-10 12:00", "2026-03-20 10:00"), ("resume", "2026-03-10 13:00")],
    ),
    Row(
        "suspended across Easter",
        "2026-03-30 10:00",
        FIVE,
        "2026-04-09 09:30",
        "due Wed 8 April (31, 1, 2, 7, 8); Thu 2 0.5 h + Tue 7 0.5 h = 1 h from Thu 9, 8:30",
        [("suspend", "2026-04-02 16:00", "2026-04-20 10:00"), ("resume", "2026-04-07 09:00")],
    ),
    Row(
        "moved onto a holiday",
        "2026-06-19 10:00",
        days(2),
        "2026-06-25 16:30",
        "due Tue 23 June; 7 h later: Wed 24 is closed, so Thu 25",
        [("suspend", "2026-06-22 08:30", "2026-06-30 10:00"), ("resume", "2026-06-23 08:30")],
    ),
    Row(
        "suspended twice",
        MON,
        FIVE,
        "2026-03-17 11:30",
        "1 h + 2 h = 3 h from Tue 17, 8:30",
        [
            ("suspend", "2026-03-10 09:00", "2026-03-20 10:00"),
            ("resume", "2026-03-10 10:00"),
            ("suspend", "2026-03-11 09:00", "2026-03-20 10:00"),
            ("resume", "2026-03-11 11:00"),
        ],
    ),
    Row(
        "suspended past its due moment",
        MON,
        days(2),
        "2026-03-13 11:30",
        "due Wed 11; Wed 1 h + Thu 7 h + Fri 2 h = 10 h: Thu 12 and 3 h of Fri 13",
        [("suspend", "2026-03-11 15:30", "2026-03-20 10:00"), ("resume", "2026-03-13 10:30")],
    ),
    Row(
        "suspended when it was overdue",
        MON,
        days(1),
        "2026-03-10 16:30",
        "a breach stays a breach",
        [("suspend", "2026-03-11 09:00", "2026-03-20 10:00"), ("resume", "2026-03-13 09:00")],
    ),
    Row(
        "suspended at its due moment",
        MON,
        days(1),
        "2026-03-10 16:30",
        "it was due then",
        [("suspend", "2026-03-10 16:30", "2026-03-20 10:00"), ("resume", "2026-03-13 09:00")],
    ),
    Row(
        "a wait that ended by itself, noticed four days later",
        MON,
        FIVE,
        "2026-03-18 16:30",
        "it ended on Thu 12 at 10:00: 14 h",
        [("suspend", "2026-03-10 10:00", "2026-03-12 10:00"), ("time passes", "2026-03-16 09:00")],
    ),
    Row(
        "waiting for the person",
        MON,
        FIVE,
        "2026-03-18 16:30",
        "a question suspends as anything does: 14 h",
        [("ask", "2026-03-10 10:00", "2026-03-20 10:00"), ("resume", "2026-03-12 10:00")],
    ),
    Row(
        "answered while it waits",
        MON,
        FIVE,
        "2026-03-18 16:30",
        "the reply ends the wait: 14 h",
        [("suspend", "2026-03-10 10:00", "2026-03-20 10:00"), ("reply", "2026-03-12 10:00")],
        ended="2026-03-12 10:00",
        met=True,
    ),
    Row(
        "suspended over the end of the year",
        "2026-12-30 10:00",
        days(2),
        "2027-01-05 10:30",
        "due Mon 4 January (31, 4); Thu 31 1 h + Mon 4 1 h = 2 h from Tue 5",
        [("suspend", "2026-12-31 15:30", "2027-01-20 10:00"), ("resume", "2027-01-04 09:30")],
    ),
    in_france(
        Row(
            "suspended over the eighth of May, due after Ascension",
            "2026-05-04 10:00",
            FIVE,
            "2026-05-15 15:00",
            "due Tue 12 (5, 6, 7, 11, 12); Wed 3 h + Thu 6 h + Mon 1 h = 10 h: Wed 13 6 h, Fri 15 4 h",
            [("suspend", "2026-05-06 14:00", "2026-05-30 10:00"), ("resume", "2026-05-11 10:00")],
        )
    ),
    # Suspensions of promises in calendar days: by the time that really passed.
    Row(
        "two days of thirty suspended",
        MON,
        calendar_days(30),
        "2026-04-11 00:00",
        "48 h after 9 April, 0:00",
        [("suspend", "2026-03-10 10:00", "2026-03-20 10:00"), ("resume", "2026-03-12 10:00")],
    ),
    Row(
        "suspended over a weekend, in calendar days",
        MON,
        calendar_days(10),
        "2026-03-22 00:00",
        "due with Thu 19; 48 h from Friday to Sunday count",
        [("suspend", "2026-03-13 16:30", "2026-03-20 10:00"), ("resume", "2026-03-15 16:30")],
    ),
    Row(
        "suspended when the clocks go forward",
        "2026-03-02 12:00",
        calendar_days(10),
        "2026-03-13 23:00",
        "noon to noon was 23 h: from 13 March, 0:00",
        [("suspend", "2026-03-07 12:00", "2026-03-20 10:00"), ("resume", "2026-03-08 12:00")],
    ),
    Row(
        "suspended when the clocks go back",
        "2026-10-26 12:00",
        calendar_days(10),
        "2026-11-07 01:00",
        "noon to noon was 25 h: from 6 November, 0:00",
        [("suspend", "2026-10-31 12:00", "2026-11-20 10:00"), ("resume", "2026-11-01 12:00")],
    ),
    Row(
        "moved across the short night",
        "2026-03-02 12:00",
        calendar_days(5),
        "2026-03-09 01:00",
        "24 h after 8 March, 0:00, a day of 23 h",
        [("suspend", "2026-03-03 12:00", "2026-03-20 10:00"), ("resume", "2026-03-04 12:00")],
    ),
    always_open(
        Row(
            "always open, suspended when the clocks go forward",
            "2026-03-06 12:00",
            days(3),
            "2026-03-10 23:00",
            "due at the end of Mon 9; 23 h of Tue 10",
            [("suspend", "2026-03-07 12:00", "2026-03-20 10:00"), ("resume", "2026-03-08 12:00")],
        )
    ),
    always_open(
        Row(
            "always open, due when the clocks go back",
            "2026-10-30 12:00",
            days(1),
            "2026-11-01 01:00",
            "due at the end of Sat 31; 1 h later it is one o'clock for the first time",
            [("suspend", "2026-10-30 13:00", "2026-11-20 10:00"), ("resume", "2026-10-30 14:00")],
        )
    ),
    # Extensions.
    Row(
        "extended by five days",
        MON,
        FIVE,
        "2026-03-23 16:30",
        "from Mon 16: Tue, Wed, Thu, Fri, Mon",
        [("extend", "2026-03-12 10:00", days(5))],
    ),
    Row(
        "extended to a moment",
        MON,
        FIVE,
        "2026-03-20 12:00",
        "as it was said",
        [("extend", "2026-03-12 10:00", {"due_at": "2026-03-20T12:00:00-04:00"})],
    ),
    Row(
        "calendar days extended by business days",
        MON,
        calendar_days(10),
        "2026-03-23 16:30",
        "due with Thu 19: Fri 20, Mon 23",
        [("extend", "2026-03-12 10:00", days(2))],
    ),
    Row(
        "extended after a suspension",
        MON,
        FIVE,
        "2026-03-19 16:30",
        "moved to Wed 18, then a day",
        [
            ("suspend", "2026-03-10 10:00", "2026-03-20 10:00"),
            ("resume", "2026-03-12 10:00"),
            ("extend", "2026-03-13 10:00", days(1)),
        ],
    ),
    Row(
        "suspended after an extension",
        MON,
        FIVE,
        "2026-03-24 16:30",
        "extended to Mon 23; Fri 13 was suspended: 7 h",
        [
            ("extend", "2026-03-12 10:00", days(5)),
            ("suspend", "2026-03-13 08:30", "2026-03-20 10:00"),
            ("resume", "2026-03-16 08:30"),
        ],
    ),
    # Late entries.
    Row(
        "a suspension written down late",
        MON,
        days(1),
        "2026-03-12 16:30",
        "due Tue 10; Tue 6.5 h + Wed 7 h + Thu 0.5 h = 14 h",
        [
            ("time passes", "2026-03-11 12:00"),
            ("suspend", "2026-03-10 09:00", "2026-03-20 10:00"),
            ("resume", "2026-03-12 09:00"),
        ],
    ),
    Row(
        "a reply written down late",
        MON,
        days(1),
        "2026-03-10 16:30",
        "it was given before it was due, whatever was told since",
        [("time passes", "2026-03-12 12:00"), ("reply", "2026-03-10 16:30")],
        ended="2026-03-10 16:30",
        met=True,
    ),
    Row(
        "a reply given late",
        MON,
        days(1),
        "2026-03-10 16:30",
        "a minute late is late",
        [("reply", "2026-03-10 16:31")],
        ended="2026-03-10 16:31",
        met=False,
    ),
    # Replies that did not reach the person.
    Row(
        "an undelivered reply",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "it runs on as if it had never stopped",
        [("reply", "2026-03-11 10:00"), ("undelivered", "2026-03-13 10:00", 1)],
    ),
    Row(
        "an undelivered reply, and another one after the due moment",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "the second one is the one that was given",
        [("reply", "2026-03-11 10:00"), ("undelivered", "2026-03-13 10:00", 1), ("reply", "2026-03-17 10:00")],
        ended="2026-03-17 10:00",
        met=False,
    ),
    Row(
        "two replies, of which the first did not arrive",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "the second one stands in its place",
        [("reply", "2026-03-11 10:00"), ("reply", "2026-03-12 10:00"), ("undelivered", "2026-03-13 10:00", 1)],
        ended="2026-03-12 10:00",
        met=True,
    ),
    Row(
        "two replies, of which the second did not arrive",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "the first one stands",
        [("reply", "2026-03-11 10:00"), ("reply", "2026-03-12 10:00"), ("undelivered", "2026-03-13 10:00", 2)],
        ended="2026-03-11 10:00",
        met=True,
    ),
    Row(
        "an undelivered reply that arrived after all, after the due moment",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "it was given in time",
        [
            ("reply", "2026-03-11 10:00"),
            ("undelivered", "2026-03-13 10:00", 1),
            ("time passes", "2026-03-17 10:00"),
            ("delivered", "2026-03-17 11:00", 1),
        ],
        ended="2026-03-11 10:00",
        met=True,
    ),
    Row(
        "two replies that did not arrive, and then the first did",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "the first one was given",
        [
            ("reply", "2026-03-11 10:00"),
            ("reply", "2026-03-12 10:00"),
            ("undelivered", "2026-03-13 10:00", 1),
            ("undelivered", "2026-03-13 11:00", 2),
            ("delivered", "2026-03-14 10:00", 1),
        ],
        ended="2026-03-11 10:00",
        met=True,
    ),
    # Coming back.
    second_stage(Row("a second stage that nobody asked for", MON, days(10), None, "it waits for its start")),
    second_stage(
        Row(
            "reopened after Easter",
            MON,
            days(10),
            "2026-04-27 16:30",
            "14, 15, 16, 17, 20, 21, 22, 23, 24, 27 April",
            [("reply", "2026-03-11 10:00"), ("reopen", "2026-04-13 10:00")],
        )
    ),
    second_stage(
        Row(
            "reopened twice",
            MON,
            days(10),
            "2026-05-04 16:30",
            "what the second reply had used up is promised anew",
            [
                ("reply", "2026-03-11 10:00"),
                ("reopen", "2026-04-13 10:00"),
                ("reply", "2026-04-14 10:00"),
                ("reopen", "2026-04-20 10:00"),
            ],
        )
    ),
    Row(
        "the first stage, reopened",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "what has ended stays ended",
        [("reply", "2026-03-11 10:00"), ("reopen", "2026-04-13 10:00"), ("reply", "2026-04-14 10:00")],
        ended="2026-03-11 10:00",
        met=True,
    ),
    # The calendar changed meanwhile.
    Row(
        "a day is closed after it was promised",
        MON,
        FIVE,
        "2026-03-16 16:30",
        "a promise is kept as it was made",
        [("calendar", "2026-03-10 10:00", "closed on 12 March")],
    ),
    Row(
        "suspended over a day that is closed since",
        MON,
        FIVE,
        "2026-03-17 16:30",
        "Wed 7 h, Thu none: 7 h after Mon 16",
        [
            ("calendar", "2026-03-10 10:00", "closed on 12 March"),
            ("suspend", "2026-03-11 08:30", "2026-03-20 10:00"),
            ("resume", "2026-03-13 08:30"),
        ],
    ),
    Row(
        "extended over a day that is closed since",
        MON,
        days(2),
        "2026-03-13 16:30",
        "from Wed 11: Thu 12 is closed, Fri 13",
        [("calendar", "2026-03-10 10:00", "closed on 12 March"), ("extend", "2026-03-10 11:00", days(1))],
    ),
    at_assignment(
        Row(
            "assigned before a day that is closed since",
            MON,
            days(1),
            "2026-03-13 16:30",
            "the calendar in force at its start",
            [("calendar", "2026-03-10 10:00", "closed on 12 March"), ("assign", "2026-03-11 10:00")],
        )
    ),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.sentence)
def test_a_clock_is_due_when_the_table_says(row: Row) -> None:
    zone = PARIS if row.calendar == "france" else TORONTO
    desk = Desk.of(row, zone)
    for name, at, *rest in row.steps:
        desk.do(name, desk.local(at), *rest)
    clock = desk.work.clocks[0]
    assert clock.due_at == (desk.local(row.due) if row.due else None), row.why
    assert clock.ended_at == (desk.local(row.ended) if row.ended else None)
    assert clock.met is row.met


def test_the_table_is_as_long_as_it_must_be() -> None:
    assert len({row.sentence for row in TABLE}) == len(TABLE) > 40


@dataclass
class Desk:
    """A case with one clock, on which the steps of a row are carried out as verbs do."""

    work: Work
    zone: ZoneInfo
    given: Given = field(default_factory=Given)

    @classmethod
    def of(cls, row: Row, zone: ZoneInfo) -> "Desk":
        spoke = datetime.fromisoformat(row.spoke).replace(tzinfo=zone).astimezone(UTC)
        document = StandardDocument.model_validate(
            {
                "code": "standard",
                "name": {"fr": "Norme", "en": "Standard"},
                "clocks": [{"clock": row.clock, "within": row.promise, "starts": row.starts}],
            }
        )
        promised = promises(Standard(1, document), CALENDARS[row.calendar], spoke)
        clocks = [Clock(case_id=uuid4(), late_entry=False, suspended_seconds=0, extended=False, **promised[0])]
        case = Case(id=uuid4(), feedback_id=uuid4(), version=1, state="new", team="team", priority="normal")
        case.channel, case.submitted_at, case.last_effective_at, case.hidden_from = "web", spoke, spoke, []
        case.answers = case.reopened_count = 0
        case.historical = False
        return cls(Work(case, clocks, [], [], office(row.calendar, spoke), spoke), zone)

    def local(self, moment: str) -> datetime:
        return datetime.fromisoformat(moment).replace(tzinfo=self.zone).astimezone(UTC)

    def do(self, name: str, at: datetime, *rest: Any) -> None:  # noqa: PLR0912 - one a step
        work = self.work
        work.effective_at = at
        work.office = replace(work.office, now=max(work.office.now, at))
        match name:
            case "assign":
                owning.assign(work, bodies.Assign(team="team"))
            case "transfer":
                owning.transfer(work, bodies.Transfer(team="team"))
            case "suspend":
                until = self.local(rest[0])
                body = {"for": "third_party", "reason": "lab", "until": until}
                waiting.suspend(work, bodies.Suspend.model_validate(body))
            case "ask":
                waiting.ask(work, bodies.Ask(text="?", until=self.local(rest[0]), otherwise="."))
            case "resume":
                waiting.resume(work, bodies.Resume())
            case "time passes":
                pass_time(work)
            case "extend":
                body = {"clock": "reply", "text": "x", "recourse": "y", **rest[0]}
                waiting.extend(work, bodies.Extend.model_validate(body))
            case "reply":
                answering.reply(work, bodies.Reply(text="x", outcome="upheld"))
                self.given.replies[work.case.answers] = Final(at, "upheld", None)
            case "undelivered":
                take_back(work, rest[0], self.given)
            case "delivered":
                give_again(work, rest[0], self.given)
            case "reopen":
                self.given.reopen()
                answering.reopen(work, bodies.Reopen(reason="x"))
            case "calendar":
                work.office = office(rest[0], work.office.now)
            case _:
                raise AssertionError(name)


def office(calendar_name: str, now: datetime) -> Office:
    team = KnownTeam("team", Bilingual(fr="Équipe", en="Team"), False, frozenset(), frozenset(), frozenset())
    organisation = Organisation({"team": team}, [], 1, [], [], {"default": CALENDARS[calendar_name]})
    return Office(organisation, {}, USUAL, now + timedelta(0))
