"""What services, service points, topics and teams are called, by code; what a file names besides is made."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from deploy.importing.doors import Door
from deploy.importing.mapping import Made
from libs.common.settings import stop

PATHS: dict[Made, str] = {
    "services": "/v1/services",
    "service_points": "/v1/service-points",
    "topics": "/v1/topics",
    "teams": "/v1/teams",
}
LONGEST_CODE = 60
PAGE = 200
AT_ONCE = 4


class Directory:
    """Names and codes, as they are known now."""

    def __init__(self) -> None:
        self._codes: dict[Made, dict[str, str]] = {kind: {} for kind in PATHS}
        """By name, in either language, and by code."""
        self._taken: dict[Made, set[str]] = {kind: set() for kind in PATHS}

    def code_of(self, kind: Made, name: str) -> str:
        """The code of a name, or the code itself. KeyError where there is neither."""
        return self._codes[kind][name.strip()]

    def learn(self, kind: Made, entry: Mapping[str, Any]) -> None:
        """An entry, as it is listed; what is retired keeps its code, and can be chosen no more."""
        code, name = entry["code"], entry["name"]
        self._taken[kind].add(code)
        if not entry.get("retired"):
            for word in (code, name["fr"], name["en"]):
                self._codes[kind].setdefault(word, code)

    def missing(self, named: Iterable[tuple[Made, str]]) -> list[tuple[Made, str, str]]:
        """Of what a file names, what there is no code for yet: its kind, its name, the code that it gets."""
        found: list[tuple[Made, str, str]] = []
        for kind, name in sorted(set(named)):
            known = self._codes[kind]
            if name.strip() not in known:
                code = free_code(name, self._taken[kind])
                known[name.strip()] = code
                self._taken[kind].add(code)
                found.append((kind, name, code))
        return found


async def read_directory(intake: Door, routing: Door) -> Directory:
    """All that can be chosen now."""
    directory = Directory()
    for kind, path in PATHS.items():
        door = routing if kind == "teams" else intake
        async for entry in _entries(door, f"{path}?limit={PAGE}&{'retired' if kind == 'teams' else 'everything'}=true"):
            directory.learn(kind, entry)
    return directory


async def make(missing: Sequence[tuple[Made, str, str]], intake: Door, routing: Door) -> None:
    """Make what a file names and nobody has."""
    waiting = iter(missing)

    async def work() -> None:
        for kind, name, code in waiting:
            door = routing if kind == "teams" else intake
            await door.send("PUT", f"{PATHS[kind]}/{code}", {"name": {"fr": name.strip(), "en": name.strip()}})

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def free_code(name: str, taken: set[str]) -> str:
    """A code that can be read, and is nobody else's."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_CODE].strip("-") or "x"
    code, place = stem, 1
    while code in taken:
        place += 1
        code = f"{stem[: LONGEST_CODE - 4]}-{place}"
    return code


async def _entries(door: Door, path: str) -> AsyncIterator[dict[str, Any]]:
    page: str | None = path
    while page:
        answer = await door.ask("GET", page)
        if answer.status != 200:
            stop(f"GET {path} was refused ({answer.status}): whose token is it?")
        for entry in answer.json()["items"]:
            yield entry
        following = answer.response.links.get("next")
        page = following["url"] if following else None
