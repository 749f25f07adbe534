"""Reads a service's log to its end, as any reader with a token of role `service` does."""

from typing import Any

import httpx

from tests.system import System, json_of

FEEDBACK = "/v1/feedback-events"
CASES = "/v1/case-events"


def events_of(system: System, path: str) -> list[dict[str, Any]]:
    """Every event of the log, in order."""
    base = system.intake if path == FEEDBACK else system.routing
    events: list[dict[str, Any]] = []
    while True:
        after = {"after": events[-1]["pos"], "id": events[-1]["id"]} if events else {"after": 0}
        some = json_of(httpx.get(f"{base}{path}", params=after, headers=system.staff("service"), timeout=30))
        if not some:
            return events
        events += some


def assert_is_whole(events: list[dict[str, Any]]) -> None:
    """Positions are dense, each `prev` is the position before it in its shard, versions of a subject are in order."""
    last_of_shard: dict[int, int] = {}
    last_version: dict[str, int] = {}
    for place, event in enumerate(events, start=1):
        assert event["pos"] == place
        assert event["prev"] == last_of_shard.get(event["shard"], 0)
        last_of_shard[event["shard"]] = event["pos"]
        assert int(event["sequence"]) == last_version.get(event["subject"], 0) + 1
        last_version[event["subject"]] = int(event["sequence"])
