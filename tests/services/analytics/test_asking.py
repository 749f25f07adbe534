"""How figures are asked for: narrowed, compared, over time; and what a supervisor and the public get."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.contracts.cases import CaseOpened, ClockState
from libs.contracts.catalogue import ServiceChanged, entry_id_of
from libs.contracts.organisation import PublishedClock, ServiceStandardPublished, organisation_id_of
from services.analytics.kpis import facts
from services.analytics.kpis.definitions import DEFINITIONS
from tests.services.analytics.logs import Story, Told, log_of
from tests.services.analytics.reading import Readers

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARCH = {"from": "2026-03-01", "to": "2026-04-01"}
Header = Callable[..., dict[str, str]]
SetClock = Callable[[datetime], None]


def story(number: int, submitted_at: datetime = MONDAY, **fields: Any) -> Story:
    return Story(UUID(int=number), submitted_at, **fields).submitted()


async def figures(http: httpx.AsyncClient, headers: dict[str, str] | None = None, **parameters: str) -> list[Any]:
    answer = await http.get("/v1/kpis", params={**MARCH, **parameters}, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["figures"]
    return found


async def test_figures_are_narrowed_to_several_values_of_several_dimensions(
    readers: Readers, http: httpx.AsyncClient
) -> None:
    await readers.read(
        [
            story(1, service="tax", channel="web"),
            story(2, service="tax", channel="phone"),
            story(3, service="tax", channel="counter"),
            story(4, service="permits", channel="web"),
        ]
    )

    (one,) = await figures(http, names="volume", where="service:tax,channel:web,channel:phone")
    by_two = await figures(http, names="volume", by="service,channel")

    assert (one["value"], one["where"]) == (2, {"service": ["tax"], "channel": ["phone", "web"]})
    assert [(*two["filters"].values(), two["value"]) for two in by_two] == [
        ("permits", "web", 1),
        ("tax", "counter", 1),
        ("tax", "phone", 1),
        ("tax", "web", 1),
    ]


async def test_by_two_dimensions_the_month_in_progress_counts_what_has_fallen_due_by_now_and_reads_facts_for_it_alone(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    due = {"past": MONDAY + DAY, "earlier today": MONDAY + 9 * DAY - HOUR, "later today": MONDAY + 9 * DAY + HOUR}
    due |= {"to come": MONDAY + 20 * DAY, "in February": MONDAY - 5 * DAY}
    stories = [
        story(number, MONDAY - 6 * DAY * (when == "in February")).opened(reply=due_at)
        for number, (when, due_at) in enumerate(due.items())
    ]
    await readers.read(stories)
    at(MONDAY + 9 * DAY)

    asked = {"names": "volume,met_of_due", "by": "channel,service", "clock": "reply"}
    volume, met = await figures(http, **asked)
    volume_of_two_months, met_of_two_months = await figures(http, **asked, **{"from": "2026-02-01"})

    assert (volume["n"], volume["source"]) == (4, "rollups")
    assert (met["n"], met["source"]) == (2, "rollups and facts")
    assert (volume_of_two_months["n"], met_of_two_months["n"]) == (5, 3)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/v1/kpis", {"names": "volume", "by": "phase,source"}),
        ("/v1/kpis", {"names": "first_contact_resolution"}),
        ("/v1/kpis/backlog_age/series", {}),
    ],
)
async def test_what_would_be_read_from_too_many_feedbacks_is_refused_before_it_is_read(
    readers: Readers,
    http: httpx.AsyncClient,
    at: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    asked: dict[str, str],
) -> None:
    at(MONDAY + 9 * DAY)
    person = {"person_ref": UUID(int=7)}
    stories = [story(number, details=person).opened().replied(MONDAY + 3 * DAY) for number in range(3)]
    await readers.read(stories)
    statuses = []
    for most in (3, 2):
        monkeypatch.setattr(facts, "MOST_WHOLE", most)
        monkeypatch.setattr(facts, "MOST_IN_PART", most)
        answer = await http.get(path, params={**MARCH, **asked})
        statuses.append((answer.status_code, answer.json().get("type", "").rpartition(":")[2]))

    assert statuses == [(200, ""), (422, "too-fine-for-span")]


async def test_a_parameter_that_comes_twice_is_refused_rather_than_read_once(
    http: httpx.AsyncClient, token: Header
) -> None:
    twice = await http.get("/v1/kpis?names=volume&names=csat", headers=token("manager"))
    assert (twice.status_code, twice.json()["type"]) == (422, "urn:ecoute:problem:parameter-twice")


async def test_a_supervisor_gets_the_figures_of_their_own_teams_whatever_they_ask_for(
    readers: Readers, http: httpx.AsyncClient, token: Header
) -> None:
    hidden = story(4).opened("north")
    hidden.case_events = [
        replace(one, event=one.event.model_copy(update={"hidden_from": ("north",)})) for one in hidden.case_events
    ]
    await readers.read([story(1).opened("north"), story(2).opened("south"), story(3), hidden])
    supervisor = token("supervisor", teams=("north",))

    async def volumes(**parameters: str) -> list[tuple[float, list[str]]]:
        return [(one["value"], one["flags"]) for one in await figures(http, supervisor, names="volume", **parameters)]

    flags = ["small_sample", "own_teams_only"]
    assert await volumes() == [(1, flags)]
    assert await volumes(where="team:north,team:south") == [(1, flags)]
    assert await volumes(where="team:south") == [(0, flags)]
    assert await volumes(by="team") == [(1, flags)]
    assert await volumes(by="service") == [(1, flags)]


async def test_a_comparison_says_whether_the_difference_is_beyond_chance(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80."""
    due = MONDAY + DAY

    def answered(number: int, due_at: datetime, in_time: bool) -> Story:
        replied_at = due_at - HOUR if in_time else due_at + HOUR
        return story(number, due_at - DAY).opened(reply=due_at).replied(replied_at)

    await readers.read(
        [
            *(answered(number, due, number < 56) for number in range(70)),
            *(answered(100 + number, due - 31 * DAY, number < 48) for number in range(80)),
        ]
    )
    at(MONDAY + 60 * DAY)

    (one,) = await figures(http, names="met_of_due", clock="reply", compare="2026-01-01..2026-03-01")
    (volume,) = await figures(http, names="volume", compare="previous")
    (of_the_whole,) = await figures(http, names="met_of_due", clock="reply", compare="2026-01-01..2026-04-01")

    beside = one["comparison"]
    assert (beside["value"], beside["n"], beside["span"]["to"]) == (60, 80, "2026-03-01")
    assert beside["difference"] == pytest.approx(20)
    assert beside["difference_interval"] == pytest.approx([5.24, 33.39], abs=0.005)
    assert (beside["beyond_chance"], beside["reason"]) == (True, None)
    assert volume["comparison"]["difference"] == -10
    assert (volume["comparison"]["beyond_chance"], volume["comparison"]["reason"]) == (None, "counts_have_no_interval")
    with_itself = of_the_whole["comparison"]
    assert (with_itself["n"], with_itself["beyond_chance"], with_itself["reason"]) == (150, None, "spans_overlap")


async def test_what_is_there_in_one_span_alone_is_compared_with_nothing(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """The parts and what they are compared with add up to the whole and what that is compared with."""
    before, now = MONDAY - 31 * DAY, MONDAY
    gone = [story(number, before, service="a") for number in range(10)]
    await readers.read([*gone, *(story(20 + number, now, service="b") for number in range(4))])
    at(MONDAY + 60 * DAY)
    asked = {"names": "volume", "compare": "previous"}
    (whole,) = await figures(http, **asked)
    parts = await figures(http, **asked, by="service")
    assert (whole["value"], whole["comparison"]["value"]) == (4, 10)
    told = {one["filters"]["service"]: (one["value"], one["comparison"]["value"]) for one in parts}
    assert told == {"a": (0, 10), "b": (4, 0)}


@pytest.mark.parametrize(
    ("first", "end", "first_before", "end_before"),
    [
        ("2028-02-01", "2028-03-01", "2027-02-01", "2027-03-01"),
        ("2028-02-01", "2028-02-29", "2027-02-01", "2027-03-01"),
        ("2028-02-28", "2028-02-29", "2027-02-28", "2027-03-01"),
        ("2028-02-29", "2028-03-01", "2027-02-28", "2027-03-01"),
        ("2029-02-01", "2029-03-01", "2028-02-01", "2028-03-01"),
    ],
)
async def test_of_a_leap_year_the_same_days_a_year_earlier_leave_out_none(
    readers: Readers, http: httpx.AsyncClient, first: str, end: str, first_before: str, end_before: str
) -> None:
    await readers.read(
        [story(1, datetime(2027, 2, 28, 17, tzinfo=UTC)), story(2, datetime(2028, 2, 29, 17, tzinfo=UTC))]
    )

    (volume,) = await figures(http, names="volume", **{"from": first, "to": end}, compare="previous_year")

    beside = volume["comparison"]
    assert (beside["span"]["from"], beside["span"]["to"], beside["value"]) == (first_before, end_before, 1)


async def test_a_window_is_over_when_its_time_has_passed_also_where_clocks_are_put_forward(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """In Toronto that is on 8 March: fourteen days after the last moment of February it is one o'clock."""
    last_moment = datetime(2026, 3, 1, 4, 59, tzinfo=UTC)
    person = {"person_ref": UUID(int=9)}
    await readers.read(
        [
            story(1, last_moment - HOUR, details=dict(person)).opened().replied(last_moment),
            story(2, last_moment + 14 * DAY, details=dict(person)),
        ]
    )

    async def read_at(now: datetime) -> tuple[float | None, bool]:
        at(now)
        (one,) = await figures(http, names="first_contact_resolution", **{"from": "2026-02-01", "to": "2026-03-01"})
        return one["value"], "immature" in one["flags"]

    assert await read_at(last_moment + 14 * DAY - timedelta(minutes=1)) == (None, True)
    assert await read_at(last_moment + 14 * DAY + timedelta(minutes=1)) == (0, False)


async def test_a_series_has_no_gaps(readers: Readers, http: httpx.AsyncClient, at: SetClock) -> None:
    await readers.read([story(1).opened().replied(MONDAY + 8 * DAY), story(2, MONDAY + 9 * DAY)])
    at(MONDAY + 60 * DAY)

    async def points(name: str, grain: str) -> list[tuple[str, Any, int]]:
        answer = await http.get(f"/v1/kpis/{name}/series", params={**MARCH, "grain": grain})
        assert answer.status_code == 200, answer.text
        return [(one["from"], one["value"], one["n"]) for one in answer.json()["lines"][0]["points"]]

    assert await points("volume", "week") == [
        ("2026-03-01", 0, 0),
        ("2026-03-02", 1, 1),
        ("2026-03-09", 1, 1),
        ("2026-03-16", 0, 0),
        ("2026-03-23", 0, 0),
        ("2026-03-30", 0, 0),
    ]
    assert [value for _, value, _ in await points("backlog", "week")] == [0, 1, 0, 0, 0, 0]
    assert await points("volume", "month") == [("2026-03-01", 2, 2)]
    days = await points("reopen_rate", "day")
    assert (len(days), days[9]) == (31, ("2026-03-10", 0, 1))
    for name in ("happiness", "volume,csat", "volume,volume", "volume,", ","):
        unknown = await http.get(f"/v1/kpis/{name}/series")
        assert (unknown.status_code, unknown.json()["type"]) == (422, "urn:ecoute:problem:unknown-kpi"), name
    too_many = await http.get("/v1/kpis/volume/series", params={"from": "2020-01-01", "to": "2026-01-01"})
    assert too_many.json()["type"] == "urn:ecoute:problem:too-many-points"


async def test_values_are_called_by_their_names(readers: Readers, http: httpx.AsyncClient) -> None:
    name = {"fr": "Impôt", "en": "Tax"}
    told = Told("intake", entry_id_of("service", "tax"), 1, MONDAY, ServiceChanged(code="tax", name=name))
    await readers.apply("intake", await readers.positions("intake"), log_of([told, *story(1).events]))

    answer = await http.get("/v1/kpis", params={**MARCH, "names": "volume", "by": "service"})

    assert answer.json()["labels"] == {"service": {"tax": name}}


def of_slow(number: int, due: datetime) -> Story:
    """A case of another team, promised by another standard."""
    slow = story(number).opened("north", reply=due)
    event = slow.case_events[0].event
    clocks = tuple(clock.model_copy(update={"standard": "slow"}) for clock in event.clocks)  # type: ignore[attr-defined]
    slow.clocks = {clock.clock: clock for clock in clocks}
    slow.case_events.clear()
    return slow._case(type(event), MONDAY, "new", submitted_at=MONDAY, clocks=clocks)


@pytest.fixture
async def promises(readers: Readers, at: SetClock) -> None:
    """Of `fast`, seven replies fell due and five were in time; of `slow`, three did, all in time."""
    published = ServiceStandardPublished(
        code="fast",
        standard_version=1,
        name={"fr": "Vite", "en": "Fast"},
        calendar="office",
        clocks=(PublishedClock(clock="reply", starts="submission", business_days=2),),
        published_at=MONDAY,
    )
    due = MONDAY + DAY
    stories = [story(number).opened(reply=due).replied(MONDAY) for number in range(5)]
    stories += [story(5).opened(reply=due), story(6).opened(reply=due).replied(due + HOUR)]
    stories += [of_slow(number, due).replied(MONDAY) for number in range(10, 13)]
    told = [one for one_story in stories for one in one_story.feedback_events]
    await readers.apply("intake", await readers.positions("intake"), log_of(told))
    subject = organisation_id_of("service_standard", "fast")
    told = [Told("routing", subject, 1, MONDAY, published)]
    told += [one for one_story in stories for one in one_story.case_events]
    await readers.apply("routing", await readers.positions("routing"), log_of(told))
    at(MONDAY + 60 * DAY)


async def results(http: httpx.AsyncClient, headers: dict[str, str], **parameters: str) -> Any:
    answer = await http.get("/v1/service-standard-results", params=parameters, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.usefixtures("promises")
async def test_those_who_steer_get_the_results_of_standards_in_full(http: httpx.AsyncClient, token: Header) -> None:
    full = await results(http, token("analyst"), **MARCH)
    own = await results(http, token("supervisor", teams=("north",)), **MARCH)

    def numbers(answer: Any) -> list[Any]:
        return [
            (one["standard"], one["met_of_due"]["numerator"], one["met_of_due"]["n"], one["open_breached"])
            for one in answer["items"]
        ]

    assert numbers(full) == [("fast", 5, 7, 1), ("slow", 3, 3, 0), (None, 8, 10, 1)]
    assert (full["published"], full["source"]) == (False, "rollups")
    assert {one["version"] for one in full["items"]} == {DEFINITIONS["met_of_due"].version}
    assert full["items"][0]["promised"] == {"starts": "submission", "business_days": 2, "calendar_days": None}
    assert full["items"][0]["name"] == {"fr": "Vite", "en": "Fast"}
    assert (numbers(own), own["source"]) == ([("slow", 3, 3, 0), (None, 3, 3, 0)], "facts")
    assert (full["where"], own["where"]) == ({}, {"team": ["north"]})
    assert {tuple(one["flags"]) for one in full["items"]} == {("small_sample",)}
    assert {tuple(one["flags"]) for one in own["items"]} == {("small_sample", "own_teams_only")}


async def test_a_result_stands_beside_the_promise_that_it_was_judged_by(
    readers: Readers, http: httpx.AsyncClient, token: Header, at: SetClock
) -> None:
    """Another version of March promises less for `reply`, and the same for `acknowledge`."""

    def published(version: int, days: int) -> Told:
        event = ServiceStandardPublished(
            code="fast",
            standard_version=version,
            name={"fr": "Vite", "en": "Fast"},
            calendar="office",
            clocks=tuple(
                PublishedClock(clock=clock, starts="submission", business_days=business_days)
                for clock, business_days in (("reply", days), ("acknowledge", 1))
            ),
            published_at=MONDAY,
        )
        return Told("routing", organisation_id_of("service_standard", "fast"), version, MONDAY, event)

    def due(number: int, version: int, day: datetime) -> Story:
        made = story(number)
        clocks = [
            ClockState(
                clock=name,
                standard="fast",
                standard_version=version,
                starts="submission",
                started_at=MONDAY,
                due_at=day,
            )
            for name in ("acknowledge", "reply")
        ]
        made.clocks = {one.clock: one for one in clocks}
        return made._case(CaseOpened, MONDAY, "new", submitted_at=MONDAY, clocks=tuple(clocks))

    april = datetime(2026, 4, 7, 17, tzinfo=UTC)
    stories = [due(1, 1, MONDAY + DAY), due(2, 1, april), due(3, 2, april), due(4, 2, april + 30 * DAY)]
    await readers.apply(
        "intake", await readers.positions("intake"), log_of(e for s in stories for e in s.feedback_events)
    )
    log = log_of([published(1, 15), published(2, 5), *(event for one in stories for event in one.case_events)])
    await readers.apply("routing", await readers.positions("routing"), log)
    at(april + 60 * DAY)

    async def promised(month: int) -> list[int | None]:
        span = {"from": f"2026-0{month}-01", "to": f"2026-0{month + 1}-01"}
        items = (await results(http, token("analyst"), **span))["items"]
        return [one["promised"] and one["promised"]["business_days"] for one in items if one["standard"]]

    assert [await promised(month) for month in (3, 4, 5)] == [[1, 15], [1, None], [1, 5]]


@pytest.mark.usefixtures("promises")
@pytest.mark.parametrize("roles", [None, ("agent",)])
async def test_anyone_else_gets_them_without_what_is_small_and_what_it_could_be_computed_from(
    http: httpx.AsyncClient, token: Header, roles: tuple[str, ...] | None
) -> None:
    http.headers.pop("Authorization")
    headers = token(*roles) if roles else {}

    public = await results(http, headers)

    assert (public["published"], public["span"]["from"], public["span"]["to"]) == (True, "2026-01-01", "2026-04-01")
    assert [(one["standard"], one["met_of_due"]["n"], one["flags"]) for one in public["items"]] == [
        ("fast", None, ["suppressed"]),
        ("slow", None, ["suppressed"]),
        (None, 10, ["small_sample"]),
    ]
    assert {one["open_breached"] for one in public["items"]} == {None}  # of all together, one is open
    assert {one["met_of_due"]["value"] for one in public["items"][:2]} == {None}
    refused = await http.get("/v1/service-standard-results", params=MARCH, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:ecoute:problem:span-not-published")
    assert refused.json()["detail"] == "This organisation publishes by quarter."


async def test_how_few_are_still_open_is_not_published_and_cannot_be_computed(
    readers: Readers, http: httpx.AsyncClient, at: SetClock
) -> None:
    """Of `fast` six of eight are open, of `slow` two. Of all together eight: as many as were not met, so that it would
    give away both.
    """
    due = MONDAY + DAY
    kept = [story(number).opened(reply=due) for number in range(2)] + [of_slow(10 + one, due) for one in range(6)]
    late = [story(2 + number).opened(reply=due) for number in range(6)] + [of_slow(20 + one, due) for one in range(2)]
    await readers.read([*(one.replied(MONDAY) for one in kept), *late])
    at(MONDAY + 60 * DAY)
    http.headers.pop("Authorization")

    items = (await results(http, {}))["items"]

    shown = [(one["standard"], one["met_of_due"]["n"], one["open_breached"], one["flags"]) for one in items]
    assert shown == [
        ("fast", 8, None, ["small_sample"]),
        ("slow", 8, None, ["small_sample"]),
        (None, 16, None, ["small_sample"]),
    ]
    page = await http.get("/standards", headers={"Accept-Language": "en"})
    assert "that fell due" in page.text
    assert "of which still open" not in page.text
