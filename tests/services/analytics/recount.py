# ruff: noqa: S608 - what is asked is written here
"""Figures by DuckDB, from what the logs said: no fact, rollup, counter or formula of the service is used."""

import math
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import orjson

from tests.services.analytics import quarter
from tests.services.analytics.logs import Told

Z = 1.959963984540054
SURVEYS = {"csat": 4, "ces": 5} | dict.fromkeys(
    ("trust", "effectiveness", "ease", "efficiency", "transparency", "humanity"), 4
)
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95}
CLOCKS = ("acknowledge", "reply", "resolve", "stage2_reply")
_LOCAL_DAY = "({} AT TIME ZONE 'America/Toronto')::DATE"
Values = tuple[str, ...]
Expected = dict[str, Any]


class Recount:
    """The raw inputs in DuckDB, and figures from them."""

    def __init__(self, told: list[Told], path: Path) -> None:
        lines = [
            orjson.dumps(
                {
                    "log": "case" if one.source == "routing" else "feedback",
                    "feedback": str(getattr(one.event, "feedback_id", one.subject)),
                    "version": one.version,
                    "moment": one.time.isoformat(),
                    "type": one.event.type.removeprefix("ca.ecoute.").removesuffix(".v1"),
                    "data": one.event.model_dump(mode="json", exclude_none=True),
                }
            )
            for one in told
            if not one.event.type.startswith("ca.ecoute.calendar")
        ]
        path.write_bytes(b"\n".join(lines))
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        self.db.execute(
            f"""
            CREATE TABLE told AS
            SELECT * REPLACE (moment::TIMESTAMPTZ AS moment)
              FROM read_json('{path}', columns = {{log: 'VARCHAR', feedback: 'VARCHAR', version: 'INT',
                                                  moment: 'VARCHAR', type: 'VARCHAR', data: 'JSON'}})
            """
        )
        self.db.execute(Path(__file__).with_name("recount.sql").read_text())
        self.db.execute("CREATE TABLE open_hours (opens TIMESTAMPTZ, closes TIMESTAMPTZ)")
        self.db.executemany("INSERT INTO open_hours VALUES (?, ?)", quarter.open_hours())

    def figures(self, by: str = "", where: str = "", **span: str) -> dict[Any, dict[str, Any]]:
        return Asked(self.db, by, where, date.fromisoformat(span["from"]), date.fromisoformat(span["to"])).all()


class Asked:
    """One question: days from `first` to before `end`, by some columns, of what passes `where`."""

    def __init__(self, db: duckdb.DuckDBPyConnection, by: str, where: str, first: date, end: date) -> None:
        self.db, self.first, self.end = db, first, end
        self.by = by.split(",") if by else []
        self.conditions: dict[str, list[str]] = {}
        for pair in where.split(",") if where else []:
            name, value = pair.split(":")
            self.conditions.setdefault(name, []).append(value)
        self.until = min(self._midnight(end), quarter.NOW)

    def all(self) -> dict[Any, Expected]:
        found: dict[Any, Expected] = {}
        for values in self.values():
            found |= {(name, values, *rest): one for (name, *rest), one in self._of(values).items()}
        return found

    def values(self) -> list[Values]:
        if not self.by:
            return [()]
        return [tuple(row) for row in self.db.sql(f"SELECT DISTINCT {', '.join(self.by)} FROM f").fetchall()]

    def _of(self, values: Values) -> dict[Any, Expected]:
        self.narrowed = {**self.conditions, **{name: [value] for name, value in zip(self.by, values, strict=True)}}
        narrow = " AND ".join(self._among(name, of) for name, of in self.narrowed.items())
        self.db.execute(f"CREATE OR REPLACE TEMP VIEW q AS SELECT * FROM f WHERE {narrow or 'true'}")
        self.db.execute(f"CREATE OR REPLACE TEMP VIEW s AS SELECT * FROM q WHERE {self._in('submitted_at')}")
        return {**self._counts(), **self._surveys(), **self._clocks(), **self._times(), **self._backlog()}

    def _counts(self) -> dict[Any, Expected]:
        (volume, complaints, cases, transferred) = self._row(
            "count(*), count(*) FILTER (WHERE kind = 'complaint'), count(opened_at), "
            "count(*) FILTER (WHERE opened_at IS NOT NULL AND transfers > 0) FROM s"
        )
        replied, came_back, linkable, at_once = self._row(
            "count(*), count(*) FILTER (WHERE came_back), count(*) FILTER (WHERE linkable), "
            "count(*) FILTER (WHERE linkable AND at_once) "
            f"FROM answered JOIN q USING (feedback) WHERE {self._in('moment')}"
        )
        asked, evaluated, yes, partly = self._row(
            "count(*) FILTER (WHERE may_evaluate OR e.solved IS NOT NULL), count(e.solved), "
            "count(*) FILTER (WHERE e.solved = 'yes'), "
            "count(*) FILTER (WHERE e.solved = 'partly') FROM s JOIN last_reply USING (feedback) LEFT JOIN ("
            "SELECT * FROM evaluations QUALIFY row_number() OVER (PARTITION BY feedback ORDER BY answer DESC) = 1"
            ") e USING (feedback)"
        )
        resolution = ratio(yes, evaluated, selection="census")
        resolution["companions"] = {
            "partly": ratio(partly, evaluated, selection="census"),
            "answered_of_asked": ratio(evaluated, asked),
        }
        first = ratio(at_once, linkable) if self._is_mature(14) else immature(linkable)
        first["companions"] = {"linkable_share": ratio(linkable, replied)}
        return {
            ("volume", None, None, "count"): count(volume),
            ("complaint_rate", None, None, "per_1000"): self._complaint_rate(complaints),
            ("transfer_rate", None, None, "percent"): ratio(transferred, cases),
            ("reopen_rate", None, None, "percent"): ratio(came_back, replied)
            if self._is_mature(30)
            else immature(replied),
            ("first_contact_resolution", None, None, "percent"): first,
            ("resolution_confirmed_rate", None, None, "percent"): resolution,
        }

    def _complaint_rate(self, complaints: int) -> Expected:
        narrow = [self._among(name, of) for name, of in self.narrowed.items()]
        if not set(self.narrowed) <= {"channel", "service"}:
            return nothing("per_1000", "no_denominator")
        (interactions,) = self._row(
            f"coalesce(sum(n), 0) FROM reported WHERE {' AND '.join([self._between('day'), *narrow])}"
        )
        if not interactions:
            return nothing("per_1000", "no_denominator")
        of_channel = self._among("r.channel", self.conditions.get("channel"))
        (covered, uncovered) = self._row(
            "count(*) FILTER (WHERE told), count(*) FILTER (WHERE NOT told) "
            "FROM (SELECT EXISTS (SELECT 1 FROM reported r "
            f"WHERE r.service = f.service AND {of_channel} "
            f"AND abs(r.day - {_LOCAL_DAY.format('submitted_at')}) <= 3) AS told "
            f"FROM f WHERE kind = 'complaint' AND {self._in('submitted_at')} "
            f"AND {self._among('service', self.narrowed.get('service'))})"
        )
        of_services = set(self.narrowed) <= {"service"}
        one = ratio(covered if of_services else complaints, int(interactions), scale=1000)
        if uncovered:
            one["flags"] = ["partial_denominator"]
        return one

    def _surveys(self) -> dict[Any, Expected]:
        found: dict[Any, Expected] = {}
        for measure, lowest in SURVEYS.items():
            found[measure, None, None, "percent"] = self._by_whom(measure, self._share_from(lowest))
        found["csat_mean", None, None, "score"] = self._by_whom("csat", self._mean)
        found["nps", None, None, "net_percent"] = self._by_whom("nps", self._net)
        marks, share = "marks_after JOIN s USING (feedback)", self._share_from(4)
        after = share(f"{marks} WHERE answered_by = 'person'", "census")
        after["companions"] = {
            by: share(f"{marks} WHERE answered_by = '{by}'", "staff_chosen") for by in ("assisted", "staff")
        }
        (given,) = self._row(
            "count(*) FROM replies JOIN s USING (feedback) "
            "WHERE may_evaluate OR feedback IN (SELECT feedback FROM evaluations)"
        )
        (marked,) = self._row(f"count(DISTINCT (feedback, answer)) FROM {marks} WHERE answered_by = 'person'")
        after["companions"]["answered_of_asked"] = ratio(marked, given)
        return {**found, ("satisfaction_after", None, None, "percent"): after}

    def _by_whom(self, measure: str, figure: Any) -> Expected:
        marks = f"marks JOIN s USING (feedback) WHERE measure = '{measure}' AND answered_by = "
        one: Expected = figure(f"{marks} 'person'", "open")
        one["companions"] = {by: figure(f"{marks} '{by}'", "staff_chosen") for by in ("assisted", "staff")}
        return one

    def _share_from(self, lowest: int) -> Any:
        def share(marks: str, selection: str) -> Expected:
            favourable, n = self._row(f"count(*) FILTER (WHERE mark >= {lowest}), count(*) FROM {marks}")
            return ratio(favourable, n, selection=selection)

        return share

    def _mean(self, marks: str, selection: str) -> Expected:
        n, mean, deviation = self._row(f"count(*), avg(mark), stddev_samp(mark) FROM {marks}")
        half = Z * deviation / math.sqrt(n) if deviation else None
        bounds = None if half is None else (max(1, mean - half), min(5, mean + half))
        return figure(mean, n, bounds, selection=selection)

    def _net(self, marks: str, selection: str) -> Expected:
        score = "CASE WHEN mark >= 9 THEN 100.0 WHEN mark <= 6 THEN -100.0 ELSE 0.0 END"
        n, net, deviation = self._row(f"count(*), avg({score}), stddev_pop({score}) FROM {marks}")
        half = Z * deviation / math.sqrt(n) if deviation else None
        interval = None if half is None else (max(-100.0, net - half), min(100.0, net + half))
        return figure(net, n, interval, selection=selection)

    def _clocks(self) -> dict[Any, Expected]:
        found: dict[Any, Expected] = {}
        owed = (
            "(ended_at IS NOT NULL OR due_at <= cancelled_at OR cancelled_at IS NULL AND "
            "(state <> 'waiting' OR due_at <= suspended_at) AND NOT (clock = 'resolve' AND state = 'answered' AND "
            "EXISTS (SELECT 1 FROM last_reply l WHERE l.feedback = q.feedback AND due_at >= l.moment AND "
            "NOT EXISTS (SELECT 1 FROM evaluations e "
            "WHERE e.feedback = l.feedback AND e.answer = l.answer AND e.solved <> 'yes'))))"
        )
        for clock in CLOCKS:
            of_clock = f"FROM clocks JOIN q USING (feedback) WHERE clock = '{clock}'"
            due, met, still_open = self._row(
                "count(*), count(*) FILTER (WHERE ended_at <= due_at), "
                "count(*) FILTER (WHERE ended_at IS NULL AND cancelled_at IS NULL) "
                f"{of_clock} AND {owed} AND {self._in('(due_at - INTERVAL 1 MICROSECOND)')} "
                f"AND due_at <= {self._at(quarter.NOW)}"
            )
            ended, in_time, late, *shares = self._row(
                "count(*), count(*) FILTER (WHERE ended_at <= due_at), count(*) FILTER (WHERE late_entry), "
                "count(*) FILTER (WHERE extended), count(*) FILTER (WHERE suspended), "
                "count(*) FILTER (WHERE outcome = 'declined'), count(*) FILTER (WHERE reclassified) "
                f"FROM clocks JOIN q USING (feedback) LEFT JOIN last_reply USING (feedback) "
                f"WHERE clock = '{clock}' AND {self._in('ended_at')}"
            )
            names = ("extended_share", "suspended_share", "declined_share", "reclassified_share")
            standard = ratio(in_time, ended)
            standard["companions"] = {
                "open_breached": count(still_open),
                "late_entries": count(late),
                **{name: ratio(share, ended) for name, share in zip(names, shares, strict=True)},
            }
            found["met_of_due", clock, None, "percent"] = ratio(met, due)
            found["standard_met", clock, None, "percent"] = standard
        return found

    def _times(self) -> dict[Any, Expected]:
        found: dict[Any, Expected] = {}
        for step in ("assign_time", "acknowledge_time", "reply_time", "resolve_time"):
            for unit, column in (("elapsed_hours", "elapsed"), ("business_hours", "business")):
                taken = self._column(f"{column} FROM waits JOIN s USING (feedback) WHERE step = '{step}'")
                found |= {(step, None, name, unit): quantile(taken, q) for name, q in QUANTILES.items()}
        return found

    def _backlog(self) -> dict[Any, Expected]:
        at = self._at(self.until)
        is_then = f"since <= {at} AND (until IS NULL OR until > {at})"
        if self.until < quarter.NOW:
            is_then = f"since < {at} AND (until IS NULL OR until >= {at})"
        worked = (
            "(SELECT coalesce(sum(greatest(0, epoch(least(closes, {end})) - epoch(greatest(opens, {start})))), 0) "
            "FROM open_hours WHERE opens < {end} AND closes > {start})"
        )
        waited = worked.format(start="w.since", end=f"least(coalesce(w.until, {at}), {at})")
        ages = self._column(
            f"{worked.format(start='q.opened_at', end=at)} - coalesce((SELECT sum({waited}) FROM states w "
            f"WHERE w.feedback = q.feedback AND w.state = 'waiting' AND w.since < {at}), 0) "
            f"FROM states JOIN q USING (feedback) WHERE states.state NOT IN ('answered', 'closed') AND {is_then}"
        )
        return {
            ("backlog", None, None, "count"): count(len(ages)),
            **{
                ("backlog_age", None, name, "business_hours"): quantile(ages, QUANTILES[name])
                for name in ("p50", "p90")
            },
        }

    def _is_mature(self, days: int) -> bool:
        return self._midnight(self.end) + timedelta(days=days) <= quarter.NOW

    def _in(self, moment: str) -> str:
        return self._between(_LOCAL_DAY.format(moment))

    def _between(self, day: str) -> str:
        return f"{day} >= DATE '{self.first}' AND {day} < DATE '{self.end}'"

    @staticmethod
    def _among(column: str, values: list[str] | None) -> str:
        return f"{column} IN ({', '.join(map(repr, values))})" if values else "true"

    def _row(self, query: str) -> tuple[Any, ...]:
        row: tuple[Any, ...] | None = self.db.execute(f"SELECT {query}").fetchone()
        assert row is not None
        return row

    def _column(self, query: str) -> list[float]:
        return sorted(float(row[0]) for row in self.db.execute(f"SELECT {query}").fetchall() if row[0] is not None)

    @staticmethod
    def _at(moment: datetime) -> str:
        return f"TIMESTAMPTZ '{moment.isoformat()}'"

    @staticmethod
    def _midnight(day: date) -> datetime:
        return datetime.combine(day, time.min, quarter.TORONTO)


def figure(value: float | None, n: int, interval: Any, selection: str | None = None) -> Expected:
    return {"value": value, "n": n, "interval": interval, "flags": [], "companions": {}, "selection": selection}


def count(n: int) -> Expected:
    return figure(n, n, None)


def nothing(_: str, flag: str) -> Expected:
    return {**figure(None, 0, None), "flags": [flag]}


def immature(n: int) -> Expected:
    return {**figure(None, n, None), "flags": ["immature"]}


def ratio(numerator: int, n: int, selection: str | None = None, scale: int = 100) -> Expected:
    if n == 0:
        return {**figure(None, 0, None, selection), "numerator": 0}
    interval = None if numerator > n else tuple(scale * bound for bound in wilson(numerator / n, n))
    return {**figure(scale * numerator / n, n, interval, selection), "numerator": numerator}


def wilson(p: float, n: int) -> tuple[float, float]:
    """The proportions x for which (p - x)² = z² x (1 - x) / n: the roots of a quadratic."""
    a, b, c = 1 + Z * Z / n, -(2 * p + Z * Z / n), p * p
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def quantile(seconds: list[float], q: float) -> Expected:
    """By linear interpolation; its interval from the exact binomial distribution of how many lie below."""
    n = len(seconds)
    if n == 0:
        return figure(None, 0, None)
    place = q * (n - 1)
    below, above = seconds[math.floor(place)], seconds[math.ceil(place)]
    logs = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(q) + (n - k) * math.log(1 - q)
        for k in range(n + 1)
    ]
    reached, low, high = 0.0, 0, 1
    for one in logs:
        reached += math.exp(one)
        low += reached <= 0.025
        high += reached < 0.975
    hours = [one / 3600 for one in seconds]
    interval = (hours[low - 1] if low else None, hours[high - 1] if high <= n else None)
    return figure((below + (place - math.floor(place)) * (above - below)) / 3600, n, interval)
