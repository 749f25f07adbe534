"""What a fact counts for, and that no order of arrival changes it."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.feedback import Rating
from services.analytics.facts.contributions import contributions
from services.analytics.facts.folding import CASE_COLUMNS, FEEDBACK_COLUMNS, Fact
from services.analytics.facts.models import FactRow
from services.analytics.rollups.counters import DIMENSIONS, Cells, Difference
from tests.services.analytics.logs import Story, Told, cut, interleave, random_stories
from tests.services.analytics.reading import TORONTO, Rollups, added, counted, fold

ID = UUID("0197f2a0-0000-7000-8000-000000000001")
NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def fact_of(events: list[Told]) -> Fact:
    fact = Fact(ID)
    for one in events:
        fact = fold(fact, one)
    return fact


def total(cells: Cells) -> Rollups:
    """The counters of the total, by day."""
    return {day: dict(counters) for (day, dimension, _), counters in cells.items() if dimension == "total"}


def count(story: Story) -> Rollups:
    return total(contributions(fact_of(story.events), TORONTO).cells())


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

    for wanted in DIMENSIONS:
        sums: Rollups = {}
        for (day, dimension, _), counters in rollups.items():
            if dimension == wanted:
                for name, number in counters.items():
                    sums.setdefault(day, {}).setdefault(name, 0)
                    sums[day][name] += number
        assert sums == total(rollups)


def test_each_column_is_written_by_one_log_alone() -> None:
    assert not {*FEEDBACK_COLUMNS} & {*CASE_COLUMNS}
    assert {"feedback_id", *FEEDBACK_COLUMNS, *CASE_COLUMNS} == {*FactRow.__table__.columns.keys()}


def test_a_case_that_comes_before_its_feedback_counts_for_nothing_until_then() -> None:
    story = Story(ID, NOON).submitted().opened(reply=NOON + timedelta(days=1))

    assert contributions(fact_of(story.case_events), TORONTO).cells() == {}
    assert count(story)[TODAY] == {"volume": 1}


def test_days_are_those_of_the_organisation() -> None:
    just_before_midnight = datetime(2026, 3, 3, 4, 59, 59, tzinfo=UTC)
    midnight = just_before_midnight + timedelta(seconds=1)

    assert [*count(Story(ID, just_before_midnight).submitted())] == [date(2026, 3, 2)]
    assert [*count(Story(ID, midnight).submitted())] == [date(2026, 3, 3)]


def test_marks_are_counted_by_who_gave_them_and_other_measures_are_not_marks_of_satisfaction() -> None:
    marks = (
        Rating(measure="csat", value=4, answered_by="person"),
        Rating(measure="csat", value=5, answered_by="staff"),
        Rating(measure="nps", value=9, answered_by="person"),
    )

    assert count(Story(ID, NOON, ratings=marks).submitted()) == {
        TODAY: {"volume": 1, "csat:person:4": 1, "csat:staff:5": 1}
    }


def test_a_clock_that_runs_is_due_and_open_and_one_that_ended_in_time_is_met_on_both_days() -> None:
    due_at, ended_at = NOON + timedelta(days=10), NOON + timedelta(days=3)
    story = Story(ID, NOON).submitted().opened(reply=due_at)

    assert count(story)[due_at.date()] == {"due:reply": 1, "due_open:reply": 1}

    counters = count(story.replied(ended_at))
    assert counters[due_at.date()] == {"due:reply": 1, "due_met:reply": 1}
    assert counters[ended_at.date()] == {"ended:reply": 1, "ended_met:reply": 1}


def test_a_clock_that_ended_late_is_due_and_ended_and_not_met() -> None:
    due_at, ended_at = NOON + timedelta(days=1), NOON + timedelta(days=2)

    counters = count(Story(ID, NOON).submitted().opened(reply=due_at).replied(ended_at))

    assert counters[due_at.date()] == {"due:reply": 1}
    assert counters[ended_at.date()] == {"ended:reply": 1}


def test_a_clock_without_a_due_moment_counts_once_the_assignment_starts_it() -> None:
    story = Story(ID, NOON).submitted().opened(reply=None)
    assert count(story) == {TODAY: {"volume": 1}}

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
    assert count(story) == {TODAY: {"volume": 1}}

    story.replied(NOON, 1)
    assert count(story) == {TODAY: {"volume": 1, "answered": 1, "solved:no": 1}}

    story.replied(NOON, 2).evaluated(2, "yes", NOON)
    assert count(story) == {TODAY: {"volume": 1, "answered": 1, "solved:yes": 1}}


def test_an_interim_reply_is_no_answer() -> None:
    assert count(Story(ID, NOON).submitted().opened().replied(NOON, None)) == {TODAY: {"volume": 1}}


def test_a_language_that_is_found_later_moves_the_fact_from_row_to_row() -> None:
    story = Story(ID, NOON).submitted()
    before = contributions(fact_of(story.events), TORONTO)
    after = contributions(fact_of(story.redacted("fr").events), TORONTO)
    difference = Difference()
    difference.change(before, after)

    assert difference.cells() == {
        (TODAY, "language", "fr"): {"volume": 1},
        (TODAY, "language", "unassigned"): {"volume": -1},
    }


def test_acknowledged_is_by_the_first_human_or_by_the_first_final_reply() -> None:
    later, last = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    automatic = Story(ID, NOON).submitted().opened().acknowledged(NOON, automatic=True)

    assert fact_of(automatic.events).acknowledged_at is None
    assert fact_of(automatic.acknowledged(later).replied(last).events).acknowledged_at == later
    assert fact_of(Story(ID, NOON).opened().replied(later).acknowledged(last).events).acknowledged_at == later
