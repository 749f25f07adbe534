"""`POST /v1/feedback`, complete, beside the floor: in turns, so that both have the same minute."""

from collections import defaultdict
from collections.abc import Sequence

from bench.client import Figures, post
from bench.house import floor, house
from bench.table import Row
from bench.texts import bodies

ROUNDS = 3
SECONDS = 5
CONNECTIONS = (32, 256)


def measure() -> list[Row]:
    sent = bodies()
    floors: dict[int, list[Figures]] = defaultdict(list)
    ours: dict[tuple[str, int], list[Figures]] = defaultdict(list)
    with house() as running, floor(running) as address:
        senders = {"partner's key": running.partner_key(), "anonymous": {}}
        for number in range(ROUNDS):
            for connections in CONNECTIONS:
                for who, headers in senders.items():
                    running.wait_until_quiet()
                    for of_floor in (True, False) if number % 2 else (False, True):
                        url = f"{address if of_floor else running.system.intake}/v1/feedback"
                        kept = floors[connections] if of_floor else ours[who, connections]
                        kept.append(post(url, sent, connections=connections, seconds=SECONDS, headers=headers))
                        running.wait_until_quiet()
    return [_row(who, connections, kept, floors[connections]) for (who, connections), kept in ours.items()]


def _row(who: str, connections: int, ours: Sequence[Figures], floors: Sequence[Figures]) -> Row:
    mine, least = Figures.median(ours), Figures.median(floors)
    return Row(
        f"`POST /v1/feedback`, complete, {who}, {connections} connections, against a bare INSERT",
        "≥ 0.8 × requests/s, p99 ≤ 2 ×; goal 1.0 ×",
        f"**{mine.a_second / least.a_second:.2f} ×**, p99 {mine.p99 / least.p99:.1f} ×, {mine.errors} errors",
        f"{_said(mine)}; floor {_said(least)}; {len(ours)} rounds of {SECONDS} s",
    )


def _said(figures: Figures) -> str:
    return f"{figures.a_second:,.0f}/s, p50 {figures.p50:.1f} ms, p99 {figures.p99:.1f} ms"
