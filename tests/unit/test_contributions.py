"""What a fact counts for, and that no order of arrival changes it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.feedback import Rating
from services.analytics.facts.contributions import contributions
from services.analytics.facts.fact import CASE_COLUMNS, FEEDBACK_COLUMNS, Fact
from services.analytics.facts.models import FactRow
from services.analytics.rollups.buckets import bucket_of
from services.analytics.rollups.counters import DIMENSIONS, PAIRED, TOTAL, Cell, Counters
from services.analytics.rollups.difference import Difference
from tests.services.analytics.logs import Story, Told, cut, interleave, random_stories
from tests.services.analytics.reading import TORONTO, Rollups, added, counted, fold

ID = UUID("0197f2a0-0000-7000-8000-000000000001")
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
TODAY = date(2026, 3, 2)
NEW_CASE = {"volume": 1, "complaints": 1, "cases": 1, "opened": 1}
SETTLED = {"settled": 1, "replied": 1}


def fact_of(events: list[Told]) -> Fact:
    fact = Fact(ID)
    for one in events:
        fact = fold(fact, one)
    return fact


def by_day(rollups: Mapping[Any, Counters], wanted: str) -> Rollups:
    """The counters of a dimension's values together, by day."""
    sums: Rollups = {}
    for cell, counters in rollups.items():
        if isinstance(cell, Cell) and (cell.grain, cell.dimension) == ("day", wanted):
            for name, number in counters.items():
                sums.setdefault(cell.day, {}).setdefault(name, 0)
                sums[cell.day][name] += number
    return sums


def count(story: Story) -> Rollups:
    """What a story counts for in all, by day."""
    return {day: dict(counters) for day, counters in contributions(fact_of(story.events), TORONTO).days.items()}


@given(chance=st.randoms(use_true_random=False), stories=st.integers(1, 4))
def test_rollups_are_the_same_whatever_overtakes_what(chance: Random, stories: int) -> None:
    told = random_stories(chance, stories, NOON, 20)
    subjects = [sequence for story in told for sequence in (story.feedback_events, story.case_events)]
    feedback_of = {one.subject: story.feedback_id for story in told for one in story.events}
    facts, rollups = {story.feedback_id: Fact(story.feedback_id) for story in told}, {}

    for events in cut(chance, interleave(chance, subjects), 5):
        for _ in range(chance.choice([1, 1, 2])):  # a slice may be delivered twice
            before, difference = dict(facts), Difference()
            for one in events:
                feedback_id = feedback_of[one.subject]
                facts[feedback_id] = fold(facts[feedback_id], one)
            for feedback_id, fact in facts.items():
                difference.change(contributions(before[feedback_id], TORONTO), contributions(fact, TORONTO))
            rollups = added(rollups, difference)

    assert rollups == counted(told, TORONTO)


@given(chance=st.randoms(use_true_random=False))
def test_an_event_that_was_seen_changes_nothing(chance: Random) -> None:
    (story,) = random_stories(chance, 1, NOON, 20)
    fact = fact_of(story.events)

    assert all(fold(fact, one) is fact for one in story.events)


@given(chance=st.randoms(use_true_random=False))
def test_every_dimension_adds_up_to_the_total(chance: Random) -> None:
    rollups = counted(random_stories(chance, 5, NOON, 5), TORONTO)

    total = by_day(rollups, TOTAL)
    assert all(by_day(rollups, dimension) == total for dimension in DIMENSIONS)


@given(chance=st.randoms(use_true_random=False))
def test_every_two_dimensions_of_a_month_add_up_to_its_days(chance: Random) -> None:
    rollups = counted(random_stories(chance, 3, NOON, 40), TORONTO)

    months: Rollups = {}
    for day, counters in by_day(rollups, TOTAL).items():
        for name, number in counters.items():
            months.setdefault(day.replace(day=1), {}).setdefault(name, 0)
            months[day.replace(day=1)][name] += number
    pairs: dict[Any, Rollups] = {}
    for cell, counters in rollups.items():
        if isinstance(cell, Cell) and cell.grain == "month":
            sums = pairs.setdefault((cell.dimension, cell.second_dimension), {}).setdefault(cell.day, {})
            for name, number in counters.items():
                sums[name] = sums.get(name, 0) + number
    assert pairs.keys() == set(combinations(sorted(PAIRED), 2))
    assert all(pair == months for pair in pairs.values())


def test_each_column_is_written_by_one_log_alone() -> None:
    assert not {*FEEDBACK_COLUMNS} & {*CASE_COLUMNS}
    by_erasure = {"was_linkable", "next_contact_at"}
    assert {"feedback_id", *FEEDBACK_COLUMNS, *CASE_COLUMNS, *by_erasure} == {*FactRow.__table__.columns.keys()}


def test_a_case_that_comes_before_its_feedback_counts_for_nothing_until_then() -> None:
    story = Story(ID, NOON).submitted().opened(reply=NOON + timedelta(days=1))

    assert contributions(fact_of(story.case_events), TORONTO).days == {}
    assert count(story)[TODAY] == NEW_CASE


def test_days_are_those_of_the_organisation() -> None:
    just_before_midnight = datetime(2026, 3, 3, 4, 59, 59, tzinfo=UTC)
    midnight = just_before_midnight + timedelta(seconds=1)

    assert [*count(Story(ID, just_before_midnight).submitted())] == [date(2026, 3, 2)]
    assert [*count(Story(ID, midnight).submitted())] == [date(2026, 3, 3)]


def test_marks_are_counted_by_what_they_mark_and_who_gave_them() -> None:
    marks = (
        Rating(measure="csat", value=4, answered_by="person"),
        Rating(measure="csat", value=5, answered_by="staff"),
        Rating(measure="nps", value=9, answered_by="person"),
    )

    assert count(Story(ID, NOON, ratings=marks).submitted()) == {
        TODAY: {"volume": 1, "complaints": 1, "mark:csat:person:4": 1, "mark:csat:staff:5": 1, "mark:nps:person:9": 1}
    }


def test_a_clock_that_runs_is_due_and_open_and_one_that_ended_in_time_is_met_on_both_days() -> None:
    due_at, ended_at = NOON + timedelta(days=10), NOON + timedelta(days=3)
    story = Story(ID, NOON).submitted().opened(reply=due_at)

    assert count(story)[due_at.date()] == {"due:reply": 1, "due_open:reply": 1}

    counters = count(story.replied(ended_at))
    assert counters[due_at.date()] == {"due:reply": 1, "due_met:reply": 1}
    assert counters[ended_at.date()] == {"ended:reply": 1, "ended_met:reply": 1, **SETTLED}


def test_a_clock_that_ended_late_is_due_and_ended_and_not_met() -> None:
    due_at, ended_at = NOON + timedelta(days=1), NOON + timedelta(days=2)

    counters = count(Story(ID, NOON).submitted().opened(reply=due_at).replied(ended_at))

    assert counters[due_at.date()] == {"due:reply": 1}
    assert counters[ended_at.date()] == {"ended:reply": 1, **SETTLED}


def test_a_clock_without_a_due_moment_counts_once_the_assignment_starts_it() -> None:
    story = Story(ID, NOON).submitted().opened(reply=None)
    assert count(story) == {TODAY: NEW_CASE}

    due_at = NOON + timedelta(days=5)
    assert count(story.assigned("north", NOON, reply=due_at))[due_at.date()] == {"due:reply": 1, "due_open:reply": 1}


def test_the_due_moment_of_a_clock_s_end_wins_over_what_is_said_of_it_later() -> None:
    due_at = NOON + timedelta(days=2)
    story = Story(ID, NOON).submitted().opened(acknowledge=due_at)
    running = story.clocks["acknowledge"]
    story.acknowledged(NOON + timedelta(days=1))
    story.clocks["acknowledge"] = running.model_copy(update={"due_at": NOON + timedelta(days=9)})

    assert due_at.date() in count(story.assigned("north", NOON + timedelta(days=1)))


def test_an_evaluation_counts_once_an_answer_was_given_and_the_latest_answer_s_counts() -> None:
    story = Story(ID, NOON).submitted().opened().evaluated(1, "no", NOON)
    assert count(story) == {TODAY: NEW_CASE}

    story.replied(NOON, 1)
    assert count(story) == {TODAY: {**NEW_CASE, **SETTLED, "answered": 1, "replies": 1, "solved:no": 1}}

    story.replied(NOON, 2).evaluated(2, "yes", NOON)
    assert count(story) == {TODAY: {**NEW_CASE, **SETTLED, "answered": 1, "replies": 2, "solved:yes": 1}}


def test_an_interim_reply_is_no_answer() -> None:
    assert count(Story(ID, NOON).submitted().opened().replied(NOON, None)) == {TODAY: NEW_CASE}


def test_a_language_that_is_found_later_moves_the_fact_from_row_to_row() -> None:
    story = Story(ID, NOON).submitted()
    before = contributions(fact_of(story.events), TORONTO)
    after = contributions(fact_of(story.redacted("fr").events), TORONTO)
    difference = Difference()
    difference.change(before, after)

    one = {"volume": 1, "complaints": 1}
    less = {name: -number for name, number in one.items()}
    assert {cell: found for cell, found in difference.cells().items() if cell.grain == "day"} == {
        Cell("day", "language", "", TODAY, "fr", ""): one,
        Cell("day", "language", "", TODAY, "unassigned", ""): less,
    }


def test_acknowledged_is_by_the_first_human_or_by_the_first_final_reply() -> None:
    later, last = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    automatic = Story(ID, NOON).submitted().opened().acknowledged(NOON, automatic=True)

    assert acknowledged_after(automatic) == set()
    assert acknowledged_after(automatic.acknowledged(later).replied(last)) == {bucket_of(3600)}
    assert acknowledged_after(Story(ID, NOON).submitted().opened().replied(later)) == {bucket_of(3600)}


def acknowledged_after(story: Story) -> set[int]:
    """The bucket of elapsed seconds, if any."""
    buckets = contributions(fact_of(story.events), TORONTO).buckets[TODAY]
    return {int(name.split(":")[2]) for name in buckets if name.startswith("acknowledge_time:elapsed_hours")}


def test_a_resolution_falls_due_for_nobody_while_an_answer_stands_that_the_person_has_not_contested() -> None:
    day = timedelta(days=1)
    due_on = (NOON + 20 * day).date()

    def answered_on(n: int) -> Story:
        return Story(ID, NOON).submitted().opened(resolve=NOON + 20 * day).replied(NOON + n * day)

    assert "due:resolve" not in count(answered_on(10)).get(due_on, {})
    assert count(answered_on(21))[due_on]["due_open:resolve"] == 1
    assert count(answered_on(10).evaluated(1, "no", NOON + 11 * day))[due_on]["due_open:resolve"] == 1
    assert "due:resolve" not in count(answered_on(10).evaluated(1, "yes", NOON + 11 * day)).get(due_on, {})
