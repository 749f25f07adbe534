"""`POST /v1/feedback/batch`, 500 at a time."""

from bench.client import Figures, post
from bench.house import house
from bench.table import Row
from bench.texts import bodies

ROUNDS = 3
SECONDS = 5
ITEMS = 500
CONNECTIONS = 2


def measure() -> list[Row]:
    batches = [{"items": bodies(ITEMS)}]
    rounds = []
    with house() as running:
        key = running.partner_key()
        for _ in range(ROUNDS):
            rounds.append(
                post(
                    f"{running.system.intake}/v1/feedback/batch",
                    batches,
                    connections=CONNECTIONS,
                    seconds=SECONDS,
                    headers=key,
                )
            )
            running.wait_until_quiet()
    median = Figures.median(rounds)
    return [
        Row(
            f"`POST /v1/feedback/batch`, {ITEMS} at a time, partner's key",
            "≥ 10,000 feedback/s; goal 15,000",
            f"**{median.a_second * ITEMS:,.0f} feedback/s**, {median.errors} errors",
            f"p50 {median.p50:.0f} ms, p99 {median.p99:.0f} ms, {CONNECTIONS} connections, "
            f"{ROUNDS} rounds of {SECONDS} s",
        )
    ]
