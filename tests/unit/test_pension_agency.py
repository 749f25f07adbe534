"""The agency of `make demo`: the same from a seed, skewed as life is, and reckoned right by itself."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
import yaml

from deploy.demo.figures import check
from deploy.demo.publishing import document
from deploy.demo.standing_out import is_beyond_chance
from examples.pension_agency import hours, intervals, truth
from examples.pension_agency.generator import World, generate
from examples.pension_agency.hours import ZONE, is_open_on
from examples.pension_agency.speaking import surge_week
from examples.pension_agency.stories import Story
from examples.pension_agency.truth import Telling, Truth
from services.analytics.kpis import statistics
from services.intake.catalogue.schemas import CatalogueDocument
from services.routing.calendars.business_time import business_seconds, due_after_business_days, moved_by_open_seconds
from services.routing.calendars.schemas import CalendarContent

END = date(2026, 11, 25)


@pytest.fixture(scope="module")
def world() -> World:
    return generate(END)


@pytest.fixture(scope="module")
def said(world: World) -> list[Story]:
    """What has words."""
    return [story for story in world.stories if "text" in story.feedback]


def test_the_same_seed_and_day_give_the_same_and_others_do_not(world: World) -> None:
    assert generate(END) == world
    assert generate(END, seed=2).stories != world.stories
    assert generate(END + timedelta(days=1)).stories != world.stories


def test_everything_lies_in_the_thirteen_weeks_in_order(world: World) -> None:
    last = hours.end_of(END - timedelta(days=1))
    for story in world.stories:
        assert truth.in_order(story)
        assert all(deed.at and deed.at < last for deed in story.deeds)
    days = [story.submitted_at.astimezone(ZONE).date() for story in world.stories]
    assert days == sorted(days)
    assert (days[0], days[-1]) == (world.first, END - timedelta(days=1))
    references = [story.reference for story in (*world.stories, *world.today)]
    assert len(set(references)) == len(references)


def test_it_is_of_the_size_of_a_demo(world: World) -> None:
    assert 3_000 < len(world.stories) < 5_000
    cases = sum(story.has_case for story in world.stories)
    assert 0.3 < cases / len(world.stories) < 0.6
    assert len(generate(END, size=0.1).stories) < 600


def test_mondays_are_busier_than_fridays_and_sundays_are_still(world: World) -> None:
    days = Counter(story.submitted_at.astimezone(ZONE).weekday() for story in world.stories)
    assert days[0] > 1.2 * days[4] > 2 * days[6]


def test_mornings_are_busy_on_the_line_and_evenings_on_the_web(said: list[Story]) -> None:
    by_channel = {
        channel: Counter(
            story.submitted_at.astimezone(ZONE).hour for story in said if story.feedback["channel"] == channel
        )
        for channel in ("phone", "web")
    }
    assert by_channel["phone"][9] > 2 * by_channel["phone"][14]
    assert by_channel["web"][20] > by_channel["web"][16]
    assert not [hour for hour in by_channel["phone"] if not 8 <= hour < 18]


def test_nobody_stands_at_a_counter_or_kiosk_that_is_closed(world: World) -> None:
    there = [one for one in world.stories if one.sender in ("pension-counters", "pension-call-centre")]
    there += [one for one in world.stories if one.sender.startswith("pension-kiosk")]
    assert all(is_open_on(story.submitted_at.astimezone(ZONE).date()) for story in there)


def test_kiosks_have_marks_and_nothing_else(world: World) -> None:
    kiosks = [one for one in world.stories if one.sender.startswith("pension-kiosk")]
    assert len(kiosks) > 900
    assert {name for story in kiosks for name in story.feedback} == {"ratings", "submitted_at", "idempotency_key"}


@pytest.mark.parametrize("day", [END + timedelta(days=number) for number in range(7)], ids=str)
def test_each_complaint_is_within_three_days_of_contacts_of_its_service_whatever_the_day(day: date) -> None:
    """Of others the rate of complaints says nothing, and the generator counts them all."""
    agency = generate(day, size=0.2)
    reported = {(one.body["service"], date.fromisoformat(str(one.body["on"]))) for one in agency.counts}
    complaints = [story for story in agency.stories if story.feedback.get("kind") == "complaint"]
    assert complaints
    for story in complaints:
        on = story.submitted_at.astimezone(ZONE).date()
        assert any((story.feedback["service"], on + timedelta(days=near)) in reported for near in range(-3, 4))


def test_one_topic_surges_in_one_week(world: World) -> None:
    telling = Telling(world, ZONE, datetime(2026, 11, 25, 12, tzinfo=UTC))
    weeks = truth.by_week(telling, "late-payment")
    most = surge_week(world.first)
    assert max(weeks, key=weeks.__getitem__) == most
    usual = (weeks.total() - weeks[most]) / 12
    assert weeks[most] > 4 * usual


@pytest.mark.parametrize("day", [END, date(2027, 1, 15), date(2027, 6, 1)])
def test_one_office_gets_better_beyond_chance_whatever_the_day(day: date) -> None:
    told = generate(day)
    telling = Telling(told, ZONE, hours.end_of(day))
    four = timedelta(weeks=4)

    def pleased(office: str, *span: date) -> Truth:
        at = {office, f"pension-kiosk-{office}"}
        return truth.favourable(
            one for one in telling.said(*span) if at & {one.sender, one.feedback.get("service_point")}
        )

    change = {
        office: truth.difference(pleased(office, day - four, day), pleased(office, told.first, told.first + four))
        for office in ("gatineau", "laval", "longueuil", "sherbrooke")
    }
    value, bounds = change.pop("gatineau")
    assert value > 25
    assert is_beyond_chance(0, value, [bound or 0 for bound in bounds], of=4)
    assert max(abs(other) for other, _ in change.values()) < 25


def test_words_vary_in_both_languages_and_by_topic(said: list[Story]) -> None:
    texts = [story.feedback["text"] for story in said]
    assert len(set(texts)) > 0.97 * len(texts)
    assert Counter(texts).most_common(1)[0][1] < 8
    languages = Counter(story.feedback["language"] for story in said)
    assert languages["fr"] > languages["en"] > 400
    assert not [text for text in texts if "{" in text]
    openings = Counter(text[:12] for text in texts)
    assert openings.most_common(1)[0][1] < 0.1 * len(texts)


def test_persons_speak_for_others_and_come_back(said: list[Story]) -> None:
    roles = Counter(story.feedback["submitted_by"]["role"] for story in said if "submitted_by" in story.feedback)
    assert roles["relative"] > roles["representative"] > 20
    persons = Counter(story.person for story in said if story.person is not None)
    assert sum(times > 1 for times in persons.values()) > 30


def test_answers_are_late_wait_do_not_solve_and_are_missing(world: World) -> None:
    telling = Telling(world, ZONE, datetime(2026, 11, 25, 12, tzinfo=UTC))
    verbs = Counter(deed.verb for story in world.stories for deed in story.deeds)
    assert all(verbs[verb] > 30 for verb in ("acknowledge", "transfer", "ask", "suspend", "resume", "reply", "close"))
    assert verbs["reopen"] > 20
    answered, due = truth.standard_met(telling, "reply"), truth.met_of_due(telling, "reply")
    assert answered.value is not None and due.value is not None  # noqa: PT018
    assert due.value < answered.value < 97
    assert Counter(one.solved for story in world.stories for one in story.verdicts).keys() == {"yes", "partly", "no"}
    assert len(truth.open_at_the_end(telling)) > 50


def test_something_is_overdue_and_something_due_today(world: World) -> None:
    days = [(END - story.submitted_at.astimezone(ZONE).date()).days for story in world.today]
    assert max(days) > 10
    assert 10 in days
    assert {story.feedback["service"] for story in world.today} == {"change-of-details"}
    assert "change-of-details" not in world.services


def test_its_hours_are_those_that_it_publishes_and_are_reckoned_as_routing_does() -> None:
    """Two that share no code; across the change of the clocks and holidays."""
    published = document("organisation")["calendars"][0]
    calendar = CalendarContent.model_validate({k: v for k, v in published.items() if k != "code"}).calendar()
    rng = Random(4)  # noqa: S311
    for _ in range(300):
        start = datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(200 * 86_400))
        end = start + timedelta(seconds=rng.randrange(40 * 86_400))
        assert hours.open_seconds(start, end) == business_seconds(calendar, start, end)
        days = rng.randint(1, 25)
        assert hours.closing_after(start, days) == due_after_business_days(calendar, start, days)
        seconds = rng.randrange(1, 400_000)
        assert hours.later_by(start, seconds) == moved_by_open_seconds(calendar, start, seconds)


def test_its_intervals_are_those_of_analytics() -> None:
    """Found by searching for what the definition asks for."""
    rng = Random(5)  # noqa: S311
    for _ in range(60):
        n = rng.randint(1, 900)
        successes = rng.randint(0, n)
        assert intervals.wilson(successes, n) == pytest.approx(statistics.wilson_interval(successes, n), abs=1e-9)
        q = rng.choice((0.5, 0.9, 0.95))
        assert intervals.quantile_ranks(q, n) == statistics.quantile_interval_ranks(q, n)
        marks = Counter(rng.randint(1, 5) for _ in range(n + 1))
        assert intervals.of_mean(list(marks.elements()), 1, 5) == pytest.approx(statistics.mean_interval(marks, (1, 5)))
        up, down = rng.randint(0, successes), n - successes
        net = statistics.net_share_interval(up, down, n)
        assert net is not None
        assert intervals.of_net({1: up, -1: down, 0: n - up - down}) == pytest.approx((100 * net[0], 100 * net[1]))


def test_a_figure_that_is_not_as_generated_is_said_to_be_wrong() -> None:
    said = {"value": 50.0, "n": 10, "numerator": 5, "interval": [23.659309, 76.340691]}
    assert check("", said, truth.share(5, 10)).wrong == ""
    assert "n is 10, and 11 were made" in check("", said, truth.share(5, 11)).wrong
    assert "the numerator is 5, and 4 were made" in check("", said, truth.share(4, 10)).wrong
    assert check("", {**said, "interval": [23.6, 76.340691]}, truth.share(5, 10)).wrong.startswith("a bound is 23.6")
    hours_said = {"value": 10.05, "n": 3, "interval": None}
    assert check("", hours_said, Truth(10.0, 3, error=0.0101)).wrong == ""
    assert check("", {**hours_said, "value": 10.2}, Truth(10.0, 3, error=0.0101)).wrong


def test_the_more_is_looked_at_the_farther_chance_goes() -> None:
    assert is_beyond_chance(0, 10, (1, 19), of=1)
    assert not is_beyond_chance(0, 10, (1, 19), of=4)
    assert is_beyond_chance(50, 20, (10, 30), of=9)


def test_days_are_counted_as_the_organisation_counts_them(world: World) -> None:
    """What is said late in the evening at Montréal is of the next day in Paris."""
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    here, there = Telling(world, ZONE, now), Telling(world, ZoneInfo("Europe/Paris"), now)
    assert len(here.said()) == len(world.stories) > len(there.said())


def test_what_it_publishes_makes_sense() -> None:
    catalogue = CatalogueDocument.model_validate(document("catalogue"))
    services = {entry.code for entry in catalogue.services}
    organisation = document("organisation")
    named = [code for rule in organisation["rules"] for code in rule["when"]["service"]]
    assert sorted(named) == sorted(services - {"pension-agency"})
    assert yaml.safe_dump(organisation)
