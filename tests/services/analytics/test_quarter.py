"""Every figure, interval and flag of a made-up quarter, against a recount by DuckDB from what the logs said."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.services.analytics import quarter
from tests.services.analytics.logs import Told, chance_of, log_of
from tests.services.analytics.reading import Readers
from tests.services.analytics.recount import Recount

pytestmark = pytest.mark.slow

HOW_MANY = 900

QUESTIONS = [
    pytest.param({"from": "2026-01-01", "to": "2026-04-01"}, id="the quarter"),
    pytest.param({"from": "2026-01-01", "to": "2026-04-01", "by": "service"}, id="by service"),
    pytest.param({"from": "2026-01-15", "to": "2026-03-20", "by": "team"}, id="by team, from day to day"),
    pytest.param({"from": "2026-02-01", "to": "2026-03-01", "by": "channel,kind"}, id="a month by two"),
    pytest.param({"from": "2026-03-15", "to": "2026-04-11", "by": "language"}, id="until now"),
    pytest.param({"from": "2026-02-01", "to": "2026-04-11", "by": "channel,kind"}, id="by two, until now"),
    pytest.param(
        {"from": "2026-02-10", "to": "2026-04-11", "by": "service", "where": "channel:web,channel:phone"},
        id="by service, of two channels",
    ),
    pytest.param({"from": "2026-01-20", "to": "2026-03-05", "by": "phase,source", "where": "topic:delay"}, id="finer"),
]


@pytest.fixture(scope="module")
def stories() -> list[Any]:
    return quarter.stories_of_a_quarter(chance_of(2026), HOW_MANY)


@pytest.fixture(scope="module")
def told(stories: list[Any]) -> list[Told]:
    events = [one for story in stories for one in story.events]
    return [quarter.calendar(), *quarter.interactions(chance_of(7)), *events]


@pytest.fixture(scope="module")
def recount(told: list[Told], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recount]:
    recount = Recount(told, tmp_path_factory.mktemp("quarter") / "told.json")
    yield recount
    recount.db.close()


async def read_all(readers: Readers, told: list[Told]) -> None:
    for source in ("intake", "routing"):
        log = log_of(one for one in told if one.source == source)
        for start in range(0, len(log), 3000):
            await readers.apply(source, await readers.positions(source), log[start : start + 3000])  # type: ignore[arg-type]


async def test_every_figure_of_a_quarter_is_what_a_recount_gives(
    readers: Readers, http: httpx.AsyncClient, at: Callable[[datetime], None], told: list[Told], recount: Recount
) -> None:
    await read_all(readers, told)
    at(quarter.NOW)
    assert await readers.dead_letters() == 0
    for question in QUESTIONS:
        (parameters,) = question.values
        answer = await http.get("/v1/kpis", params=parameters)
        assert answer.status_code == 200, answer.text
        seen = {key_of(one, parameters): one for one in answer.json()["figures"]}
        expected = recount.figures(**parameters)
        assert {key for key, one in expected.items() if one["n"]} <= seen.keys(), parameters
        for key, figure in seen.items():
            agree(figure, expected[key], (parameters, key))
    assert (await http.get("/v1/reconciliation")).json()["difference"] == 0


def key_of(figure: dict[str, Any], parameters: dict[str, str]) -> tuple[Any, ...]:
    values = tuple(figure["filters"][name] for name in parameters["by"].split(",")) if "by" in parameters else ()
    return figure["name"], values, figure["clock"], figure["quantile"], figure["unit"]


def agree(figure: dict[str, Any], expected: dict[str, Any], where: Any) -> None:
    """The value, what it was computed from, its interval, its flags; and the same of what stands beside it."""
    off = {"rel": 0.0101} if figure.get("quantile") and figure["name"] != "backlog_age" else {"rel": 1e-9, "abs": 1e-9}
    assert figure["n"] == expected["n"], where
    assert close(figure["value"], expected["value"], off), (where, figure, expected)
    if "numerator" in expected:
        assert (figure["numerator"], figure["denominator"]) == (expected["numerator"], expected["n"]), where
    mine, theirs = figure["interval"], expected["interval"]
    assert (mine is None) == (theirs is None), (where, figure, expected)
    for bound, other in zip(mine or (), theirs or (), strict=True):
        assert close(bound, other, off), (where, figure, expected)
    if "flags" in figure:
        small = ["small_sample"] if expected["n"] < 30 else []
        assert sorted(figure["flags"]) == sorted([*expected["flags"], *small]), (where, figure, expected)
        assert figure["companions"].keys() == expected["companions"].keys(), where
        for name, beside in expected["companions"].items():
            agree(figure["companions"][name], beside, (where, name))
        assert figure["selection"] == expected["selection"], where


def close(mine: float | None, theirs: float | None, off: dict[str, float]) -> bool:
    return mine is theirs if mine is None or theirs is None else mine == pytest.approx(theirs, **off)
