"""What a reader of published figures cannot find out."""

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.suppression.cells import suppressed


def test_cells_of_fewer_than_five_are_left_out_and_empty_ones_are_shown() -> None:
    assert suppressed({"a": 4, "b": 5, "c": 0}, [], 5) == {"a"}


def test_a_single_cell_that_could_be_computed_from_the_total_takes_the_smallest_other_with_it() -> None:
    counts = {"total": 41, "a": 3, "b": 30, "c": 8, "d": 0}

    assert suppressed(counts, [["total", "a", "b", "c", "d"]], 5) == {"a", "c"}


def test_two_cells_that_are_left_out_already_protect_each_other() -> None:
    counts = {"total": 37, "a": 3, "b": 30, "c": 4}

    assert suppressed(counts, [["total", "a", "b", "c"]], 5) == {"a", "c"}


def test_where_nothing_else_is_there_the_total_is_left_out_too() -> None:
    assert suppressed({"total": 3, "a": 3, "b": 0}, [["total", "a", "b"]], 5) == {"total", "a"}
    assert suppressed({"total": 33, "a": 3, "b": 30}, [["total", "a", "b"]], 5) == {"a", "b"}


def test_a_cell_left_out_in_one_sum_is_looked_for_in_the_others() -> None:
    counts = {"row": 35, "a": 3, "b": 32, "column": 92, "c": 60}

    assert suppressed(counts, [["row", "a", "b"], ["column", "b", "c"]], 5) == {"a", "b", "c"}


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8), st.integers(2, 10))
def test_no_small_cell_of_a_sum_can_be_computed_from_what_is_shown(parts: list[int], below: int) -> None:
    counts: dict[object, int] = dict(enumerate(parts)) | {"total": sum(parts)}
    hidden = suppressed(counts, [["total", *range(len(parts))]], below)

    assert all(cell in hidden for cell, n in counts.items() if 0 < n < below)
    assert len(hidden) != 1
    together = sum(counts[cell] for cell in hidden - {"total"})
    assert not hidden or "total" in hidden or together >= below


def test_two_who_are_one_each_do_not_hide_in_each_other() -> None:
    assert suppressed({"total": 102, "a": 1, "b": 1, "c": 100}, [["total", "a", "b", "c"]], 5) == {"a", "b", "c"}
    assert suppressed({"total": 2, "a": 1, "b": 1}, [["total", "a", "b"]], 5) == {"total", "a", "b"}
