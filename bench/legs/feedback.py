"""`POST /v1/feedback`, complete, beside the floor: in turns, so that both have the same minute."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from bench.client import Figures, post
from bench.house import floor, house
from bench.table import Row
from bench.texts import bodies

ROUNDS = 5
SECONDS = 5
CONNECTIONS = (32, 256)
PAGE = "https://forms.example.org"
"""Where somebody without a key writes: a browser says it with each call."""


class Round(NamedTuple):
    """One leg of ours and one of the floor, one right after the other: only what shares a minute is compared."""

    ours: Figures
    floor: Figures


def measure() -> list[Row]:
    sent = bodies()
    rounds: dict[tuple[str, int], list[Round]] = defaultdict(list)
    with house({"ECOUTE_CORS_ORIGINS": PAGE}) as running, floor(running) as address:
        senders = {"partner's key": running.partner_key(), "anonymous, from a page": {"Origin": PAGE}}
        for number in range(ROUNDS):
            for connections in CONNECTIONS:
                for who, headers in senders.items():
                    legs = {}
                    running.wait_until_quiet()
                    for of_floor in (True, False) if number % 2 else (False, True):
                        url = f"{address if of_floor else running.system.intake}/v1/feedback"
                        legs[of_floor] = post(url, sent, connections=connections, seconds=SECONDS, headers=headers)
                        running.wait_until_quiet()
                    rounds[who, connections].append(Round(legs[False], legs[True]))
    return [_row(who, connections, kept) for (who, connections), kept in rounds.items()]


def _row(who: str, connections: int, rounds: Sequence[Round]) -> Row:
    ratios = sorted(one.ours.a_second / one.floor.a_second for one in rounds)
    slowest = statistics.median(one.ours.p99 / one.floor.p99 for one in rounds)
    mine, least = Figures.median([one.ours for one in rounds]), Figures.median([one.floor for one in rounds])
    return Row(
        f"`POST /v1/feedback`, complete, {who}, {connections} connections, against a bare INSERT",
        "≥ 0.8 × requests/s, p99 ≤ 2 ×; goal 1.0 ×",
        f"**{statistics.median(ratios):.2f} ×** ({ratios[0]:.2f} to {ratios[-1]:.2f}), p99 {slowest:.1f} ×,"
        f" {mine.errors} errors",
        f"{_said(mine)}; floor {_said(least)}; {len(rounds)} rounds of {SECONDS} s",
    )


def _said(figures: Figures) -> str:
    return f"{figures.a_second:,.0f}/s, p50 {figures.p50:.1f} ms, p99 {figures.p99:.1f} ms"
