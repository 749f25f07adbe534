"""Figures over HTTP: what a manager reads, against numbers counted by hand and by other means."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from libs.contracts.cases import ClockCorrected
from libs.contracts.feedback import Rating, SubmittedBy
from libs.contracts.interactions import InteractionsReported
from libs.contracts.organisation import WEEKDAYS, CalendarPublished, organisation_id_of
from services.analytics.kpis.definitions import NAMES
from tests.services.analytics import quarter
from tests.services.analytics.logs import Story, Told, log_of
from tests.services.analytics.reading import Readers

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
"""Noon in Toronto."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_READ = text(
    """
    INSERT INTO log_read VALUES (:source, 1, 0, :complete_to)
    ON CONFLICT (source) DO UPDATE SET complete_to = excluded.complete_to
    """
)
SetClock = Callable[[datetime], None]


def one_percent(value: float) -> Any:
    """What a quantile may be off."""
    return pytest.approx(value, rel=0.0101)


def story(number: int, submitted_at: datetime = MONDAY, **fields: Any) -> Story:
    return Story(UUID(int=number), submitted_at, **fields).submitted()


async def figures(http: httpx.AsyncClient, **parameters: str) -> list[dict[str, Any]]:
    answer = await http.get("/v1/kpis", params={"from": "2026-03-01", "to": "2026-04-01", **parameters})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["figures"]
    return found


async def figure(http: httpx.AsyncClient, name: str, **parameters: str) -> dict[str, Any]:
    (one,) = await figures(http, names=name, **parameters)
    return one


async def test_volume_counts_what_was_submitted_in_the_span(readers: Readers, http: httpx.AsyncClient) -> None:
    await readers.read([story(1), story(2, MONDAY + DAY), story(3, MONDAY + 30 * DAY)])

    volume = await figure(http, "volume")

    assert (volume["value"], volume["n"], volume["unit"], volume["interval"]) == (2, 2, "count", None)
    assert volume["flags"] == ["small_sample"]
    assert volume["span"] == {"from": "2026-03-01", "to": "2026-04-01", "time_zone": "America/Toronto"}
    assert volume["as_of"]["positions"] == {"intake": {"epoch": 1, "pos": 3}, "routing": {"epoch": 1, "pos": 0}}


async def test_complaints_count_within_three_days_of_reports_of_interactions_of_their_service(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    """A counter reports from a Monday to the Friday."""
    counter = InteractionsReported(
        on=MONDAY.date(),
        interaction="visit",
        channel="counter",
        service="tax",
        count=50,
        source="partner",
        reported_at=MONDAY,
    )
    told = [
        Told("intake", UUID(int=100 + day), 1, MONDAY, counter.model_copy(update={"on": MONDAY.date() + day * DAY}))
        for day in range(7, 12)
    ]
    complaints = [
        story(number, MONDAY + day * DAY, service="tax", kind="complaint")
        for number, day in enumerate((3, 4, 9, 14, 15), 1)
    ]
    log = log_of([*told, *(one for each in complaints for one in each.feedback_events)])
    await readers.apply("intake", await readers.positions("intake"), log)

    for by in ({}, {"by": "service"}):
        rate = await figure(http, "complaint_rate", **by)
        said = (rate["numerator"], rate["denominator"], rate["value"], rate["flags"])
        assert said == (3, 250, 12.0, ["partial_denominator"])
    assert (await figure(http, "complaint_rate", by="channel", where="channel:counter"))["denominator"] == 250


async def test_a_breakdown_has_every_value_and_unassigned_where_there_is_none(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    await readers.read([story(1, service="tax"), story(2, service="tax"), story(3, service=None)])

    read = await figures(http, names="volume", by="service")

    assert {one["filters"]["service"]: one["value"] for one in read} == {"tax": 2, "unassigned": 1}


async def test_no_data_is_null_and_never_zero(http: httpx.AsyncClient) -> None:
    read = await figures(http)

    assert {one["name"] for one in read} == set(NAMES)
    assert {one["name"] for one in read if one["value"] is not None} == {"volume", "backlog"}
    assert {one["n"] for one in read} == {0}
    assert {one["interval"] for one in read} == {None}


async def test_not_answering_does_not_improve_met_of_due(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    due_at = MONDAY + 2 * DAY
    await readers.read(
        [
            story(1).opened(reply=due_at).replied(MONDAY + DAY),
            story(2).opened(reply=due_at).replied(MONDAY + 3 * DAY),
            story(3).opened(reply=due_at),
            story(4).opened(reply=MONDAY + 20 * DAY).replied(MONDAY + DAY),
        ]
    )
    at(MONDAY + 10 * DAY)

    met = await figure(http, "met_of_due", clock="reply")
    standard = await figure(http, "standard_met", clock="reply")

    assert (met["numerator"], met["denominator"], met["n"], met["clock"]) == (1, 3, 3, "reply")
    assert met["value"] == pytest.approx(100 / 3)
    assert met["interval"] == pytest.approx([6.149, 79.234], abs=0.001)
    assert (standard["numerator"], standard["denominator"]) == (2, 3)
    assert standard["companions"]["open_breached"]["value"] == 1


async def test_a_clock_that_falls_due_today_counts_from_the_moment_it_is_due(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    await readers.read(
        [
            story(1, service="tax").opened(reply=MONDAY + HOUR),
            story(2, service="tax").opened(reply=MONDAY + 3 * HOUR).replied(MONDAY),
        ]
    )

    async def due_at(now: datetime, **parameters: str) -> tuple[int, int]:
        at(now)
        one = await figure(http, "met_of_due", clock="reply", **parameters)
        return one["numerator"], one["denominator"]

    assert await due_at(MONDAY + HOUR - timedelta(seconds=1)) == (0, 0)
    assert await due_at(MONDAY + HOUR) == (0, 1)
    assert await due_at(MONDAY + 3 * HOUR) == (1, 2)
    assert await due_at(MONDAY + 3 * HOUR, by="service") == (1, 2)
    assert await due_at(MONDAY + 2 * DAY) == (1, 2)
    assert await due_at(MONDAY + 2 * DAY, to="2026-03-02") == (0, 0)


async def test_where_a_log_could_not_be_read_figures_speak_of_the_moment_up_to_which_it_was(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """What was answered since then would look as if it had been missed."""
    await readers.read([story(1).opened(reply=MONDAY + HOUR), story(2).opened(reply=MONDAY + 3 * HOUR)])
    now = MONDAY + 4 * HOUR
    at(now)

    async def seen(intake: datetime, routing: datetime) -> tuple[int, str, list[str]]:
        for log, complete_to in (("intake", intake), ("routing", routing)):
            async with readers.database.connection() as connection:
                await connection.execute(_READ, {"source": log, "complete_to": complete_to})
        one = await figure(http, "met_of_due", clock="reply")
        results = (
            await http.get("/v1/service-standard-results", params={"from": "2026-03-01", "to": "2026-04-01"})
        ).json()
        assert results["as_of"] == one["as_of"]
        assert sum(each["met_of_due"]["n"] for each in results["items"] if each["standard"]) == one["n"]
        return one["denominator"], one["as_of"]["at"], one["as_of"]["behind"]

    soon = now - timedelta(seconds=100)
    assert await seen(soon, soon) == (2, "2026-03-02T21:00:00Z", [])
    assert await seen(soon, MONDAY + 2 * HOUR) == (1, "2026-03-02T19:00:00Z", ["routing"])
    assert await seen(MONDAY, MONDAY + 2 * HOUR) == (0, "2026-03-02T17:00:00Z", ["intake", "routing"])


async def test_late_entries_are_what_was_written_down_more_than_one_business_day_later(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """A breach is told as soon as a promise is due, so also where the reply in time is written down an hour later."""
    due_at = MONDAY + DAY
    await readers.read(
        [
            story(1).opened(reply=due_at).replied(due_at - HOUR).put_right(due_at - HOUR),
            story(2).opened(reply=due_at).replied(due_at - HOUR, late_entry=True).put_right(due_at - HOUR),
        ]
    )
    at(MONDAY + 10 * DAY)

    standard = await figure(http, "standard_met", clock="reply")

    assert (standard["numerator"], standard["denominator"]) == (2, 2)
    assert standard["companions"]["late_entries"]["value"] == 1


async def test_figures_about_clocks_come_once_for_each_clock(readers: Readers, http: httpx.AsyncClient) -> None:
    await readers.read([story(1).opened(acknowledge=MONDAY, reply=MONDAY + DAY, resolve=MONDAY + DAY)])

    read = await figures(http, names="met_of_due,standard_met")

    assert [(one["name"], one["clock"]) for one in read] == [
        (name, clock) for name in ("met_of_due", "standard_met") for clock in ("acknowledge", "reply", "resolve")
    ]


async def test_satisfaction_is_what_the_person_marked_and_the_rest_stands_beside_it(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    def marked(number: int, value: int, by: Any) -> Story:
        return story(number, ratings=(Rating(measure="csat", value=value, answered_by=by),))

    evaluation = (Rating(measure="csat", value=1, answered_by="person"),)
    await readers.read(
        [
            marked(1, 5, "person"),
            marked(2, 4, "person"),
            marked(3, 3, "person").opened().replied(MONDAY).evaluated(1, "no", MONDAY, evaluation),
            marked(4, 1, "assisted"),
            marked(5, 5, "staff"),
        ]
    )

    csat = await figure(http, "csat")

    assert (csat["numerator"], csat["denominator"], csat["n"]) == (2, 3, 3)
    assert csat["value"] == pytest.approx(200 / 3)
    assert csat["companions"]["assisted"]["value"] == 0
    assert csat["companions"]["staff"]["value"] == 100


async def test_resolution_is_confirmed_by_the_person_and_partly_is_shown_apart(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    def answered(number: int) -> Story:
        return story(number).opened().replied(MONDAY)

    await readers.read(
        [
            answered(1).evaluated(1, "yes", MONDAY),
            answered(2).evaluated(1, "yes", MONDAY),
            answered(3).evaluated(1, "partly", MONDAY),
            answered(4).evaluated(1, "no", MONDAY),
            answered(5),
            story(6).opened(),
        ]
    )

    rate = await figure(http, "resolution_confirmed_rate")

    assert (rate["numerator"], rate["denominator"], rate["value"]) == (2, 4, 50)
    assert rate["companions"]["partly"]["value"] == 25
    asked = rate["companions"]["answered_of_asked"]
    assert (asked["numerator"], asked["denominator"], asked["value"]) == (4, 5, 80)


async def test_times_are_quantiles_in_business_hours_and_as_the_person_lived_them(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    await readers.read([story(hours).opened().replied(MONDAY + hours * HOUR) for hours in range(1, 102)])

    read = {(one["unit"], one["quantile"]): one for one in await figures(http, names="reply_time")}

    assert {key: one["value"] for key, one in read.items()} == {
        ("elapsed_hours", "p50"): one_percent(51),
        ("elapsed_hours", "p90"): one_percent(91),
        ("elapsed_hours", "p95"): one_percent(96),
        ("business_hours", "p50"): one_percent(17),
        ("business_hours", "p90"): one_percent(91 / 3),
        ("business_hours", "p95"): one_percent(32),
    }
    assert {(one["n"], one["source"]) for one in read.values()} == {(101, "rollups")}
    assert read["elapsed_hours", "p50"]["interval"] == [one_percent(41), one_percent(61)]
    assert read["elapsed_hours", "p95"]["interval"] == [one_percent(91), one_percent(101)]


async def test_times_by_one_dimension_come_from_months_and_the_days_beside_them_from_facts(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    await readers.read(
        [story(hours, MONDAY + hours % 60 * DAY).opened().replied(MONDAY + 90 * DAY) for hours in range(1, 102)]
    )

    async def median(**parameters: str) -> tuple[int, str]:
        read = await figures(http, names="reply_time", by="service", **parameters)
        return read[3]["n"], read[3]["source"]

    assert await median(to="2026-04-01") == (59, "rollups")
    assert await median(to="2026-04-03") == (63, "rollups and facts")


async def test_a_bound_that_so_few_times_cannot_give_is_null(readers: Readers, http: httpx.AsyncClient) -> None:
    await readers.read([story(hours).opened().replied(MONDAY + hours * HOUR) for hours in range(1, 4)])

    read = {(one["unit"], one["quantile"]): one for one in await figures(http, names="reply_time")}

    assert read["elapsed_hours", "p50"]["value"] == one_percent(2)
    assert read["elapsed_hours", "p50"]["interval"] == [None, None]
    assert read["elapsed_hours", "p50"]["flags"] == ["small_sample"]


async def test_automatic_acknowledgements_are_not_acknowledgements(readers: Readers, http: httpx.AsyncClient) -> None:
    await readers.read(
        [
            story(1).opened().acknowledged(MONDAY + HOUR, automatic=True).acknowledged(MONDAY + 3 * HOUR),
            story(2).opened().replied(MONDAY + 5 * HOUR),
            story(3).opened().acknowledged(MONDAY + HOUR, automatic=True),
        ]
    )

    read = await figures(http, names="acknowledge_time")
    medians = [one for one in read if (one["unit"], one["quantile"]) == ("elapsed_hours", "p50")]

    assert [(one["value"], one["n"]) for one in medians] == [(one_percent(4), 2)]


async def test_definitions_say_what_each_figure_means_in_both_languages(http: httpx.AsyncClient) -> None:
    items = (await http.get("/v1/kpis/definitions")).json()["items"]

    assert [one["name"] for one in items] == [*NAMES]
    assert all(
        one[text][language] for one in items for text in ("title", "formula", "notes") for language in ("fr", "en")
    )


@pytest.mark.parametrize("role", ["manager", "analyst", "supervisor"])
async def test_who_steers_sees_figures(
    http: httpx.AsyncClient, token: Callable[..., dict[str, str]], role: str
) -> None:
    assert (await http.get("/v1/kpis", headers=token(role))).status_code == 200


@pytest.mark.parametrize("role", ["agent", "reviewer", "importer", "auditor", "admin", "service"])
async def test_nobody_else_gets_a_figure(
    http: httpx.AsyncClient, token: Callable[..., dict[str, str]], role: str
) -> None:
    assert (await http.get("/v1/kpis", headers=token(role))).status_code == 403


async def test_without_a_token_there_is_no_figure(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/kpis", headers={"Authorization": ""})).status_code == 401


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"names": "volume,happiness"}, "unknown-kpi"),
        ({"by": "mood"}, "unknown-dimension"),
        ({"from": "2026-03-02", "to": "2026-03-02"}, "empty-span"),
        ({"from": "2000-01-01", "to": "2026-01-01"}, "span-too-long"),
        ({"from": "yesterday"}, "invalid-request"),
        ({"clock": "wall"}, "invalid-request"),
        ({"where": "channel"}, "unreadable-where"),
        ({"where": "mood:good"}, "unknown-dimension"),
        ({"by": "channel,service,topic"}, "too-many-dimensions"),
        ({"by": "channel,channel"}, "too-many-dimensions"),
        ({"compare": "yesterday"}, "unreadable-compare"),
        ({"compare": "2026-02-02..2026-02-01"}, "unreadable-compare"),
        ({"by": "channel,phase", "from": "2025-01-01", "to": "2026-01-01"}, "too-fine-for-span"),
        ({"mood": "good"}, "invalid-request"),
    ],
)
async def test_what_cannot_be_answered_is_refused_in_both_languages(
    http: httpx.AsyncClient, parameters: dict[str, str], problem: str
) -> None:
    said = set()
    for language in ("fr", "en"):
        answer = await http.get("/v1/kpis", params=parameters, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()["type"]) == (422, f"urn:ecoute:problem:{problem}")
        said.add(answer.json()["title"])
    assert len(said) == 2


async def test_twenty_years_may_be_asked_at_once(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/kpis", params={"from": "2006-03-01", "to": "2026-03-01"})

    assert answer.status_code == 200


async def test_who_transfers_a_case_that_nobody_had_has_assigned_it(readers: Readers, http: httpx.AsyncClient) -> None:
    moved = story(1).opened().transferred("north", MONDAY + 2 * HOUR).transferred("south", MONDAY + DAY)
    await readers.read(
        [moved, story(2).opened().assigned("north", MONDAY + 2 * HOUR).transferred("east", MONDAY + DAY)]
    )

    read = await figures(http, names="assign_time")
    medians = [one for one in read if (one["unit"], one["quantile"]) == ("elapsed_hours", "p50")]

    assert [(one["value"], one["n"]) for one in medians] == [(one_percent(2), 2)]


def calendar(code: str, version: int, opens: int, published_at: datetime) -> Told:
    """Of so many hours a day in March, from midnight on in UTC."""
    event = CalendarPublished(
        code=code,
        calendar_version=version,
        time_zone="UTC",
        weekly_hours=dict.fromkeys(WEEKDAYS, ((0, opens * 3600),)),
        cumulative={date(2026, 3, 1) + number * DAY: number * opens * 3600 for number in range(31)},
        published_at=published_at,
    )
    return Told("routing", organisation_id_of("calendar", code), version, published_at, event)


async def test_the_age_of_what_no_standard_covers_is_by_the_default_calendar_however_often_it_is_published(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    opened = story(1, datetime(2026, 3, 2, tzinfo=UTC)).opened()
    published = [
        calendar("default", 1, 8, MONDAY),
        calendar("night", 1, 2, MONDAY + HOUR),
        calendar("default", 2, 6, MONDAY + DAY),
    ]
    await readers.apply("intake", await readers.positions("intake"), log_of(opened.feedback_events))
    await readers.apply("routing", await readers.positions("routing"), log_of([*opened.case_events, *published]))
    at(datetime(2026, 3, 12, tzinfo=UTC))

    read = await figures(http, names="backlog_age")

    assert [one["value"] for one in read] == [60, 60]


async def test_each_day_of_a_series_has_the_age_that_is_asked_for_by_itself(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """Of cases that wait for the person, are settled, and are open again, some in the night."""
    at(MONDAY + 12 * DAY)
    waits = story(1).opened().suspended(MONDAY + DAY).resumed(MONDAY + 3 * DAY).suspended(MONDAY + 9 * DAY)
    settled = story(2, MONDAY + HOUR).opened().suspended(MONDAY + 2 * DAY).replied(MONDAY + 4 * DAY)
    again = settled.reopened(MONDAY + 7 * DAY, MONDAY + 20 * DAY)
    at_night = story(3, MONDAY + 14 * HOUR, service="permits").opened().closed(MONDAY + 10 * DAY)
    stories = [waits, again, at_night]
    feedback = log_of(one for story in stories for one in story.feedback_events)
    cases = log_of([quarter.calendar(), *(one for story in stories for one in story.case_events)])
    await readers.apply("intake", await readers.positions("intake"), feedback)
    await readers.apply("routing", await readers.positions("routing"), cases)

    asked = {"from": "2026-03-01", "to": "2026-03-20", "by": "service"}
    answer = await http.get("/v1/kpis/backlog_age/series", params=asked)

    lines = answer.json()["lines"]
    points = [(line, point) for line in lines for point in line["points"]]
    assert len({point["value"] for _, point in points}) > 15
    for line, point in points:
        asked = {"names": "backlog_age", "by": "service", "from": point["from"], "to": point["to"]}
        of_the_day = [one for one in await figures(http, **asked) if one["filters"] == line["filters"]]
        ages = {one["quantile"]: (one["value"], one["n"], one["interval"]) for one in of_the_day}
        none_was_open = (None, 0, None)
        assert (point["value"], point["n"], point["interval"]) == ages.get(line["quantile"], none_was_open)


async def test_a_question_that_reached_nobody_was_not_asked_and_nothing_waited_for_its_answer(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    def asked(number: int) -> Story:
        opened = story(number, details={"person_ref": UUID(int=90 + number)}).opened()
        return opened.asked(MONDAY + DAY).suspended(MONDAY + DAY).resumed(MONDAY + 3 * DAY)

    reached, unreached = asked(1), asked(2).unasked(MONDAY + 3 * DAY, MONDAY + DAY)
    both = [reached, unreached]
    cases = [calendar("default", 1, 24, MONDAY), *(one for each in both for one in each.case_events)]
    await readers.apply(
        "intake", await readers.positions("intake"), log_of(one for each in both for one in each.feedback_events)
    )
    answers = [each.replied(MONDAY + 5 * DAY).case_events[-1] for each in both]
    log = log_of([*cases, *answers])
    await readers.apply("routing", await readers.positions("routing"), log[: len(cases)])
    at(MONDAY + 5 * DAY)
    ages = {one["quantile"]: one["value"] for one in await figures(http, names="backlog_age")}
    assert ages == {"p50": 96, "p90": 115.2}  # between 72 and 120

    await readers.apply("routing", await readers.positions("routing"), log[len(cases) :])
    at(MONDAY + 60 * DAY)
    first = await figure(http, "first_contact_resolution")
    assert (first["numerator"], first["denominator"]) == (1, 2)


def visits(on: date, count: int) -> Told:
    event = InteractionsReported(
        on=on, interaction="visit", channel="counter", service="tax", count=count, source="partner", reported_at=MONDAY
    )
    return Told("intake", UUID(int=on.toordinal()), 1, MONDAY, event)


async def complaints_per_visit(http: httpx.AsyncClient, first: str, end: str) -> tuple[int, int, list[str]]:
    rate = await figure(http, "complaint_rate", **{"from": first, "to": end})
    return rate["numerator"], rate["denominator"], [one for one in rate["flags"] if one != "small_sample"]


async def test_complaints_count_as_near_to_reports_wherever_the_span_is_cut(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    """A counter that is closed over the new year, or that says itself that nobody came."""
    complaint = story(1, datetime(2026, 1, 1, 17, tzinfo=UTC), service="tax", kind="complaint")
    of_zero = story(2, datetime(2026, 1, 20, 17, tzinfo=UTC), service="tax", kind="complaint")
    told = [visits(date(2025, 12, 30), 50), visits(date(2026, 1, 7), 50), visits(date(2026, 1, 18), 0)]
    log = log_of([*told, *complaint.feedback_events, *of_zero.feedback_events])
    await readers.apply("intake", await readers.positions("intake"), log)

    assert await complaints_per_visit(http, "2025-12-01", "2026-01-16") == (1, 100, [])
    assert await complaints_per_visit(http, "2026-01-01", "2026-01-16") == (1, 50, [])
    assert await complaints_per_visit(http, "2026-01-01", "2026-02-01") == (2, 50, [])


async def test_complaints_count_in_a_closure_however_long_it_is(readers: Readers, http: httpx.AsyncClient) -> None:
    closed_from, open_again = date(2026, 3, 5), date(2026, 3, 20)
    in_it, in_april = [
        story(number, datetime(2026, month, day, 17, tzinfo=UTC), service="tax", kind="complaint")
        for number, month, day in ((1, 3, 12), (2, 3, 27))
    ]
    log = log_of([visits(date(2026, 3, 4), 100), *in_it.feedback_events, *in_april.feedback_events])
    await readers.apply("intake", await readers.positions("intake"), log)
    assert await complaints_per_visit(http, "2026-03-01", "2026-04-01") == (0, 100, ["partial_denominator"])

    days = [closed_from + number * DAY for number in range((open_again - closed_from).days)]
    house = CalendarPublished(
        code="default",
        calendar_version=1,
        time_zone="UTC",
        weekly_hours=dict.fromkeys(WEEKDAYS, ((0, 3600),)),
        hours=dict.fromkeys(days, ()),
        cumulative={date(2026, 3, 1): 0},
        published_at=MONDAY,
    )
    told = Told("routing", organisation_id_of("calendar", "default"), 1, MONDAY, house)
    await readers.apply("routing", await readers.positions("routing"), log_of([told]))

    assert await complaints_per_visit(http, "2026-03-01", "2026-04-01") == (1, 100, ["partial_denominator"])


async def test_what_is_asked_after_the_answer_does_not_undo_the_first_contact(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    answered = story(1, details={"person_ref": UUID(int=91)}).opened().replied(MONDAY + DAY)
    again = answered.reopened(MONDAY + 45 * DAY, MONDAY + 60 * DAY).asked(MONDAY + 46 * DAY)
    await readers.read([again])
    at(MONDAY + 90 * DAY)

    first = await figure(http, "first_contact_resolution")

    assert (first["numerator"], first["denominator"]) == (1, 1)


async def test_two_letters_of_one_moment_are_coming_back(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    letters = [story(number, details={"person_ref": UUID(int=91)}).opened().replied(MONDAY + DAY) for number in (1, 2)]
    await readers.read(letters)
    at(MONDAY + 60 * DAY)

    first = await figure(http, "first_contact_resolution")

    assert (first["numerator"], first["denominator"]) == (1, 2)


async def test_a_case_is_transferred_where_another_team_gets_what_one_had_in_hand(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    taken = story(1).opened("triage").transferred("triage", MONDAY + HOUR)
    sorted_ = story(2).opened("triage").assigned("north", MONDAY + HOUR)
    given = story(3).opened("triage").assigned("north", MONDAY + HOUR).assigned("south", MONDAY + DAY)
    kept = story(4).opened("triage").assigned("north", MONDAY + HOUR).assigned("north", MONDAY + DAY)
    await readers.read([taken, sorted_, given, kept])

    rate = await figure(http, "transfer_rate")

    assert (rate["numerator"], rate["denominator"]) == (1, 4)


async def test_what_a_rule_hides_from_a_team_is_not_that_teams(readers: Readers, http: httpx.AsyncClient) -> None:
    hidden = story(1).opened("triage").decided("triage", MONDAY + HOUR, hidden_from=("triage",))
    await readers.read([hidden, story(2).opened("triage")])

    read = await figures(http, names="volume", by="team")

    assert {one["filters"]["team"]: one["value"] for one in read} == {"triage": 1, "unassigned": 1}


async def test_nobody_knows_the_backlog_of_days_that_have_not_come(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    await readers.read([story(1).opened()])
    at(MONDAY + 10 * DAY)

    for name, known in (("backlog", [1, 1, None]), ("backlog_age", None)):
        asked = {"from": "2026-03-01", "to": "2026-05-01", "grain": "month"}
        answer = await http.get(f"/v1/kpis/{name}/series", params=asked | {"from": "2026-02-01"})
        points = [[(one["value"], one["n"]) for one in line["points"]] for line in answer.json()["lines"]]
        assert all(line[-1] == (None, 0) for line in points)
        if known:
            assert [value for value, _ in points[0]] == [0, 1, None]


async def test_ages_of_the_same_open_cases_are_not_compared_by_chance(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    stories = [story(number).opened() for number in range(1, 41)]
    await readers.apply(
        "intake", await readers.positions("intake"), log_of(e for s in stories for e in s.feedback_events)
    )
    cases = [calendar("default", 1, 8, MONDAY), *(event for one in stories for event in one.case_events)]
    await readers.apply("routing", await readers.positions("routing"), log_of(cases))
    at(MONDAY + 20 * DAY)

    asked = {"from": "2026-03-10", "to": "2026-03-15", "compare": "2026-03-03..2026-03-08"}
    read = await figures(http, names="backlog_age", **asked)

    compared = [(one["comparison"]["difference"], one["comparison"]["reason"]) for one in read]
    assert compared == [(55, "same_cases")] * 2  # a week of 8 hours a day, less the one that clocks skip
    assert {one["comparison"]["beyond_chance"] for one in read} == {None}


async def test_what_is_due_at_midnight_is_due_on_the_day_that_ends_then(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """In Toronto it is five hours later in UTC."""
    at(MONDAY + 60 * DAY)
    await readers.read([story(1).opened(reply=datetime(2026, 3, 1, 5, tzinfo=UTC))])

    february, march = [
        await figure(http, "met_of_due", clock="reply", **{"from": first, "to": end})
        for first, end in (("2026-02-01", "2026-03-01"), ("2026-03-01", "2026-04-01"))
    ]

    assert (february["denominator"], march["denominator"]) == (1, 0)


async def test_who_speaks_without_authority_is_not_asked_whether_it_is_solved(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    told = [
        None,
        SubmittedBy(role="self"),
        SubmittedBy(role="relative"),
        SubmittedBy(role="relative", authority="none"),
    ]
    told.append(SubmittedBy(role="relative", authority="declared"))
    await readers.read(
        [story(n, details={"submitted_by": by}).opened().replied(MONDAY + DAY) for n, by in enumerate(told, 1)]
    )

    for name in ("resolution_confirmed_rate", "satisfaction_after"):
        assert (await figure(http, name))["companions"]["answered_of_asked"]["denominator"] == 3


async def test_a_reply_after_which_the_case_was_opened_again_resolved_nothing(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    kept = story(1).opened().replied(MONDAY + DAY).closed(MONDAY + 4 * DAY)
    undone = story(2).opened().replied(MONDAY + DAY).reopened(MONDAY + 8 * DAY, MONDAY + 20 * DAY)
    await readers.read([kept, undone.closed(MONDAY + 18 * DAY)])

    read = await figures(http, names="resolve_time")

    assert {one["n"] for one in read} == {1}


async def test_a_correction_says_whether_a_clock_was_suspended_and_its_end_written_down_late(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    answered = story(1).opened(reply=MONDAY + 9 * DAY).suspended(MONDAY + DAY).resumed(MONDAY + 2 * DAY)
    answered.replied(MONDAY + 3 * DAY, late_entry=True)
    clock = answered.ended[1]["reply"]
    due = {"clock": "reply", "standard": "fast", "standard_version": 1, "started_at": clock.started_at}
    end = {"due_at": MONDAY + 9 * DAY, "ended_at": MONDAY + 3 * DAY, "met": True, "because": "undeliverable"}
    taken = {"suspended_seconds": 0, "late_entry": False}
    await readers.read([answered._case(ClockCorrected, MONDAY + 4 * DAY, "answered", **due, **end, **taken)])

    standard = await figure(http, "standard_met", clock="reply")

    shares = [
        standard["companions"][name][of] for name, of in (("suspended_share", "numerator"), ("late_entries", "value"))
    ]
    assert (standard["denominator"], shares) == (1, [0, 0])
