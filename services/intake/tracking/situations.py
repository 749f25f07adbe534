"""In which situation a feedback is, as its person lives it: one pure function of everything that is known."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from libs.common.days import day_of
from services.intake.cases.models import CaseView
from services.intake.tracking.next_steps import Situation

DECIDED: Final = ("declined", "referred")
"""Why a case was closed, where that tells what was decided."""


@dataclass(frozen=True)
class Known:
    """What a situation depends on, besides the case."""

    withdrawn: bool = False
    latest_delivery: str | None = None
    """What became of the latest answer: `delivered`, `undeliverable`, or nothing yet."""
    latest_solved: str | None = None
    """What the person said of the latest answer."""
    question_open_until: datetime | None = None
    """Of the latest question, while nobody has answered it."""
    answered_last_question: bool = False
    """And since the case waits, where it does."""
    on_the_spot: bool = False
    """The latest answer is what was done at once, where it was said: it has no words."""
    withheld: bool = False
    """Who asks is told where it stands, and not what was decided."""


@dataclass(frozen=True)
class Standing:
    """Where it stands, and the date that goes with it."""

    situation: Situation
    by: datetime | None = None


def standing(view: CaseView | None, known: Known, now: datetime, zone: ZoneInfo, late_days: int) -> Standing:
    """Where it stands. `late_days`: how many days more are promised when a promise was not kept."""
    if known.withdrawn:
        return Standing("withdrawn")
    if view is None:
        return Standing("received")
    if view.state == "closed":
        return Standing(_closed(view, known), view.back_until(now))
    if view.state == "answered":
        return Standing(_answered(known))
    if view.state == "waiting" and view.waiting_for == "third_party":
        return Standing("suspended", view.waiting_until)
    return _open(view, known, now, zone, late_days)


def _closed(view: CaseView, known: Known) -> Situation:
    if view.because == "withdrawn" or (view.because in DECIDED and not known.withheld):
        return view.because  # type: ignore[return-value]
    return "closed_evaluated" if known.latest_solved else "closed"


def _answered(known: Known) -> Situation:
    if known.latest_solved:
        return f"evaluated_{known.latest_solved}"  # type: ignore[return-value]
    if known.on_the_spot and not known.withheld:
        return "resolved_on_the_spot"
    return "undeliverable" if known.latest_delivery == "undeliverable" else "answered"


def _open(view: CaseView, known: Known, now: datetime, zone: ZoneInfo, late_days: int) -> Standing:
    due = view.reply_due_at
    if view.state == "waiting":
        if known.answered_last_question:
            return Standing("answer_received")
        asked: Situation = "asked" if known.question_open_until else "waiting_for_you"
        return Standing(asked, known.question_open_until or view.waiting_until)
    if known.question_open_until and known.question_open_until > now:
        return Standing("asked", known.question_open_until)
    if due and is_late(due, now, zone):
        return Standing("late", new_promise(due, now, zone, late_days))
    if view.answers and known.latest_delivery == "undeliverable" and view.step != "reopened":
        return Standing("undeliverable", due)
    step: Situation = "new" if view.state == "new" else "assigned" if view.state == "assigned" else "acknowledged"
    if view.step in ("extended", "reopened"):
        step = view.step  # type: ignore[assignment]
    elif view.step == "transferred" and view.state == "assigned":
        step = "transferred"
    return Standing(step, due)


def is_late(due: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """From the day after the promised one."""
    return now.astimezone(zone).date() > day_of(due, zone)


def new_promise(due: datetime, now: datetime, zone: ZoneInfo, late_days: int) -> datetime:
    """The date that a late person is told: so many days after the promised one, and again as often as it passes."""
    day, today = day_of(due, zone) + timedelta(days=late_days), now.astimezone(zone).date()
    while day < today:
        day += timedelta(days=late_days)
    return datetime.combine(day, time(23, 59), zone)
