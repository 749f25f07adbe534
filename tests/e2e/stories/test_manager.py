"""Claire's day: a manager who reads the figures, recounts them by hand, and has a promise and a rule changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.stories.people import IN_FRENCH, Somebody, holder_of, named, refused, retry, somebody
from tests.system import System, eventually, json_of

SERVICE = f"permits-{uuid4().hex[:8]}"
"""A service of this story alone: what is counted of it is what the story did."""
HERS = {"where": f"service:{SERVICE}"}
STANDARD: dict[str, Any] = {
    "name": named("Permis", "Permits"),
    "when": {"service": [SERVICE]},
    "clocks": [{"clock": "reply", "within": {"calendar_days": 3}}],
}
ANSWER = {"text": "Votre permis est prêt.", "outcome": "upheld"}


@dataclass(frozen=True)
class Day:
    """Who takes part."""

    claire: Somebody
    admin: Somebody
    desk: Somebody
    public: Somebody


@pytest.fixture(scope="module")
def day(system: System) -> Iterator[Day]:
    """Eight persons speak of her service, seven are owed an answer, four get one, three say what became of it."""
    with (
        somebody(system, {**system.staff("manager"), **IN_FRENCH}) as claire,
        somebody(system, system.staff("admin")) as admin,
        somebody(system, system.staff("agent", "first-line")) as desk,
        somebody(system) as public,
    ):
        json_of(admin.intake.put(f"/v1/services/{SERVICE}", json={"name": named("Permis", "Permits")}), 201)
        json_of(admin.routing.put(f"/v1/service-standards/{SERVICE}", json=STANDARD))
        today = Day(claire, admin, desk, public)
        pass_it(system, today)
        eventually(lambda: figure(today, "satisfaction_after")["n"] == 3, 20)
        eventually(lambda: figure(today, "transfer_rate")["numerator"] == 1)
        eventually(lambda: figure(today, "backlog")["n"] == 3)
        yield today
        standard = f"/v1/service-standards/{SERVICE}"
        version = {"If-Match": admin.routing.get(standard).headers["ETag"]}
        json_of(admin.routing.delete(standard, headers=version))


def pass_it(system: System, day: Day) -> None:
    """Her day, as the others live it."""
    late = (datetime.now(UTC) - timedelta(days=5)).isoformat()
    spot = {"channel": "counter", "submitted_at": late, "resolved_on_the_spot": {"remedy": "apology"}}
    satisfied = day.public.says(said(5))
    angry = day.public.says(said(2))
    by_phone = day.desk.says(said(4, "staff", channel="phone"))
    elsewhere = day.desk.says(said(3, "assisted", channel="phone", kind="enquiry"))
    day.public.says(said(4, kind="enquiry"))
    day.public.says(said(5, kind="compliment"))
    day.desk.says(said(None, channel="letter", submitted_at=late))
    day.desk.says(said(None, **spot))
    case = day.desk.case_of(elsewhere)
    day.desk.does(case, "assign", team="first-line")
    day.desk.does(case, "transfer", team="pensions")
    for receipt, solved, mark in ((satisfied, "yes", 5), (angry, "no", 1), (by_phone, "partly", 4)):
        case = day.desk.case_of(receipt)
        day.desk.does(case, "assign", team="first-line")
        day.desk.does(case, "reply", **ANSWER)
        with somebody(system, holder_of(receipt["tracking_code"])) as person:
            person.sees("answered")
            evaluation = {"solved": solved, "ratings": [{"measure": "csat", "value": mark}]}
            json_of(person.intake.post("/v1/tracking/evaluation", json=evaluation, headers=retry()), 201)


def said(mark: int | None, answered_by: str = "person", **besides: Any) -> dict[str, Any]:
    """A complaint about her service, with a mark of satisfaction."""
    ratings = [{"measure": "csat", "value": mark, "answered_by": answered_by}] if mark else []
    body = {"channel": "web", "kind": "complaint", "service": SERVICE, "text": "Mon permis ?", "ratings": ratings}
    return body | besides


def figure(day: Day, name: str, **asked: str) -> dict[str, Any]:
    """One figure of her service."""
    [found] = figures(day.claire, name, **HERS, **asked)
    return found


def figures(who: Somebody, names: str, **asked: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json_of(who.analytics.get("/v1/kpis", params={"names": names, **asked}))["figures"]
    return found


def share(quantity: dict[str, Any]) -> tuple[int, int]:
    return quantity["numerator"], quantity["denominator"]


def test_each_figure_of_the_day_is_what_she_counts_by_hand(day: Day) -> None:
    assert figure(day, "volume")["value"] == 8
    csat = figure(day, "csat")
    assert (share(csat), csat["value"], csat["selection"]) == ((3, 4), 75, "open")
    assert {by: share(csat["companions"][by]) for by in ("assisted", "staff")} == {"assisted": (0, 1), "staff": (1, 1)}
    assert csat["flags"] == ["small_sample"]
    assert csat["interval"][0] < 75 < csat["interval"][1]
    assert figure(day, "csat_mean")["value"] == (5 + 2 + 4 + 5) / 4
    assert share(figure(day, "transfer_rate")) == (1, 7)
    assert figure(day, "backlog")["value"] == 3
    due = figure(day, "met_of_due", clock="reply")
    assert (share(due), due["value"]) == ((1, 2), 50)
    ended = figure(day, "standard_met", clock="reply")
    assert (share(ended), ended["companions"]["open_breached"]["value"]) == ((4, 4), 1)
    confirmed = figure(day, "resolution_confirmed_rate")
    assert (share(confirmed), share(confirmed["companions"]["partly"])) == ((1, 3), (1, 3))
    assert share(confirmed["companions"]["answered_of_asked"]) == (3, 4)
    after = figure(day, "satisfaction_after")
    assert (share(after), share(after["companions"]["answered_of_asked"])) == ((2, 3), (3, 4))
    assert after["selection"] == "census"
    reopened = figure(day, "reopen_rate")
    assert (reopened["value"], reopened["flags"]) == (None, ["immature", "small_sample"])
    nothing = figure(day, "nps")
    assert (nothing["value"], nothing["n"]) == (None, 0)


def test_she_breaks_a_figure_down_compares_it_and_sees_it_over_time(day: Day) -> None:
    cells = figures(day.claire, "volume", **HERS, by="kind,channel")
    assert {(one["filters"]["kind"], one["filters"]["channel"]): one["value"] for one in cells if one["value"]} == {
        ("complaint", "web"): 2,
        ("complaint", "phone"): 1,
        ("complaint", "letter"): 1,
        ("complaint", "counter"): 1,
        ("enquiry", "phone"): 1,
        ("enquiry", "web"): 1,
        ("compliment", "web"): 1,
    }
    before = figure(day, "volume", compare="previous")["comparison"]
    assert (before["value"], before["difference"], before["reason"]) == (0, 8, "counts_have_no_interval")
    assert figure(day, "csat", compare="previous_year")["comparison"]["reason"] == "no_value"
    tomorrow = date.fromisoformat(figure(day, "volume")["span"]["to"])
    week = {**HERS, "from": str(tomorrow - timedelta(days=7)), "to": str(tomorrow)}
    [line] = json_of(day.claire.analytics.get("/v1/kpis/volume/series", params={**week, "grain": "day"}))["lines"]
    assert [point["value"] for point in line["points"]] == [0, 2, 0, 0, 0, 0, 6]
    assert [point["from"] for point in line["points"]][-1] == str(tomorrow - timedelta(days=1))
    by_name = {one["name"]: one for one in json_of(day.claire.analytics.get("/v1/kpis/definitions"))["items"]}
    assert by_name["met_of_due"]["title"]["fr"] == "Délais tenus parmi les délais échus"
    assert "ne pas répondre ne peut l'améliorer" in by_name["met_of_due"]["notes"]["fr"]
    assert by_name["csat"]["version"] == figure(day, "csat")["version"]
    assert json_of(day.claire.analytics.get("/v1/reconciliation"))["difference"] == 0


def test_what_cannot_be_counted_is_refused_and_says_what_can(system: System, day: Day) -> None:
    wrong = {
        "unknown-kpi": {"names": "bonheur"},
        "unknown-dimension": {"by": "guichet"},
        "too-many-dimensions": {"by": "service,channel,kind"},
        "unreadable-where": {"where": "service"},
        "unreadable-compare": {"compare": "hier"},
        "empty-span": {"from": "2026-02-01", "to": "2026-02-01"},
        "span-too-long": {"from": "1990-01-01", "to": "2026-01-01"},
        "too-fine-for-span": {"from": "2010-01-02", "to": "2026-01-02", "by": "touchpoint,phase"},
    }
    for problem, asked in wrong.items():
        refused(day.claire.analytics.get("/v1/kpis", params={"names": "volume", **asked}), 422, problem)
    told = refused(day.claire.analytics.get("/v1/kpis", params={"names": "bonheur"}), 422, "unknown-kpi")
    assert told["title"].startswith("Il n'y a pas d'indicateur de ce nom")
    assert "met_of_due" in told["detail"]
    many = {"from": "2015-01-01", "to": "2026-01-01"}
    refused(day.claire.analytics.get("/v1/kpis/volume/series", params=many), 422, "too-many-points")
    refused(day.desk.analytics.get("/v1/kpis"), 403, "forbidden")
    refused(day.public.analytics.get("/v1/kpis"), 401, "unauthenticated")
    with somebody(system, system.staff("supervisor", "pensions")) as pensions:
        [theirs] = figures(pensions, "volume", **HERS)
        assert (theirs["value"], "own_teams_only" in theirs["flags"]) == (1, True)
        [none] = figures(pensions, "volume", where=f"service:{SERVICE},team:first-line")
        assert none["value"] == 0


def test_results_of_standards_are_hers_in_full_and_everybody_s_where_they_are_not_small(day: Day) -> None:
    path = "/v1/service-standard-results"
    published = json_of(day.public.analytics.get(path))["span"]
    stamped = f"{date.fromisoformat(published['from']) + timedelta(days=5)}T15:00:00Z"
    day.desk.says(said(None, channel="counter", submitted_at=stamped, resolved_on_the_spot={"remedy": "apology"}))
    span = {"from": published["from"], "to": published["to"]}

    def hers(who: Somebody, **asked: str) -> list[dict[str, Any]]:
        items = json_of(who.analytics.get(path, params=asked))["items"]
        return [one for one in items if one["standard"] == SERVICE]

    [full] = eventually(lambda: hers(day.claire, **span))
    assert (share(full["met_of_due"]), full["name"]["fr"]) == ((1, 1), "Permis")
    assert full["promised"]["calendar_days"] == 3
    [small] = hers(day.public, **span)
    assert (small["met_of_due"]["value"], small["met_of_due"]["n"], small["flags"]) == (None, None, ["suppressed"])
    week = {"from": str(datetime.now(UTC).date() - timedelta(days=7))}
    [recent] = hers(day.claire, **week)
    assert (share(recent["met_of_due"]), recent["open_breached"]) == ((1, 2), 1)
    refused(day.public.analytics.get(path, params=week), 422, "span-not-published")


def test_she_tries_a_rule_before_it_is_published_and_only_what_comes_later_follows_it(day: Day) -> None:
    tried = {"feedback": {"service": SERVICE, "kind": "complaint"}}
    now = json_of(day.claire.routing.post("/v1/rules/trial", json=tried))
    assert (now["team"]["code"], now["is_assigned"], now["standard"]["code"]) == ("first-line", False, SERVICE)
    read = day.claire.routing.get("/v1/rules")
    in_force = json_of(read)["rules"]
    to_pensions = {"when": {"service": [SERVICE]}, "team": "pensions"}
    new = [to_pensions, *in_force]
    outcome = json_of(day.claire.routing.post("/v1/rules/trial", json={**tried, "rules": new}))
    assert (outcome["team"]["code"], outcome["rule"], outcome["is_assigned"]) == ("pensions", 1, True)
    version = {"If-Match": read.headers["ETag"]}

    def put(rules: list[Any], headers: dict[str, str]) -> httpx.Response:
        return day.admin.routing.put("/v1/rules", json={"rules": rules}, headers={**IN_FRENCH, **headers})

    refused(day.claire.routing.put("/v1/rules", json={"rules": new}, headers=version), 403, "forbidden")
    endless = refused(put(new[:-1], version), 422, "invalid-request", f"/rules/{len(new) - 2}/when")
    assert "elle prend tout le reste" in endless["errors"][0]["detail"]
    unreachable = refused(put([to_pensions, to_pensions, *in_force], version), 422, "invalid-request", "/rules/1/when")
    assert "Cette règle ne peut jamais décider" in unreachable["errors"][0]["detail"]
    ghosts = [{**to_pensions, "team": "fantomes"}, *in_force]
    refused(put(ghosts, version), 422, "invalid-request", "/rules/0/team")
    refused(put(new, {}), 428, "precondition-required")
    before = day.desk.case_of(day.public.says(said(None)))
    published = put(new, version)
    json_of(published)
    try:
        refused(put(new, version), 412, "precondition-failed")
        receipt = day.public.says(said(None))

        def with_pensions() -> bool:
            cases = json_of(day.claire.routing.get("/v1/cases", params={"feedback_id": receipt["id"], "wait": 5}))
            return [(one["team"]["code"], one["state"]) for one in cases["items"]] == [("pensions", "assigned")]

        eventually(with_pensions)
        assert json_of(day.claire.routing.get(f"/v1/cases/{before['id']}"))["team"]["code"] == "first-line"
    finally:
        json_of(put(in_force, {"If-Match": published.headers["ETag"]}))
    assert json_of(day.claire.routing.get("/v1/rules"))["rules"] == in_force


def test_a_calendar_without_an_open_hour_is_refused_and_another_promise_holds_for_what_comes_later(day: Day) -> None:
    week = {"time_zone": "America/Toronto", "weekly_hours": {"monday": []}}
    calendar = f"/v1/calendars/{SERVICE}"
    closed = day.admin.routing.put(calendar, json=week, headers=IN_FRENCH)
    told = refused(closed, 422, "invalid-request", "/weekly_hours")
    assert told["errors"][0]["detail"] == "Un calendrier a besoin d'au moins une heure d'ouverture par semaine."
    backwards = {**week, "weekly_hours": {"monday": ["17:00-08:00"]}}
    refused(day.admin.routing.put(calendar, json=backwards), 422, "invalid-request", "/weekly_hours/monday/0")
    refused(day.admin.routing.get(calendar), 404, "calendar-not-found")

    before = day.desk.case_of(day.public.says(said(None)))
    path = f"/v1/service-standards/{SERVICE}"
    version = {"If-Match": day.public.routing.get(path).headers["ETag"]}
    slower = {**STANDARD, "clocks": [{"clock": "reply", "within": {"calendar_days": 7}}]}
    both = {**slower, "clocks": [{"clock": "reply", "within": {"calendar_days": 7, "business_days": 5}}]}
    refused(day.admin.routing.put(path, json=both, headers=version), 422, "invalid-request", "/clocks/0/within")
    refused(day.claire.routing.put(path, json=slower, headers=version), 403, "forbidden")
    refused(day.admin.routing.put(path, json=slower), 428, "precondition-required")
    twin = day.admin.routing.put(f"/v1/service-standards/twin-{SERVICE}", json=slower)
    refused(twin, 409, "standards-undecided")
    assert json_of(day.admin.routing.put(path, json=slower, headers=version))["version"] == 2
    later = day.desk.case_of(day.public.says(said(None)))
    kept = json_of(day.desk.routing.get(f"/v1/cases/{before['id']}"))["clocks"]
    assert [(one["standard_version"], one["due_at"]) for one in kept] == [(1, before["clocks"][0]["due_at"])]
    assert [one["standard_version"] for one in later["clocks"]] == [2]
    assert later["clocks"][0]["due_at"] > before["clocks"][0]["due_at"]
    versions = json_of(day.claire.routing.get(f"{path}/versions"))["items"]
    assert [(one["version"], one["document"]["clocks"][0]["within"]["calendar_days"]) for one in versions] == [
        (2, 7),
        (1, 3),
    ]
