"""Since when each open case has been waiting, in business time: found once a case, and not once for each period."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.organisation import DEFAULT_CALENDAR
from services.analytics.reference import queries as reference
from services.analytics.reference.calendars import BusinessTable


class Stretch(NamedTuple):
    """Periods, from the first to before `stop`, at whose ends a case was open and its age `cum[period] - since`."""

    first: int
    stop: int
    cum: Sequence[int]
    """Business seconds at the end of each period; all 0 while a case waits: its age stands still."""
    since: int


@dataclass(frozen=True)
class Ages:
    """The instants at which ages are asked for, in order, and the calendars that they are told by."""

    instants: Sequence[datetime]
    now: datetime
    tables: Mapping[str, BusinessTable]
    calendar_of: Mapping[str, str]
    """By standard."""
    cums: Mapping[str, Sequence[int]]
    """By calendar: cum(at) of each instant."""

    def stretches(self, case: Row[Any]) -> Iterator[Stretch]:
        """Of each time that a case was open."""
        waits = list(self._waits(case))
        for opened, settled in self._times_open(case.turns):
            for first, stop, cum, since in waits:
                if max(first, opened) < min(stop, settled):
                    yield Stretch(max(first, opened), min(stop, settled), cum, since)

    def _times_open(self, turns: Sequence[str]) -> Iterator[tuple[int, int]]:
        """It was opened, or settled, before the end of a day; or up to now."""
        places = [bisect_right(self._turned_before, datetime.fromisoformat(one)) for one in turns]
        return zip_longest(places[::2], places[1::2], fillvalue=len(self.instants))

    def _waits(self, case: Row[Any]) -> Iterator[Stretch]:
        """cum(at) − cum(opened) − suspended, whether or not the case is open."""
        end_of_all = len(self.instants)
        code = self._calendar(case.standards)
        if code is None:
            yield Stretch(0, end_of_all, self._nothing, 0)
            return
        table, cum = self.tables[code], self.cums[code]
        reached, since = 0, table.cum(case.opened_at)
        for began, ended in case.suspensions:
            start = datetime.fromisoformat(began)
            first, age = bisect_left(self.instants, start), table.cum(start) - since
            yield Stretch(reached, first, cum, since)
            if ended is None:
                yield Stretch(first, end_of_all, self._nothing, -age)
                return
            end = datetime.fromisoformat(ended)
            reached, since = max(first, bisect_left(self.instants, end)), table.cum(end) - age
            yield Stretch(first, reached, self._nothing, -age)
        yield Stretch(reached, end_of_all, cum, since)

    @cached_property
    def _turned_before(self) -> list[datetime]:
        return [at + timedelta.resolution if at == self.now else at for at in self.instants]

    @cached_property
    def _nothing(self) -> list[int]:
        return [0] * len(self.instants)

    def _calendar(self, standards: Sequence[str]) -> str | None:
        """That of its standard, else that of what no standard covers."""
        of_its_own = (self.calendar_of.get(standard) for standard in standards)
        return next((code for code in (*of_its_own, DEFAULT_CALENDAR, *self.tables) if code in self.tables), None)


async def read_ages(session: AsyncSession, instants: Sequence[datetime], now: datetime) -> Ages:
    """By the calendars as they were published last."""
    tables = await reference.calendars(session)
    calendar_of = {row.code: row.details["calendar"] for row in await reference.standards(session)}
    cums = {code: [table.cum(at) for at in instants] for code, table in tables.items()}
    return Ages(instants, now, tables, calendar_of, cums)
